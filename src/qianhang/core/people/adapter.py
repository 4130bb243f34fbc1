"""What the sign-in library (django-allauth) asks us: how a person is kept, and that sign-ins are recorded."""

import re
import smtplib
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from qianhang.core import audit
from qianhang.core.access import Actor

from .errors import IdentityProviderSilent, MailNotSent, NoMailHere
from .identity import actor_of_person
from .models import User

ANSWER_WITHIN_S = 10
# RFC 6749, 5.2: {"error": "invalid_client", ...}
_PROVIDERS_WORD = re.compile(r'"error": ?"([a-z_]{1,40})"')

log = structlog.get_logger("qianhang.people")


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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Raises NoMailHere or MailNotSent, but not while somebody signs up: they go on, and may ask for it again.

        Alike for addresses that are known and those that are not, so that nobody learns which are.
        """
        signing_up = template_prefix.endswith("_signup")
        if not settings.SENDS_MAIL and not signing_up:
            raise NoMailHere
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("mail not sent", mail=template_prefix.rpartition("/")[2], why=type(error).__name__)
            if not signing_up:
                raise MailNotSent from error

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
        for address in sociallogin.email_addresses:
            # Some providers write "false", which is a true string.
            address.verified = address.verified is True
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """For whoever runs this: why. The provider's own word for it alone, as the rest may hold what is secret."""
        word = _PROVIDERS_WORD.search(str(exception))
        log.warning(
            "sign-in through the provider failed", error=error, why=word[1] if word else type(exception).__name__
        )

    def get_requests_session(self) -> requests.Session:
        """How the library asks the provider. It foresees silence when a person comes back, not when they set out."""
        return _AskingProvider()


class _AskingProvider(requests.Session):
    def request(self, method: str, url: str, **more: Any) -> requests.Response:  # type: ignore[override]
        """Raises IdentityProviderSilent. What is posted may be refused in the protocol's own words, which come back."""
        try:
            answer = super().request(method, url, timeout=ANSWER_WITHIN_S, **more)
            if method == "GET":
                answer.raise_for_status()
                answer.json()
        except requests.RequestException as error:
            log.warning("identity provider silent", host=urlsplit(url).hostname, why=type(error).__name__)
            raise IdentityProviderSilent from error
        return answer
