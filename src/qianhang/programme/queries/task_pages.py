"""What a task's page shows beside the task itself: when it was asked about, and who and what could be chosen for it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from qianhang.core.access import Actor, Permission
from qianhang.core.people.models import Membership

from ..models import ProgrammeTask, Reminder


@dataclass(frozen=True, slots=True)
class ReminderView:
    day: date
    reason: str
    people: int
    sent_at: datetime


def reminders_of(*, actor: Actor, task_id: uuid.UUID) -> list[ReminderView]:
    """The newest first; for the programme office and the units of the task, to others none. Raises NotFound."""
    task = ProgrammeTask.objects.active().fetch(actor, id=task_id)
    if not (actor.may(Permission.PLAN_OVERSEE) or _is_of(actor, task.id)):
        return []
    rows = Reminder.objects.filter(task=task).order_by("-day")[:20]
    return [ReminderView(one.day, one.reason, one.people, one.sent_at) for one in rows]


def candidates_for(*, actor: Actor, task_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Who can be named for a task: the actor's own people, and for the office those of its owner. Raises NotFound."""
    task = ProgrammeTask.objects.active().fetch(actor, id=task_id)
    organisations = {actor.organisation_id} if actor.organisation_id else set()
    if task.owner_id and actor.may(Permission.PLAN_MANAGE):
        organisations.add(task.owner_id)
    rows = Membership.objects.filter(organisation__in=organisations, user__is_active=True)
    return list(rows.order_by("user__name").values_list("user_id", "user__name").distinct())


def others_of_plan(*, actor: Actor, task_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """The other tasks of its plan in their order, which it could need. Raises NotFound."""
    task = ProgrammeTask.objects.active().fetch(actor, id=task_id)
    rows = ProgrammeTask.objects.visible_to(actor).active().filter(plan=task.plan_id).exclude(id=task.id)
    return [
        (one, f"{number} {title}".strip())
        for one, number, title in rows.order_by("position", "id").values_list("id", "number", "title")
    ]


def _is_of(actor: Actor, task_id: uuid.UUID) -> bool:
    if actor.organisation_id is None or not actor.may(Permission.PLAN_VIEW):
        return False
    return ProgrammeTask.objects.of_unit(actor.organisation_id).filter(id=task_id).exists()
