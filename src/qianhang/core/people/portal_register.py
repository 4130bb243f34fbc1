"""The programme office's register: every organisation, and the decision about each."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from qianhang.core.access import Actor, OrganisationKind, Permission, authorize
from qianhang.core.errors import DomainError
from qianhang.core.web.bulk import BulkAction, answer_bulk
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, show_problems, signed_in
from qianhang.core.web.paging import paginate

from . import queries
from .forms import DecisionForm
from .models import Organisation, OrganisationState
from .services.reinstate_organisation import reinstate_organisation
from .services.reject_organisation import reject_organisation
from .services.suspend_organisation import suspend_organisation
from .services.verify_organisation import verify_organisation


@signed_in
def organisation_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.ORGANISATION_VERIFY)
    listing = Listing.of(
        request,
        names=("q", "state", "kind"),
        choices={"state": OrganisationState.values, "kind": OrganisationKind.values},
    )
    rows = queries.organisations(actor=actor, **listing.values)
    if listing.wants_csv:
        header = (_("Name"), _("Kind"), _("State"), _("Unified social credit code"), _("Registered"))
        return csv_response(
            "organisations.csv",
            header,
            (
                (row.name, row.get_kind_display(), row.get_state_display(), row.credit_code, row.created_at.isoformat())
                for row in rows.iterator()
            ),
        )
    page = paginate(rows, key="created_at", cursor=listing.cursor)
    context = {
        "page": page,
        "next_url": listing.next_url(page.next),
        "listing": listing,
        "states": OrganisationState.choices,
        "kinds": OrganisationKind.choices,
    }
    title = gettext_lazy("Register of organisations")
    return render_page(request, "people/organisation_list.html", context, title=title)


_DECISIONS: dict[str, Callable[..., Organisation]] = {
    "verify": verify_organisation,
    "reject": reject_organisation,
    "suspend": suspend_organisation,
    "reinstate": reinstate_organisation,
}
_POSSIBLE = {
    OrganisationState.REGISTERED: ("verify", "reject"),
    OrganisationState.REJECTED: ("verify",),
    OrganisationState.ACTIVE: ("suspend",),
    OrganisationState.SUSPENDED: ("reinstate",),
}


@signed_in
@require_POST
def organisation_bulk(request: HttpRequest) -> HttpResponse:
    """Verifies or suspends the organisations that were ticked."""
    actor = actor_of(request)
    authorize(actor, Permission.ORGANISATION_VERIFY)

    def names(ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
        rows = queries.organisations(actor=actor).filter(pk__in=ids).order_by("-created_at", "-pk")
        return [(one.pk, one.shown_name) for one in rows]

    actions = (
        BulkAction(
            name="verify",
            label=_("Verify the selected organisations"),
            run=partial(_decide_once, actor, "verify", OrganisationState.ACTIVE),
            warning=_("Their members may then act: submit jobs, use vouchers, connect clusters."),
        ),
        BulkAction(
            name="suspend",
            label=_("Suspend the selected organisations"),
            run=partial(_decide_once, actor, "suspend", OrganisationState.SUSPENDED),
            warning=_("Their members can look, but no longer act, until they are reinstated."),
            danger=True,
            needs_reason=True,
        ),
    )
    return answer_bulk(request, actions=actions, names=names, back=reverse("organisation_list"))


def _decide_once(actor: Actor, decision: str, after: str, organisation_id: UUID, reason: str) -> bool:
    """False where the organisation is already what the decision would make it."""
    if queries.organisation_of(actor=actor, organisation_id=organisation_id).state == after:
        return False
    _DECISIONS[decision](actor=actor, organisation_id=organisation_id, reason=reason)
    return True


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_review(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.ORGANISATION_VERIFY)
    one = queries.organisation_of(actor=actor, organisation_id=organisation_id)
    form = DecisionForm(request.POST or None)
    if form.is_valid():
        try:
            _DECISIONS[form.cleaned_data["decision"]](
                actor=actor, organisation_id=organisation_id, reason=form.cleaned_data["reason"]
            )
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("Decided. The organisation sees the state and the reason."))
            return redirect("organisation_review", organisation_id=organisation_id)
    context = {
        "organisation": one,
        "form": form,
        "possible": _POSSIBLE[OrganisationState(one.state)],
        "members": queries.members_of(actor=actor, organisation_id=organisation_id),
    }
    return render_page(request, "people/organisation_review.html", context, title=one.shown_name)
