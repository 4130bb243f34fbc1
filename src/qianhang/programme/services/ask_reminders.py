import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, Role, authorize
from qianhang.core.clock import derived_id
from qianhang.core.people.models import Membership, User

from ..models import ProgrammeTask, Reminder
from ..observing import today
from ..rules.reminding import reminder_reason
from ..rules.states import OPEN


@dataclass(frozen=True, slots=True)
class Reminded:
    tasks: int
    people: int


@transaction.atomic
def ask_reminders(*, actor: Actor, day: date | None = None, task_ids: Sequence[uuid.UUID] = ()) -> Reminded:
    """Writes one e-mail to each person whose open tasks are due soon or overdue; a task is asked about once a day.

    With `task_ids` it asks about these now, whatever their date. To the people named for a task; where there are none,
    to the owners and administrators of its organisation. Raises: Unauthenticated, Forbidden.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    day = day or today()
    tasks = ProgrammeTask.objects.active().filter(state__in=OPEN).select_related("plan", "owner")
    if task_ids:
        due = dict.fromkeys(tasks.filter(id__in=set(task_ids)), "asked")
    else:
        dated = tasks.filter(due_on__isnull=False)
        due = {task: reason for task in dated if (reason := reminder_reason(task.due_on, day))}
    made = Reminder.objects.bulk_create(
        [Reminder(task=task, day=day, reason=reason) for task, reason in due.items()], ignore_conflicts=True
    )
    # Who lost a race to another reminder of that day finds the other's row, and stays silent.
    mine = set(Reminder.objects.filter(id__in=[row.id for row in made]).values_list("task_id", flat=True))
    asked = [task for task in due if task.id in mine]
    by_person = _people_of(asked)
    if asked:
        audit.record(
            actor=actor,
            action="tasks.reminded",
            subject="tasks",
            subject_id=derived_id("reminders", day),
            after={"tasks": [task.id for task in asked], "people": len(by_person)},
        )
    for user, theirs in by_person.items():
        transaction.on_commit(_letter(user, theirs, day))
    return Reminded(tasks=len(asked), people=len(by_person))


def _people_of(tasks: Sequence[ProgrammeTask]) -> Mapping[User, list[ProgrammeTask]]:
    """Two queries, however many tasks."""
    named: dict[uuid.UUID, list[User]] = {}
    people = User.objects.filter(is_active=True)
    for task in ProgrammeTask.objects.filter(id__in=[one.id for one in tasks]).prefetch_related("people__user"):
        named[task.id] = [one.user for one in task.people.all() if one.user.is_active]
    heads: dict[uuid.UUID, list[User]] = {}
    owners = {task.owner_id for task in tasks if task.owner_id and not named.get(task.id)}
    for row in Membership.objects.filter(
        organisation__in=owners, role__in=[Role.OWNER, Role.ADMIN], user__in=people
    ).select_related("user"):
        heads.setdefault(row.organisation_id, []).append(row.user)
    found: dict[User, list[ProgrammeTask]] = {}
    for task in tasks:
        for user in named.get(task.id) or (heads.get(task.owner_id, []) if task.owner_id else []):
            found.setdefault(user, []).append(task)
    return found


def _letter(user: User, tasks: Sequence[ProgrammeTask], day: date) -> Callable[[], None]:
    def send() -> None:
        with translation.override(user.language or settings.LANGUAGE_CODE):
            lines = [
                f"- {task.title} · {task.plan.title} · " + (task.due_on.isoformat() if task.due_on else "—")
                for task in tasks
            ]
            head = _("{n} tasks of the programme wait for you on {day}:").format(n=len(tasks), day=day.isoformat())
            send_mail(
                subject=_("Tasks that wait for you"),
                message="\n".join([head, "", *lines]),
                from_email=None,
                recipient_list=[user.email],
                fail_silently=True,
            )

    return send
