"""Tasks with their owners and what was reported: of a plan, of a department, overdue."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Q, QuerySet

from qianhang.core.access import Actor, Permission, authorize

from ..labels import TASK_STATES
from ..models import (
    ExpertOpinion,
    Milestone,
    Plan,
    ProgrammeTask,
    ProgressReport,
    ResponsibleUnit,
    Target,
    TaskDependency,
    TaskPerson,
)
from ..observing import today
from ..rules.states import NEXT, OPEN, TaskState
from .board import TargetView, target_views


@dataclass(frozen=True, slots=True)
class UnitView:
    part: str
    """`lead`, `cooperating` or `responsible`."""
    part_label: str
    name: str
    organisation_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class TaskView:
    id: uuid.UUID
    plan_id: uuid.UUID
    plan_title: str
    path: str
    depth: int
    """0 for the top of the tree."""
    number: str
    title: str
    kind: str
    parent_id: uuid.UUID | None
    state: str
    state_label: str
    state_reason: str
    owner_id: uuid.UUID | None
    owner: str
    units: tuple[UnitView, ...]
    """As the plan names them: its own list, or the one above that covers it."""
    starts_on: date | None
    due_on: date | None
    is_overdue: bool
    days_left: int | None
    """Negative when overdue; None without a date."""
    percent: int
    reported_at: datetime | None
    people: tuple[str, ...]
    waits_for: tuple[str, ...]
    """Titles of open tasks that must be done before it."""


@dataclass(frozen=True, slots=True)
class ReportView:
    id: uuid.UUID
    percent: int
    text: str
    made_by: str
    organisation: str
    made_at: datetime
    evidence: tuple[tuple[uuid.UUID, str], ...]
    """Id and name of each file."""


@dataclass(frozen=True, slots=True)
class MilestoneView:
    id: uuid.UUID
    text: str
    kind: str
    deadline: date | None
    reached_on: date | None
    is_overdue: bool
    evidence_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class OpinionView:
    id: uuid.UUID
    verdict: str
    verdict_label: str
    text: str
    given_by: str
    organisation: str
    given_at: datetime
    task_id: uuid.UUID | None
    task_title: str


@dataclass(frozen=True, slots=True)
class TaskDetail:
    task: TaskView
    body: str
    next_states: tuple[tuple[str, str], ...]
    """State and label of each step the table allows."""
    people: tuple[tuple[uuid.UUID, str], ...]
    needs: tuple[tuple[uuid.UUID, str, str], ...]
    """Id, title and state of the tasks it needs."""
    needed_by: tuple[tuple[uuid.UUID, str, str], ...]
    reports: tuple[ReportView, ...]
    milestones: tuple[MilestoneView, ...]
    opinions: tuple[OpinionView, ...]
    targets: tuple[TargetView, ...]
    may_report: bool
    may_manage: bool


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """One unit in the joint conference: what it leads and takes part in, by state."""

    name: str
    organisation_id: uuid.UUID | None
    leads: int
    takes_part: int
    done: int
    blocked: int
    overdue: int


@dataclass(frozen=True, slots=True)
class MyWork:
    tasks: tuple[TaskView, ...]
    targets: tuple[TargetView, ...]
    overdue: int
    due_soon: int
    """Within 30 days."""


DUE_SOON_DAYS = 30


def tasks_seen(
    *,
    actor: Actor,
    plan_id: uuid.UUID | None = None,
    state: str = "",
    organisation_id: uuid.UUID | None = None,
    overdue: bool = False,
) -> QuerySet[ProgrammeTask]:
    """The tasks `actor` may see in the order of their plans; rows become views with task_views.

    `organisation_id`: those it owns or is named in. `state` is one, or `open`.
    """
    rows = ProgrammeTask.objects.visible_to(actor).active()
    if plan_id is not None:
        rows = rows.filter(plan_id=plan_id)
    if organisation_id is not None:
        rows = rows.filter(id__in=ProgrammeTask.objects.of_unit(organisation_id).values("id"))
    if state:
        rows = rows.filter(state__in=OPEN) if state == "open" else rows.filter(state=state)
    if overdue:
        rows = rows.filter(due_on__lt=today(), state__in=OPEN)
    return rows.select_related("plan", "owner").defer("body").order_by("plan_id", "position", "id")


def task_views(rows: Iterable[ProgrammeTask], *, actor: Actor) -> list[TaskView]:
    """Rows with plan and owner loaded. Four queries more, however many tasks.

    Who works on a task and why it is stuck is told to the programme office and to the units of the task alone.
    """
    tasks = list(rows)
    ids = [task.id for task in tasks]
    units = _units({task.covered_by_id for task in tasks if task.covered_by_id})
    people: dict[uuid.UUID, list[str]] = {}
    inside = _inside(actor, ids)
    for task_id, name in TaskPerson.objects.filter(task__in=inside).values_list("task_id", "user__name"):
        people.setdefault(task_id, []).append(name)
    waits: dict[uuid.UUID, list[str]] = {}
    needs = TaskDependency.objects.filter(task__in=ids, needs__is_active=True, needs__state__in=OPEN)
    for task_id, title in needs.values_list("task_id", "needs__title"):
        waits.setdefault(task_id, []).append(title)
    reported = dict(ProgressReport.objects.filter(task__in=ids).order_by().values_list("task").annotate(Max("made_at")))
    day = today()
    return [
        TaskView(
            id=task.id,
            plan_id=task.plan_id,
            plan_title=task.plan.title,
            path=task.path,
            depth=task.path.count("/"),
            number=task.number,
            title=task.title,
            kind=task.kind,
            parent_id=task.parent_id,
            state=task.state,
            state_label=str(TASK_STATES[TaskState(task.state)]),
            state_reason=task.state_reason if task.id in inside else "",
            owner_id=task.owner_id,
            owner=task.owner.name if task.owner else "",
            units=units.get(task.covered_by_id, ()) if task.covered_by_id else (),
            starts_on=task.starts_on,
            due_on=task.due_on,
            is_overdue=task.due_on is not None and task.due_on < day and task.state in OPEN,
            days_left=None if task.due_on is None else (task.due_on - day).days,
            percent=task.percent,
            reported_at=reported.get(task.id),
            people=tuple(people.get(task.id, ())),
            waits_for=tuple(waits.get(task.id, ())),
        )
        for task in tasks
    ]


def task_tree(*, actor: Actor, plan_id: uuid.UUID) -> list[TaskView]:
    """All tasks of a plan that `actor` may see, in the order of the document. Raises NotFound."""
    plan = Plan.objects.fetch(actor, id=plan_id)
    return task_views(tasks_seen(actor=actor, plan_id=plan.id), actor=actor)


def task_detail(*, actor: Actor, task_id: uuid.UUID) -> TaskDetail:
    """One task with everything that hangs on it. Raises NotFound."""
    rows = ProgrammeTask.objects.select_related("plan", "owner").active()
    task = rows.fetch(actor, id=task_id)
    day = today()
    insider = task.id in _inside(actor, [task.id])
    reports = ProgressReport.objects.filter(task=task).select_related("organisation").prefetch_related("evidence")
    milestones = Milestone.objects.filter(task=task, is_active=True)
    targets = Target.objects.visible_to(actor).active().filter(task=task).select_related("plan", "task", "owner")
    people = TaskPerson.objects.filter(task=task).select_related("user")
    needs = TaskDependency.objects.filter(task=task).select_related("needs")
    needed_by = TaskDependency.objects.filter(needs=task).select_related("task")
    return TaskDetail(
        task=task_views([task], actor=actor)[0],
        body=task.body,
        next_states=_next_states(task),
        people=tuple((one.user_id, one.user.name) for one in people) if insider else (),
        needs=tuple((one.needs_id, one.needs.title, one.needs.state) for one in needs),
        needed_by=tuple((one.task_id, one.task.title, one.task.state) for one in needed_by),
        reports=tuple(report_view(one) for one in reports) if insider else (),
        milestones=tuple(milestone_view(one, day) for one in milestones),
        opinions=opinions_on(actor=actor, plan_id=task.plan_id, task_id=task.id) if insider else (),
        targets=tuple(target_views(targets)),
        may_report=actor.may(Permission.TASK_REPORT) and insider,
        may_manage=actor.may(Permission.PLAN_MANAGE),
    )


def _next_states(task: ProgrammeTask) -> tuple[tuple[str, str], ...]:
    allowed = NEXT[TaskState(task.state)]
    return tuple((state.value, str(TASK_STATES[state])) for state in TaskState if state in allowed)


def report_view(one: ProgressReport) -> ReportView:
    return ReportView(
        id=one.id,
        percent=one.percent,
        text=one.text,
        made_by=one.made_by_name,
        organisation=one.organisation.name,
        made_at=one.made_at,
        evidence=tuple((file.id, file.name) for file in one.evidence.all()),
    )


def milestone_view(one: Milestone, day: date) -> MilestoneView:
    return MilestoneView(
        id=one.id,
        text=one.text,
        kind=one.kind,
        deadline=one.deadline,
        reached_on=one.reached_on,
        is_overdue=one.reached_on is None and one.deadline is not None and one.deadline < day,
        evidence_id=one.evidence_id,
    )


def milestones_of(*, actor: Actor, plan_id: uuid.UUID) -> list[MilestoneView]:
    """A plan's milestones without the stages of targets, by their deadline. Raises NotFound."""
    plan = Plan.objects.fetch(actor, id=plan_id)
    day = today()
    return [milestone_view(one, day) for one in milestones_seen(actor, plan)]


def milestones_seen(actor: Actor, plan: Plan) -> QuerySet[Milestone]:
    """Those of the whole plan, and those of the tasks that `actor` may see."""
    tasks = ProgrammeTask.objects.visible_to(actor).filter(plan=plan).order_by()
    return plan.milestones.filter(Q(task=None) | Q(task__in=tasks), is_active=True, target=None)


def opinions_on(*, actor: Actor, plan_id: uuid.UUID, task_id: uuid.UUID | None = None) -> tuple[OpinionView, ...]:
    """Opinions on a plan, newest first: for the programme office, the department of the task, and who gave them."""
    rows = ExpertOpinion.objects.filter(plan=Plan.objects.fetch(actor, id=plan_id))
    if task_id is not None:
        rows = rows.filter(task_id=task_id)
    if not (actor.is_system or actor.may(Permission.PLAN_OVERSEE)):
        own = Q(given_by=actor.user_id) if actor.user_id else Q(pk=None)
        if actor.organisation_id is not None and actor.may(Permission.PLAN_VIEW):
            own |= Q(task__in=ProgrammeTask.objects.of_unit(actor.organisation_id))
        rows = rows.filter(own)
    return tuple(
        OpinionView(
            id=one.id,
            verdict=one.verdict,
            verdict_label=one.get_verdict_display(),
            text=one.text,
            given_by=one.given_by_name,
            organisation=one.organisation.name if one.organisation else "",
            given_at=one.given_at,
            task_id=one.task_id,
            task_title=one.task.title if one.task else "",
        )
        for one in rows.select_related("organisation", "task")
    )


def my_work(*, actor: Actor) -> MyWork:
    """The tasks and targets of the actor's own organisation. Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_VIEW)
    own = actor.home
    tasks = task_views(tasks_seen(actor=actor, organisation_id=own), actor=actor)
    of_tasks = ProgrammeTask.objects.of_unit(own).values("id")
    rows = Target.objects.visible_to(actor).active().filter(Q(owner=own) | Q(task__in=of_tasks))
    targets = target_views(rows.select_related("plan", "task", "owner"))
    open_ones = [task for task in tasks if task.state in OPEN]
    return MyWork(
        tasks=tuple(tasks),
        targets=tuple(targets),
        overdue=sum(task.is_overdue for task in open_ones),
        due_soon=sum(task.days_left is not None and 0 <= task.days_left <= DUE_SOON_DAYS for task in open_ones),
    )


def overdue(*, actor: Actor, plan_id: uuid.UUID | None = None) -> list[TaskView]:
    """Open tasks whose day has passed, the longest overdue first."""
    rows = tasks_seen(actor=actor, plan_id=plan_id, overdue=True)
    return task_views(rows.order_by("due_on", "id"), actor=actor)


def departments(*, actor: Actor, plan_id: uuid.UUID) -> list[DepartmentRow]:
    """Who leads and takes part in what, for the joint conference; the one with most tasks first. Raises NotFound."""
    authorize(actor, Permission.PLAN_OVERSEE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    tasks = list(
        ProgrammeTask.objects.active().filter(plan=plan, covered_by__isnull=False).only("covered_by", "state", "due_on")
    )
    units = _units({task.covered_by_id for task in tasks if task.covered_by_id})
    day = today()
    rows: dict[str, dict[str, int]] = {}
    known: dict[str, uuid.UUID | None] = {}
    for task in tasks:
        for unit in units.get(task.covered_by_id, ()) if task.covered_by_id else ():
            row = rows.setdefault(unit.name, dict.fromkeys(("leads", "takes_part", "done", "blocked", "overdue"), 0))
            known.setdefault(unit.name, unit.organisation_id)
            row["leads" if unit.part == ResponsibleUnit.Part.LEAD else "takes_part"] += 1
            row["done"] += task.state == TaskState.DONE
            row["blocked"] += task.state == TaskState.BLOCKED
            row["overdue"] += task.due_on is not None and task.due_on < day and task.state in OPEN
    found = [DepartmentRow(name=name, organisation_id=known[name], **row) for name, row in rows.items()]
    return sorted(found, key=lambda row: (-row.leads, -row.takes_part, row.name))


def tasks_by_state(*, actor: Actor, plan_id: uuid.UUID) -> Mapping[str, int]:
    """How many tasks of a plan are in each state; one query."""
    rows = ProgrammeTask.objects.visible_to(actor).active().filter(plan_id=plan_id)
    counts = dict(rows.order_by().values_list("state").annotate(Count("id")))
    return {state.value: counts.get(state.value, 0) for state in TaskState}


def _inside(actor: Actor, task_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the tasks that the actor's own people work on or oversee."""
    if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
        return set(task_ids)
    if actor.organisation_id is None or not actor.may(Permission.PLAN_VIEW):
        return set()
    own = ProgrammeTask.objects.of_unit(actor.organisation_id).filter(id__in=task_ids)
    return set(own.values_list("id", flat=True))


def _units(lists: set[uuid.UUID]) -> Mapping[uuid.UUID, tuple[UnitView, ...]]:
    """Lead before cooperating before responsible, each in the plan's order."""
    order = {part.value: place for place, part in enumerate(ResponsibleUnit.Part)}
    rows: Sequence[ResponsibleUnit] = sorted(
        ResponsibleUnit.objects.filter(responsibility__in=lists), key=lambda one: (order[one.part], one.position)
    )
    found: dict[uuid.UUID, list[UnitView]] = {}
    for one in rows:
        view = UnitView(one.part, str(ResponsibleUnit.Part(one.part).label), one.name, one.organisation_id)
        found.setdefault(one.responsibility_id, []).append(view)
    return {key: tuple(views) for key, views in found.items()}
