"""Everything for the one screen, in a handful of queries."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.measures import Measure

from ..board_parts import live_values
from ..measures import all_measures
from ..models import Binding, Plan, Source, Target
from ..rules.light import Light
from .board import TargetView, lights_of, target_views
from .plans import PlanRow, plan_rows
from .systems import systems_by_state
from .work import TaskView, overdue, tasks_by_state

ALERTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class LiveNumber:
    """A measure counted for this very answer."""

    code: str
    name: str
    unit: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Alert:
    """`kind`: target_off_track, target_overdue, task_overdue, task_blocked."""

    kind: str
    title: str
    detail: str
    day: date | None
    target_id: uuid.UUID | None = None
    task_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Wall:
    at: datetime
    plan: PlanRow
    targets: tuple[TargetView, ...]
    lights: Mapping[str, int]
    numbers: Mapping[str, LiveNumber]
    """By the code of the measure; one that says nothing is left out."""
    tasks: Mapping[str, int]
    """By state."""
    systems: Mapping[str, int]
    overdue: tuple[TaskView, ...]
    alerts: tuple[Alert, ...]
    """The most pressing first."""


def wall(*, actor: Actor, plan_id: uuid.UUID | None = None) -> Wall | None:
    """The newest plan with live targets, or the one that is named. None when there is no such plan to show.

    Measures are counted now: for the programme office every one; a department is shown its own targets and tasks, and
    of the measures those that feed its targets. Raises Unauthenticated, Forbidden, NotFound.
    """
    authorize(actor, Permission.PLAN_VIEW)
    plan = Plan.objects.fetch(actor, id=plan_id) if plan_id else newest_plan(actor)
    if plan is None:
        return None
    rows = Target.objects.visible_to(actor).active().filter(plan=plan)
    values = live_values(_measures_for(actor, rows))
    targets = tuple(target_views(rows.select_related("plan", "task", "owner"), now_values=values))
    late = overdue(actor=actor, plan_id=plan.id)
    tasks = tasks_by_state(actor=actor, plan_id=plan.id)
    return Wall(
        at=now(),
        plan=plan_rows([plan])[0],
        targets=targets,
        lights=lights_of(targets),
        numbers={code: _number(measure, values[code]) for code, measure in all_measures().items() if code in values},
        tasks=tasks,
        systems=systems_by_state(actor=actor, plan_id=plan.id),
        overdue=tuple(late),
        alerts=alerts_of(targets, late),
    )


def _measures_for(actor: Actor, targets: QuerySet[Target]) -> Collection[str]:
    """The codes of the measures that `actor` is told."""
    if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
        return all_measures().keys()
    feeding = Binding.objects.filter(target__in=targets, ended_at=None, source=Source.MEASURE)
    return set(feeding.values_list("measure", flat=True))


def newest_plan(actor: Actor) -> Plan | None:
    """The one that was imported last among those with live targets; real ones before those of the demo."""
    plans = Plan.objects.visible_to(actor).filter(targets__is_active=True).distinct()
    return plans.order_by("is_demo", "-created_at", "-id").first()


def alerts_of(targets: tuple[TargetView, ...], late: list[TaskView]) -> tuple[Alert, ...]:
    """Targets that are off track before tasks that are late; of each the one with the nearest day first."""
    found = [
        Alert(
            kind="target_overdue" if target.rule == "overdue" else "target_off_track",
            title=target.indicator,
            detail=target.rule_text,
            day=target.deadline,
            target_id=target.id,
        )
        for target in targets
        if target.light == Light.RED
    ]
    found.sort(key=lambda alert: (alert.day or date.max, alert.title))
    found += [
        Alert(
            kind="task_overdue", title=task.title, detail=task.owner or _leads(task), day=task.due_on, task_id=task.id
        )
        for task in late
    ]
    return tuple(found[:ALERTS_SHOWN])


def _leads(task: TaskView) -> str:
    return "、".join(unit.name for unit in task.units[:2])


def _number(measure: Measure, value: Decimal) -> LiveNumber:
    return LiveNumber(code=measure.code, name=str(measure.name), unit=measure.unit, value=value)
