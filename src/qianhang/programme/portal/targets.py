"""One target: its way as a chart, what feeds it, every observation, and the rows that prove the latest."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError
from qianhang.core.web.pages import actor_of, render_page, show_problems, signed_in

from ..exports import csv_of
from ..observing import today
from ..queries.target import TargetDetail, target_detail
from ..queries.target_place import place_in_review
from ..rules.figures import rounded
from ..services import bind_target, edit_target, observe, set_stage, unbind_target
from .board import SDMX_TYPE, download, rights, sdmx_of
from .board_chart import way
from .board_words import amount, message, wanted
from .evidence import proofs
from .targets_forms import BindForm, ReasonForm, StageForm, TargetForm, owner_choices
from .words import PERIODS, by_day

MOST_OBSERVATIONS = 60


@signed_in
def target_page(request: HttpRequest, target_id: uuid.UUID) -> HttpResponseBase:
    detail = target_detail(actor=actor_of(request), target_id=target_id)
    if request.GET.get("export") == "csv":
        return download(csv_of([detail.target]), f"target-{target_id}.csv", "text/csv")
    if request.GET.get("export") == "sdmx":
        text = sdmx_of([detail.target], message_id=f"target-{target_id}")
        return download(text, f"target-{target_id}.json", SDMX_TYPE)
    return _page(request, detail, {})


@signed_in
@require_POST
def target_bind(request: HttpRequest, target_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    detail = target_detail(actor=actor, target_id=target_id)
    form = _bind_form(actor, detail, request.POST)

    def bind() -> None:
        source = form.chosen()
        bind_target(
            actor=actor,
            target_id=target_id,
            measure=source.measure,
            manual_id=source.manual_id,
            outside_id=source.outside_id,
            factor=form.cleaned_data["factor"],
        )
        if source.measure:
            # Whoever binds a target wants to see it counted, not to come back tomorrow.
            observe(actor=actor, codes=[source.measure])

    said = _("This source counts the target from now on.")
    return _done(request, detail, {"bind_form": form}, bind, said=said)


@signed_in
@require_POST
def target_unbind(request: HttpRequest, target_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = ReasonForm(request.POST)
    detail = target_detail(actor=actor, target_id=target_id)
    return _done(
        request,
        detail,
        {"unbind_form": form},
        lambda: unbind_target(actor=actor, target_id=target_id, reason=form.cleaned_data["reason"]),
        said=_("Nothing feeds this target any more. What was observed stays."),
    )


@signed_in
@require_POST
def target_edit(request: HttpRequest, target_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    detail = target_detail(actor=actor, target_id=target_id)
    form = TargetForm(request.POST, owners=owner_choices(actor))
    return _done(
        request,
        detail,
        {"edit_form": form},
        lambda: edit_target(actor=actor, target_id=target_id, **form.cleaned_data),
        said=_("Owner and baseline are kept."),
    )


@signed_in
@require_POST
def target_stage(request: HttpRequest, target_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    detail = target_detail(actor=actor, target_id=target_id)
    form = StageForm(request.POST)
    return _done(
        request,
        detail,
        {"stage_form": form},
        lambda: set_stage(actor=actor, target_id=target_id, **form.cleaned_data),
        said=_("The path goes through the stages below."),
    )


def _done(
    request: HttpRequest,
    detail: TargetDetail,
    shown: Mapping[str, forms.Form],
    run: Callable[[], object],
    *,
    said: str,
) -> HttpResponseBase:
    """Runs the use case with what its form says; a refusal comes back on the form, what was entered with it."""
    [form] = shown.values()
    if form.is_valid():
        try:
            run()
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("target", args=[detail.target.id]))
    return _page(request, detail, shown)


def _bind_form(actor: Actor, detail: TargetDetail, data: Any = None) -> BindForm:
    return BindForm(data, actor=actor, suggestions=detail.suggestions, unit=detail.target.unit)


def _page(request: HttpRequest, detail: TargetDetail, shown: Mapping[str, forms.Form]) -> HttpResponse:
    actor, view = actor_of(request), detail.target
    forms_: dict[str, forms.Form | None] = {}
    if actor.may(Permission.PLAN_MANAGE):
        begun = {"owner_id": view.owner_id, "baseline": view.baseline, "baseline_on": view.baseline_on}
        forms_ = {
            "bind_form": None if view.binding else shown.get("bind_form") or _bind_form(actor, detail),
            "unbind_form": shown.get("unbind_form") or ReasonForm(),
            "edit_form": shown.get("edit_form") or TargetForm(initial=begun, owners=owner_choices(actor)),
            "stage_form": shown.get("stage_form") or StageForm(),
        }
    context = {
        **rights(actor),
        **forms_,
        "detail": detail,
        "one": view,
        "wanted": wanted(view),
        "by": by_day(view.deadline),
        "period": PERIODS.get(view.period, ""),
        "latest": "" if view.latest is None else amount(view.latest.value, view.unit),
        "expected": "" if view.expected is None else amount(rounded(view.expected, 2), view.unit),
        "baseline": "" if view.baseline is None else amount(view.baseline, view.unit),
        "way": way(view, today()),
        "message": message(view),
        "observations": detail.observations[:MOST_OBSERVATIONS],
        "more_observations": max(len(detail.observations) - MOST_OBSERVATIONS, 0),
        "proofs": proofs(actor, detail.evidence),
        "review_number": place_in_review(actor=actor, target_id=view.id),
        "in_trouble": next(iter(shown), ""),
    }
    return render_page(request, "programme/target.html", context, title=view.indicator, status=422 if shown else 200)
