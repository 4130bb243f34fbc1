"""The statistical report of a month or a quarter: where each target stood, what changed, and the work behind it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now

from ..models import Plan, ProgressReport, Target
from ..rules.figures import tidy
from ..rules.periods import Period
from ..rules.progress import Point, percent, progress
from .board import TargetView, aim_of, lights_of, target_views
from .plans import PlanRow, plan_rows
from .systems import systems_by_state
from .work import TaskView, overdue, tasks_by_state


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One target. Values are those of the last observation within the period; None where there was none by then."""

    target: TargetView
    value: Decimal | None
    observed_on: date | None
    progress_percent: Decimal | None
    before: Decimal | None
    """At the end of the period before."""
    change: Decimal | None
    year_before: Decimal | None
    """At the end of the same period of the year before."""


@dataclass(frozen=True, slots=True)
class StatisticalReport:
    plan: PlanRow
    period: str
    first: date
    last: date
    made_at: datetime
    lines: tuple[ReportLine, ...]
    lights: Mapping[str, int]
    tasks: Mapping[str, int]
    systems: Mapping[str, int]
    overdue: tuple[TaskView, ...]
    reports: int
    """Progress reports that came in within the period."""


def statistical_report(*, actor: Actor, plan_id: uuid.UUID, period: Period) -> StatisticalReport:
    """Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_OVERSEE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    rows = list(Target.objects.visible_to(actor).active().filter(plan=plan).select_related("plan", "task", "owner"))
    views = target_views(rows)
    lines = tuple(_line(row, view, period) for row, view in zip(rows, views, strict=True))
    came = ProgressReport.objects.filter(
        task__plan=plan, made_at__date__gte=period.first, made_at__date__lte=period.last
    ).aggregate(n=Count("id"))
    return StatisticalReport(
        plan=plan_rows([plan])[0],
        period=period.code,
        first=period.first,
        last=period.last,
        made_at=now(),
        lines=lines,
        lights=lights_of(views),
        tasks=tasks_by_state(actor=actor, plan_id=plan.id),
        systems=systems_by_state(actor=actor, plan_id=plan.id),
        overdue=tuple(overdue(actor=actor, plan_id=plan.id)),
        reports=came["n"],
    )


def _line(row: Target, view: TargetView, period: Period) -> ReportLine:
    point = _by(view.points, period.last)
    before = _by(view.points, period.previous.last)
    year_before = _by(view.points, period.year_before.last)
    return ReportLine(
        target=view,
        value=point.value if point else None,
        observed_on=point.day if point else None,
        progress_percent=percent(progress(aim_of(row), point.value)) if point else None,
        before=before.value if before else None,
        change=tidy(point.value - before.value) if point and before else None,
        year_before=year_before.value if year_before else None,
    )


def _by(points: Sequence[Point], day: date) -> Point | None:
    """The last observation on that day or before."""
    return next((point for point in reversed(points) if point.day <= day), None)
