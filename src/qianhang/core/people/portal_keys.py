"""API keys: one's own, or everyone's for who manages members. The secret is shown once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from qianhang.core.access import Permission, authorize, require_step_up
from qianhang.core.clock import now
from qianhang.core.errors import DomainError
from qianhang.core.web.bulk import BulkAction, answer_bulk
from qianhang.core.web.pages import (
    Listing,
    actor_of,
    csv_response,
    local_stamp,
    render_page,
    show_problems,
    signed_in,
)

from . import queries
from .errors import KeyRevokedAlready
from .forms import KeyForm
from .models import ApiKey
from .services.create_api_key import create_api_key
from .services.revoke_api_key import revoke_api_key

STATES = (
    ("active", gettext_lazy("Active")),
    ("expired", gettext_lazy("Expired")),
    ("revoked", pgettext_lazy("an API key", "Revoked")),
)


@signed_in
def keys(request: HttpRequest) -> HttpResponseBase:
    listing = Listing.of(request, names=("q", "state"), choices={"state": [value for value, _label in STATES]})
    found = queries.keys_of(actor=actor_of(request), **listing.values)
    labels = dict(Permission.choices)
    if listing.wants_csv:
        header = (_("Name"), _("Begins with"), _("Person"), _("State"), _("Scopes"), _("Last used"), _("Expires"))
        return csv_response("keys.csv", header, (_csv_row(key) for key in found))
    rows = [(key, [labels.get(scope, scope) for scope in key.scopes]) for key in found]
    context = {"keys": rows, "now": now(), "listing": listing, "states": STATES}
    return render_page(request, "people/keys.html", context, title=gettext_lazy("API keys"))


def _csv_row(key: ApiKey) -> list[object]:
    state = "revoked" if key.revoked_at else "expired" if key.expires_at <= now() else "active"
    return [
        key.name, key.prefix, str(key.user), str(dict(STATES)[state]), " ".join(key.scopes),
        local_stamp(key.last_used_at), local_stamp(key.expires_at),
    ]  # fmt: skip


@signed_in
@never_cache
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest) -> HttpResponse:
    """Asks for proof of identity before the form, so that nobody fills it in twice."""
    actor = actor_of(request)
    authorize(actor, Permission.KEYS_MANAGE)
    require_step_up(actor)
    form = KeyForm(request.POST or None, held=actor.permissions, initial={"scopes": [p.value for p in _usual(actor)]})
    if form.is_valid():
        try:
            made = create_api_key(
                actor=actor,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=now() + form.life,
            )
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            context = {"key": made.key, "secret": made.secret, "origin": request.build_absolute_uri("/").rstrip("/")}
            return render_page(request, "people/key_shown.html", context, title=gettext_lazy("Your new API key"))
    return render_page(request, "people/key_new.html", {"form": form}, title=gettext_lazy("Create an API key"))


def _usual(actor: Any) -> list[Permission]:
    """What a program that runs jobs needs."""
    usual = (Permission.JOB_VIEW, Permission.JOB_SUBMIT, Permission.CLUSTER_VIEW, Permission.WALLET_VIEW)
    return [permission for permission in usual if actor.may(permission)]


@signed_in
@require_POST
def key_revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    revoke_api_key(actor=actor_of(request), key_id=key_id)
    messages.success(request, _("The key was revoked. It stopped working at once."))
    return redirect("keys")


@signed_in
@require_POST
def key_bulk(request: HttpRequest) -> HttpResponse:
    """Revokes the keys that were ticked."""
    actor = actor_of(request)

    def names(ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
        return [(key.pk, f"{key.name} ({key.prefix}…)") for key in queries.keys_of(actor=actor).filter(pk__in=ids)]

    def revoke(key_id: UUID, reason: str) -> bool:
        try:
            revoke_api_key(actor=actor, key_id=key_id, reason=reason)
        except KeyRevokedAlready:
            return False
        return True

    authorize(actor, Permission.KEYS_MANAGE)
    action = BulkAction(
        name="revoke",
        label=_("Revoke the selected keys"),
        run=revoke,
        warning=_("Programs that use them stop working at once. A revoked key cannot be brought back."),
        danger=True,
    )
    return answer_bulk(request, actions=(action,), names=names, back=reverse("keys"))
