import uuid
from collections.abc import Sequence

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import NotFound

from ..access import managed_plan
from ..errors import DependencyCycle
from ..models import ProgrammeTask, TaskDependency
from ..rules.dependencies import cycle_with


@transaction.atomic
def link_tasks(*, actor: Actor, task_id: uuid.UUID, needs: Sequence[uuid.UUID]) -> Sequence[TaskDependency]:
    """Says which tasks of the same plan must be done before this one: these and no others.

    Raises: Unauthenticated, Forbidden, NotFound; DependencyCycle.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    task = ProgrammeTask.objects.active().fetch(actor, id=task_id)
    plan = managed_plan(actor, task.plan_id, lock=True)
    wanted = set(needs)
    titles = dict(ProgrammeTask.objects.active().filter(plan=plan).values_list("id", "title"))
    if not wanted <= set(titles):
        raise NotFound(what=ProgrammeTask._meta.verbose_name)
    before = set(TaskDependency.objects.filter(task=task).values_list("needs_id", flat=True))
    others = TaskDependency.objects.filter(task__plan=plan).exclude(task=task).values_list("task_id", "needs_id")
    graph: dict[uuid.UUID, list[uuid.UUID]] = {}
    for one, needed in others:
        graph.setdefault(one, []).append(needed)
    for needed in sorted(wanted):
        if circle := cycle_with(graph, task.id, needed):
            raise DependencyCycle(cycle=" → ".join(titles.get(one, "…") for one in circle))
    TaskDependency.objects.filter(task=task, needs__in=before - wanted).delete()
    TaskDependency.objects.bulk_create([TaskDependency(task=task, needs_id=one) for one in sorted(wanted - before)])
    if wanted != before:
        audit.record(
            actor=actor,
            action="task.linked",
            subject="task",
            subject_id=task.id,
            organisation_id=plan.organisation_id,
            before={"needs": before},
            after={"needs": wanted},
        )
    return list(TaskDependency.objects.filter(task=task))
