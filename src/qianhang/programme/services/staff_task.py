import uuid
from collections.abc import Sequence

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission
from qianhang.core.errors import NotFound
from qianhang.core.people.models import Membership, User

from ..access import reportable_task
from ..models import TaskPerson


@transaction.atomic
def staff_task(*, actor: Actor, task_id: uuid.UUID, people: Sequence[uuid.UUID]) -> Sequence[TaskPerson]:
    """Says who works on a task and is reminded of it: these people and no others.

    A department names its own members; the programme office members of any organisation.
    Raises: NotFound, Forbidden.
    """
    task = reportable_task(actor, task_id)
    wanted = set(people)
    members = Membership.objects.filter(user__in=wanted)
    if not (actor.is_system or actor.may(Permission.PLAN_MANAGE)):
        members = members.filter(organisation_id=actor.home)
    before = set(TaskPerson.objects.filter(task=task).values_list("user_id", flat=True))
    if not wanted - before <= set(members.values_list("user_id", flat=True)):
        raise NotFound(what=User._meta.verbose_name)
    TaskPerson.objects.filter(task=task, user__in=before - wanted).delete()
    TaskPerson.objects.bulk_create([TaskPerson(task=task, user_id=one) for one in sorted(wanted - before)])
    if wanted != before:
        audit.record(
            actor=actor,
            action="task.staffed",
            subject="task",
            subject_id=task.id,
            organisation_id=task.plan.organisation_id,
            before={"people": before},
            after={"people": wanted},
        )
    return list(TaskPerson.objects.filter(task=task).select_related("user"))
