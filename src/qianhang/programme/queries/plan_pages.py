"""What stands on a plan's own page: the tree of tasks with who owns them, targets, systems, milestones."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from qianhang.core.access import Actor, Permission

from ..models import Finding, FindingState, Milestone, NamedSystem, Plan, ProgrammeTask, ResponsibleUnit, Target
from .work import milestones_seen


@dataclass(frozen=True, slots=True)
class UnitName:
    name: str
    organisation_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Owners:
    lead: Sequence[UnitName]
    cooperating: Sequence[UnitName]
    responsible: Sequence[UnitName]
    open_list: bool
    generic: str
    is_inherited: bool
    """The plan names them for a task above this one."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    id: uuid.UUID
    depth: int
    number: str
    title: str
    state: str
    percent: int
    due_on: date | None
    owners: Owners | None


@dataclass(frozen=True, slots=True)
class TargetLine:
    id: uuid.UUID
    indicator: str
    scope: str
    comparator: str
    value: Decimal
    value_max: Decimal | None
    unit: str
    deadline: date | None
    period: str
    aim: bool
    task: str


@dataclass(frozen=True, slots=True)
class PlanContents:
    tasks: Sequence[TaskLine]
    targets: Sequence[TargetLine]
    systems: Sequence[NamedSystem]
    milestones: Sequence[Milestone]


def contents_of(*, actor: Actor, plan: Plan) -> PlanContents:
    """What was accepted of the plan, as far as `actor` may see it. Five queries."""
    tasks = list(
        ProgrammeTask.objects.visible_to(actor).active().filter(plan=plan).select_related("covered_by").distinct()
    )
    targets = Target.objects.visible_to(actor).active().filter(plan=plan).select_related("task").distinct()
    return PlanContents(
        tasks=_lines(tasks),
        targets=[_target(one) for one in targets],
        systems=list(NamedSystem.objects.visible_to(actor).active().filter(plan=plan)),
        milestones=list(milestones_seen(actor, plan)),
    )


def waiting_in(*, actor: Actor, plan: Plan) -> int:
    """How many of the plan's findings wait for a decision, as far as `actor` may see the review."""
    return Finding.objects.visible_to(actor).filter(plan=plan, state=FindingState.PROPOSED, is_gone=False).count()


def count_plans_waiting(*, actor: Actor) -> int:
    """How many plans have findings that wait for this actor's decision; nothing for who may not review."""
    if not actor.may(Permission.PLAN_MANAGE):
        return 0
    waiting = Finding.objects.filter(plan=OuterRef("pk"), state=FindingState.PROPOSED, is_gone=False)
    return Plan.objects.visible_to(actor).filter(Exists(waiting)).count()


def _lines(tasks: Sequence[ProgrammeTask]) -> list[TaskLine]:
    units: Mapping[uuid.UUID, list[ResponsibleUnit]] = defaultdict(list)
    covering = {one.covered_by_id for one in tasks if one.covered_by_id}
    for unit in ResponsibleUnit.objects.filter(responsibility__in=covering):
        units[unit.responsibility_id].append(unit)
    depths: dict[uuid.UUID, int] = {}
    parents = {one.id: one.parent_id for one in tasks}

    def depth(task_id: uuid.UUID) -> int:
        found, at = 0, parents[task_id]
        while at in parents and found < 12:
            if at in depths:
                return found + 1 + depths[at]
            found, at = found + 1, parents[at]
        return found

    for one in tasks:
        depths[one.id] = depth(one.id)
    return [
        TaskLine(
            id=one.id,
            depth=min(depths[one.id], 5),
            number=one.number,
            title=one.title,
            state=one.state,
            percent=one.percent,
            due_on=one.due_on,
            owners=_owners(one, units),
        )
        for one in tasks
    ]


def _owners(task: ProgrammeTask, units: Mapping[uuid.UUID, Sequence[ResponsibleUnit]]) -> Owners | None:
    covered = task.covered_by
    if covered is None:
        return None

    def named(part: str) -> list[UnitName]:
        return [UnitName(one.name, one.organisation_id) for one in units.get(covered.id, ()) if one.part == part]

    part = ResponsibleUnit.Part
    return Owners(
        lead=named(part.LEAD),
        cooperating=named(part.COOPERATING),
        responsible=named(part.RESPONSIBLE),
        open_list=covered.open_list,
        generic=covered.generic,
        is_inherited=covered.task_id != task.id,
    )


def _target(one: Target) -> TargetLine:
    return TargetLine(
        id=one.id,
        indicator=one.indicator,
        scope=one.scope,
        comparator=one.comparator,
        value=one.value,
        value_max=one.value_max,
        unit=one.unit,
        deadline=one.deadline,
        period=one.period,
        aim=one.aim,
        task=f"{one.task.number} {one.task.title}".strip() if one.task else "",
    )
