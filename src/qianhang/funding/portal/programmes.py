"""Voucher programmes: what they pay, what is left in them, and the vouchers they gave out."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError, NotFound
from qianhang.core.people import queries as people
from qianhang.core.people.models import OrganisationState
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, show_problems, signed_in
from qianhang.core.web.paging import paginate

from .. import queries
from ..models import Voucher
from ..services import (
    create_voucher_programme,
    fund_voucher_programme,
    issue_voucher,
)
from . import vouchers
from .forms import FundForm, IssueForm, ProgrammeForm


def recipients(actor: Actor) -> list[tuple[uuid.UUID, str]]:
    """The organisations that may be given money or vouchers."""
    return [(one.pk, one.shown_name) for one in people.organisations(actor=actor, state=OrganisationState.ACTIVE)]


@signed_in
def programme_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.VOUCHER_ISSUE)
    listing = Listing.of(request, names=())
    page = paginate(queries.programmes_seen(actor=actor), key="created_at", cursor=listing.cursor)
    context = {
        "programmes": queries.programme_views(page.items),
        "next_url": listing.next_url(page.next),
        "listing": listing,
    }
    return render_page(request, "funding/programme_list.html", context, title=_("Voucher programmes"))


@signed_in
def programme_new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.VOUCHER_ISSUE)
    if actor.organisation_id is None:
        raise NotFound(what="organisation")
    form = ProgrammeForm(request.POST or None)
    if form.is_valid():
        try:
            made = create_voucher_programme(actor=actor, organisation_id=actor.organisation_id, **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("The programme is open. Put a budget into it before issuing vouchers."))
            return HttpResponseRedirect(reverse("programme", args=[made.id]))
    status = 422 if form.errors else 200
    return render_page(
        request, "funding/programme_new.html", {"form": form}, title=_("Open a voucher programme"), status=status
    )


@signed_in
def programme_page(request: HttpRequest, programme_id: uuid.UUID) -> HttpResponseBase:
    return _page(request, programme_id)


@signed_in
@require_POST
def programme_fund(request: HttpRequest, programme_id: uuid.UUID) -> HttpResponseBase:
    form = FundForm(request.POST)
    return _done(
        request,
        programme_id,
        form,
        lambda data: fund_voucher_programme(actor=actor_of(request), programme_id=programme_id, **data),
        said=_("The budget is in the programme."),
        shown_as="fund_form",
    )


@signed_in
@require_POST
def voucher_issue(request: HttpRequest, programme_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.VOUCHER_ISSUE)
    form = IssueForm(request.POST, organisations=recipients(actor))
    return _done(
        request,
        programme_id,
        form,
        lambda data: issue_voucher(actor=actor, programme_id=programme_id, **data),
        said=_("The voucher is issued."),
        shown_as="issue_form",
    )


def _done(
    request: HttpRequest,
    programme_id: uuid.UUID,
    form: forms.Form,
    run: Callable[[dict[str, Any]], object],
    *,
    said: str,
    shown_as: str,
) -> HttpResponseBase:
    """Runs the use case with what the form says; a refusal comes back on the form, what was entered with it."""
    if form.is_valid():
        try:
            run(form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("programme", args=[programme_id]))
    return _page(request, programme_id, status=422, **{shown_as: form})


def _page(request: HttpRequest, programme_id: uuid.UUID, *, status: int = 200, **shown: forms.Form) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.VOUCHER_ISSUE)
    programme = queries.programme_of(actor=actor, programme_id=programme_id)
    listing = Listing.of(request, names=("state",), choices={"state": Voucher.State.values})
    rows = queries.vouchers_seen(actor=actor, programme_id=programme_id, state=listing.values.get("state", ""))
    if listing.wants_csv:
        return csv_response("vouchers.csv", vouchers.csv_header(), vouchers.csv_rows(rows))
    page = paginate(rows, key="issued_at", cursor=listing.cursor)
    context = {
        "programme": programme,
        "vouchers": queries.voucher_views(page.items),
        "listing": listing,
        "next_url": listing.next_url(page.next),
        "states": Voucher.State.choices,
        "fund_form": FundForm(),
        "issue_form": IssueForm(organisations=recipients(actor)),
        **shown,
    }
    return render_page(request, "funding/programme.html", context, title=programme.shown_name, status=status)
