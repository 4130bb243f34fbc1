"""Loading with the right to change: how services fetch what they work on."""

import uuid

from qianhang.core.access import Actor, Permission, authorize

from .models import Plan, ProgrammeTask, Target


def managed_plan(actor: Actor, plan_id: uuid.UUID, *, lock: bool = False) -> Plan:
    """A plan that the programme office may change. Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_MANAGE)
    plans = Plan.objects.select_for_update(no_key=True) if lock else Plan.objects.all()
    return plans.fetch(actor, id=plan_id)


def managed_target(actor: Actor, target_id: uuid.UUID) -> Target:
    """A target, locked. Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_MANAGE)
    targets = Target.objects.select_related("plan").select_for_update(of=("self",), no_key=True)
    return targets.fetch(actor, id=target_id)


def reportable_task(actor: Actor, task_id: uuid.UUID) -> ProgrammeTask:
    """A task, locked, that the actor may report on: the office any, a department the ones it owns or is named in.

    Raises Unauthenticated, Forbidden, NotFound.
    """
    authorize(actor, Permission.TASK_REPORT)
    tasks = ProgrammeTask.objects.select_related("plan").select_for_update(of=("self",), no_key=True)
    if not (actor.is_system or actor.may(Permission.PLAN_MANAGE)):
        tasks = tasks.filter(id__in=ProgrammeTask.objects.of_unit(actor.home).values("id"))
    return tasks.fetch(actor, id=task_id)
