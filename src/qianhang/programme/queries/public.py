"""What everybody may see: published plans with the targets the office chose, as far as they are counted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count

from qianhang.core.access import Actor
from qianhang.core.errors import NotFound

from ..models import Plan, Target
from .board import TargetView, lights_of, target_views
from .plans import PlanRow, plan_rows
from .systems import SystemView, system_views, systems_seen
from .work import TaskView, task_views, tasks_seen

PUBLIC = Actor.anonymous()


@dataclass(frozen=True, slots=True)
class PublicPlan:
    plan: PlanRow
    published_at: datetime
    targets: tuple[TargetView, ...]
    lights: Mapping[str, int]
    tasks: tuple[TaskView, ...]
    systems: tuple[SystemView, ...]


def public_plans() -> list[PlanRow]:
    """Published plans, the newest first. Seven queries."""
    return _published(list(Plan.objects.visible_to(PUBLIC)))


def public_plan(*, plan_id: uuid.UUID) -> PublicPlan:
    """The same for everybody, so it can be cached. Raises NotFound for one that is not published."""
    plan = Plan.objects.visible_to(PUBLIC).filter(id=plan_id).first()
    if plan is None or plan.published_at is None:
        raise NotFound(what=Plan._meta.verbose_name)
    rows = Target.objects.visible_to(PUBLIC).active().filter(plan=plan)
    targets = tuple(target_views(rows.select_related("plan", "task", "owner")))
    return PublicPlan(
        plan=_published([plan])[0],
        published_at=plan.published_at,
        targets=targets,
        lights=lights_of(targets),
        tasks=tuple(task_views(tasks_seen(actor=PUBLIC, plan_id=plan.id), actor=PUBLIC)),
        systems=tuple(system_views(list(systems_seen(actor=PUBLIC, plan_id=plan.id)), actor=PUBLIC)),
    )


def _published(plans: list[Plan]) -> list[PlanRow]:
    """Rows that count what is published, and say nothing of the review."""
    rows = Target.objects.visible_to(PUBLIC).active().filter(plan__in=plans)
    shown = dict(rows.order_by().values_list("plan").annotate(Count("id")))
    return [replace(row, targets=shown.get(row.id, 0), waiting=0) for row in plan_rows(plans)]
