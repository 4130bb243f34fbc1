"""Manual series, whose values people report with evidence, and outside series, which others publish."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qianhang.core.access import Permission, authorize
from qianhang.core.errors import DomainError, NotFound
from qianhang.core.web.pages import actor_of, render_page, show_problems, signed_in

from ..models import ManualSeries, OutsideSeries
from ..queries.series import ManualSeriesView, OutsideSeriesView, manual_series, outside_series
from ..services import (
    fetch_outside_series,
    open_manual_series,
    open_outside_series,
    record_manual_value,
    review_manual_value,
    send_outside_values,
)
from .board import rights
from .evidence import handed_in
from .series_forms import ManualSeriesForm, OutsideSeriesForm, ReviewForm, ValueForm, ValuesFileForm
from .targets_forms import owner_choices

Forms = Mapping[str, forms.Form]


@signed_in
def series_list(request: HttpRequest) -> HttpResponse:
    return _list_page(request, {})


@signed_in
@require_POST
def manual_series_open(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = ManualSeriesForm(request.POST, owners=owner_choices(actor))

    def run() -> str:
        return reverse("manual_series", args=[open_manual_series(actor=actor, **form.cleaned_data).id])

    return _tried(request, form, run, _("The series is open.")) or _list_page(request, {"manual_form": form})


@signed_in
@require_POST
def outside_series_open(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = OutsideSeriesForm(request.POST)

    def run() -> str:
        return reverse("outside_series", args=[open_outside_series(actor=actor, **form.cleaned_data).id])

    return _tried(request, form, run, _("The series is open.")) or _list_page(request, {"outside_form": form})


@signed_in
def manual_series_page(request: HttpRequest, series_id: uuid.UUID) -> HttpResponse:
    return _manual_page(request, series_id, {})


@signed_in
@require_POST
def manual_value_record(request: HttpRequest) -> HttpResponseBase:
    """At one address for every series, because files are taken at few addresses."""
    actor = actor_of(request)
    authorize(actor, Permission.TASK_REPORT)
    form = ValueForm(request.POST, request.FILES)
    series_id = _named_series(form, ManualSeries)

    def run() -> str:
        data = form.cleaned_data
        record_manual_value(
            actor=actor,
            series_id=series_id,
            day=data["day"],
            value=data["value"],
            evidence_id=handed_in(actor, data["evidence"]).id,
            note=data["note"],
        )
        return reverse("manual_series", args=[series_id])

    said = _("The value waits for another person's confirmation.")
    return _tried(request, form, run, said) or _manual_page(request, series_id, {"value_form": form})


@signed_in
@require_POST
def manual_value_review(request: HttpRequest, series_id: uuid.UUID, value_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = ReviewForm(request.POST)

    def run() -> str:
        review_manual_value(actor=actor, value_id=value_id, **form.cleaned_data)
        return reverse("manual_series", args=[series_id])

    said = _("The value is reviewed.")
    return _tried(request, form, run, said) or _manual_page(request, series_id, {"review_form": form})


@signed_in
def outside_series_page(request: HttpRequest, outside_id: uuid.UUID) -> HttpResponse:
    return _outside_page(request, outside_id, {})


@signed_in
@require_POST
def outside_series_fetch(request: HttpRequest, outside_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    try:
        new = fetch_outside_series(actor=actor, series_id=outside_id)
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _told(new))
    return HttpResponseRedirect(reverse("outside_series", args=[outside_id]))


@signed_in
@require_POST
def outside_values_send(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = ValuesFileForm(request.POST, request.FILES)
    series_id = _named_series(form, OutsideSeries)
    if form.is_valid():
        try:
            new = send_outside_values(actor=actor, series_id=series_id, data=form.cleaned_data["file"].read())
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _told(new))
            return HttpResponseRedirect(reverse("outside_series", args=[series_id]))
    return _outside_page(request, series_id, {"file_form": form})


def _told(new: int) -> str:
    if not new:
        return _("Nothing in it is new.")
    return ngettext("{n} new value.", "{n} new values.", new).format(n=new)


def _named_series(form: forms.Form, kind: type[ManualSeries] | type[OutsideSeries]) -> uuid.UUID:
    """The series that a form at a shared address is about. Raises NotFound."""
    try:
        return uuid.UUID(str(form["series"].value() or ""))
    except ValueError as error:
        raise NotFound(what=kind._meta.verbose_name) from error


def _tried(request: HttpRequest, form: forms.Form, run: Callable[[], str], said: str) -> HttpResponse | None:
    """Where to go after the use case; None when it was refused and the form says why."""
    if not form.is_valid():
        return None
    try:
        after = run()
    except NotFound:
        raise
    except DomainError as refusal:
        show_problems(form, refusal)
        return None
    messages.success(request, said)
    return HttpResponseRedirect(after)


def _list_page(request: HttpRequest, shown: Forms) -> HttpResponse:
    actor = actor_of(request)
    can = rights(actor)
    context: dict[str, Any] = {
        **can,
        "manual": manual_series(actor=actor),
        "outside": outside_series(actor=actor) if can["may_oversee"] else [],
        "in_trouble": next(iter(shown), ""),
    }
    if can["may_manage"]:
        context["manual_form"] = shown.get("manual_form") or ManualSeriesForm(owners=owner_choices(actor))
        context["outside_form"] = shown.get("outside_form") or OutsideSeriesForm()
    status = 422 if shown else 200
    return render_page(request, "programme/series_list.html", context, title=_("Series"), status=status)


def _manual_page(request: HttpRequest, series_id: uuid.UUID, shown: Forms) -> HttpResponse:
    actor = actor_of(request)
    one: ManualSeriesView | None = next((s for s in manual_series(actor=actor) if s.id == series_id), None)
    if one is None:
        raise NotFound(what=ManualSeries._meta.verbose_name)
    form = shown.get("value_form") or ValueForm(initial={"series": series_id})
    context = {
        **rights(actor),
        "one": one,
        "value_form": form if actor.may(Permission.TASK_REPORT) else None,
        "review_form": shown.get("review_form"),
    }
    status = 422 if shown else 200
    return render_page(request, "programme/manual_series.html", context, title=one.name, status=status)


def _outside_page(request: HttpRequest, series_id: uuid.UUID, shown: Forms) -> HttpResponse:
    actor = actor_of(request)
    one: OutsideSeriesView | None = next((s for s in outside_series(actor=actor) if s.id == series_id), None)
    if one is None:
        raise NotFound(what=OutsideSeries._meta.verbose_name)
    form = shown.get("file_form") or ValuesFileForm(initial={"series": series_id})
    context = {**rights(actor), "one": one, "file_form": form}
    status = 422 if shown else 200
    return render_page(request, "programme/outside_series.html", context, title=one.name, status=status)
