"""What the sign-in library (django-allauth) asks us: how a person is kept, and that sign-ins are recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest, HttpResponse

from qianhang.core import audit
from qianhang.core.access import Actor

from .identity import actor_of_person
from .models import User


class AccountAdapter(DefaultAccountAdapter):
    def clean_email(self, email: str) -> str:
        """Lower case, as it is stored: nobody can register the same address twice with other capitals."""
        return super().clean_email(email).lower()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        """Keeps the name from the form together with the rest; the library knows first and last names only."""
        saved: User = super().save_user(request, user, form, commit=False)
        saved.email = saved.email.lower()
        saved.name = " ".join(form.cleaned_data.get("name", saved.name).split())[:120]
        if commit:
            saved.save()
        return saved

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        actor = actor_of_person(user, request_id=getattr(request, "request_id", ""))
        audit.record(
            actor=actor,
            action="person.signed_in",
            subject="person",
            subject_id=user.pk,
            organisation_id=actor.organisation_id,
            after={"from": self.get_client_ip(request)},
        )
        response: HttpResponse = super().post_login(request, user, **facts)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Recorded without the address that was tried: people type passwords into the wrong field."""
        known = User.objects.filter(email__iexact=credentials.get("email") or "").values_list("pk", flat=True).first()
        audit.record(
            actor=Actor.anonymous(request_id=getattr(request, "request_id", "")),
            action="person.sign_in_failed",
            subject="person",
            subject_id=known or "unknown",
            after={"from": self.get_client_ip(request)},
        )


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """OpenID Connect: the provider says who someone is; their organisation's owner says what they may do."""

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        parts = (data.get("last_name") or "", data.get("first_name") or "")
        user.email = (user.email or "").lower()
        user.name = (data.get("name") or "".join(parts) or user.email.partition("@")[0])[:120]
        return user
