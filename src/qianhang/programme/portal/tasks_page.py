"""One task: what it is, who does it, what was reported, and every way to move it."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError, NotFound
from qianhang.core.web.pages import actor_of, render_page, show_problems, signed_in

from ..models import ProgrammeTask
from ..queries.task_pages import candidates_for, others_of_plan, reminders_of
from ..queries.work import TaskDetail, task_detail
from ..services import give_opinion, link_tasks, reach_milestone, report_progress, staff_task, update_task
from ..services.update_task import TaskChange
from .board import line_of, rights
from .evidence import handed_in
from .targets_forms import owner_choices
from .tasks_forms import ManyForm, MilestoneForm, OpinionForm, PlanningForm, ReportForm, StateForm

Forms = Mapping[str, forms.Form]
REASONS: Mapping[str, Promise] = {
    "asked": _lazy("asked by the programme office"),
    "due_soon": _lazy("due soon"),
    "overdue": _lazy("overdue"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a task's story."""

    at: datetime
    state: str
    title: str
    text: str
    by: str
    files: tuple[tuple[uuid.UUID, str], ...] = ()


@signed_in
def task_page(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    return _page(request, task_detail(actor=actor_of(request), task_id=task_id), {})


@signed_in
@require_POST
def task_state(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.TASK_REPORT)
    detail = task_detail(actor=actor, task_id=task_id)
    form = StateForm(request.POST, steps=detail.next_states)

    def run() -> None:
        update_task(actor=actor, task_id=task_id, change=TaskChange(**form.cleaned_data))

    return _done(request, detail, {"state_form": form}, run, said=_("The state is changed."))


@signed_in
@require_POST
def task_planning(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    detail = task_detail(actor=actor, task_id=task_id)
    form = PlanningForm(request.POST, owners=owner_choices(actor))

    def run() -> None:
        update_task(actor=actor, task_id=task_id, change=TaskChange(fields=form.cleaned_data))

    return _done(request, detail, {"planning_form": form}, run, said=_("Owner and dates are kept."))


@signed_in
@require_POST
def task_people(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.TASK_REPORT)
    detail = task_detail(actor=actor, task_id=task_id)
    form = _people_form(actor, detail, request.POST)

    def run() -> None:
        staff_task(actor=actor, task_id=task_id, people=form.cleaned_data["chosen"])

    return _done(request, detail, {"people_form": form}, run, said=_("These people are reminded of it from now on."))


@signed_in
@require_POST
def task_needs(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    detail = task_detail(actor=actor, task_id=task_id)
    form = _needs_form(actor, detail, request.POST)

    def run() -> None:
        link_tasks(actor=actor, task_id=task_id, needs=form.cleaned_data["chosen"])

    return _done(request, detail, {"needs_form": form}, run, said=_("The dependencies are kept."))


@signed_in
@require_POST
def task_report(request: HttpRequest) -> HttpResponseBase:
    """At one address for every task, because files are taken at few addresses."""
    actor = actor_of(request)
    authorize(actor, Permission.TASK_REPORT)
    form = ReportForm(request.POST, request.FILES)
    detail = task_detail(actor=actor, task_id=_named(form, "task", ProgrammeTask))

    def run() -> None:
        data = form.cleaned_data
        files = [handed_in(actor, data["evidence"]).id] if data["evidence"] else []
        report_progress(
            actor=actor, task_id=detail.task.id, percent=data["percent"], text=data["text"], evidence_ids=files
        )

    return _done(request, detail, {"report_form": form}, run, said=_("The report is kept."))


@signed_in
@require_POST
def task_opinion(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.OPINION_GIVE)
    detail = task_detail(actor=actor, task_id=task_id)
    form = OpinionForm(request.POST, auto_id="opinion_%s")

    def run() -> None:
        give_opinion(actor=actor, plan_id=detail.task.plan_id, task_id=task_id, **form.cleaned_data)

    return _done(request, detail, {"opinion_form": form}, run, said=_("Your opinion is kept."))


@signed_in
@require_POST
def milestone_reached(request: HttpRequest) -> HttpResponseBase:
    """At one address for every milestone, as reports are."""
    actor = actor_of(request)
    authorize(actor, Permission.TASK_REPORT)
    form = MilestoneForm(request.POST, request.FILES)
    detail = task_detail(actor=actor, task_id=_named(form, "task", ProgrammeTask))

    def run() -> None:
        data = form.cleaned_data
        evidence_id = handed_in(actor, data["evidence"]).id if data["evidence"] else None
        reach_milestone(
            actor=actor, milestone_id=data["milestone"], reached_on=data["reached_on"], evidence_id=evidence_id
        )

    return _done(request, detail, {"milestone_form": form}, run, said=_("The milestone is kept."))


def _named(form: forms.Form, name: str, kind: type[ProgrammeTask]) -> uuid.UUID:
    """What a form is about. Raises NotFound."""
    try:
        return uuid.UUID(str(form[name].value() or ""))
    except ValueError as error:
        raise NotFound(what=kind._meta.verbose_name) from error


def _done(
    request: HttpRequest, detail: TaskDetail, shown: Forms, run: Callable[[], None], *, said: str
) -> HttpResponseBase:
    """Runs the use case; a refusal comes back in words on the form it came from."""
    [form] = shown.values()
    if form.is_valid():
        try:
            run()
        except NotFound:
            raise
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("programme_task", args=[detail.task.id]))
    return _page(request, detail, shown)


def _people_form(actor: Actor, detail: TaskDetail, data: Any = None) -> ManyForm:
    there = dict(detail.people) | dict(candidates_for(actor=actor, task_id=detail.task.id))
    return ManyForm(
        data,
        label=_("Who works on it"),
        choices=sorted(there.items(), key=lambda one: one[1]),
        boxes=True,
        initial={"chosen": [str(one) for one, _name in detail.people]},
        prefix="people",
    )


def _needs_form(actor: Actor, detail: TaskDetail, data: Any = None) -> ManyForm:
    return ManyForm(
        data,
        label=_("Tasks that must be done before it"),
        choices=others_of_plan(actor=actor, task_id=detail.task.id),
        initial={"chosen": [str(one) for one, _title, _state in detail.needs]},
        prefix="needs",
    )


def _page(request: HttpRequest, detail: TaskDetail, shown: Forms) -> HttpResponse:
    actor, one = actor_of(request), detail.task
    made: dict[str, Any] = {}
    if detail.may_report:
        made["state_form"] = StateForm(steps=detail.next_states)
        made["report_form"] = ReportForm(initial={"task": one.id, "percent": one.percent})
        made["people_form"] = _people_form(actor, detail)
        made["milestone_form"] = None
    if detail.may_manage:
        begun = {"owner_id": one.owner_id, "starts_on": one.starts_on, "due_on": one.due_on}
        made["planning_form"] = PlanningForm(initial=begun, owners=owner_choices(actor))
        made["needs_form"] = _needs_form(actor, detail)
    if actor.may(Permission.OPINION_GIVE):
        made["opinion_form"] = OpinionForm(auto_id="opinion_%s")
    context = {
        **rights(actor),
        **made,
        **shown,
        "detail": detail,
        "one": one,
        "lines": [line_of(target) for target in detail.targets],
        "events": events(actor, detail),
        "in_trouble": next(iter(shown), ""),
    }
    return render_page(request, "programme/task.html", context, title=one.title, status=422 if shown else 200)


def events(actor: Actor, detail: TaskDetail) -> list[Event]:
    """Reports, opinions and reminders as one story, the newest first."""
    told = [
        Event(
            one.made_at, "under_way", _("Report: {n}%").format(n=one.percent), one.text,
            _(", ").join(filter(None, (one.made_by, one.organisation))), one.evidence,
        )
        for one in detail.reports
    ]  # fmt: skip
    told += [
        Event(
            one.given_at, "info", _("Opinion: {verdict}").format(verdict=one.verdict_label), one.text,
            _(", ").join(filter(None, (one.given_by, one.organisation))),
        )
        for one in detail.opinions
    ]  # fmt: skip
    told += [
        Event(one.sent_at, "queued", _("Reminder"), str(REASONS.get(one.reason, one.reason)), "")
        for one in reminders_of(actor=actor, task_id=detail.task.id)
    ]
    return sorted(told, key=lambda one: one.at, reverse=True)
