import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden
from qianhang.core.people.models import Organisation

from ..access import reportable_task
from ..errors import TaskStateRefused, TaskWaits, required_text, wrong
from ..labels import TASK_STATES
from ..models import ProgrammeTask
from ..rules.states import OPEN, TaskState, may_follow


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What is to be another; a field that is not named stays. Dates and owner may be set to None."""

    state: str | None = None
    reason: str = ""
    fields: Mapping[str, Any] | None = None
    """Any of owner_id, starts_on, due_on."""


_FIELDS = ("owner_id", "starts_on", "due_on")


@transaction.atomic
def update_task(*, actor: Actor, task_id: uuid.UUID, change: TaskChange) -> ProgrammeTask:
    """Moves a task through its states, or gives it another owner or dates.

    The owner and the units that the plan names may move the state; owner and dates are the programme office's.
    Raises: NotFound, Forbidden; TaskStateRefused; TaskWaits while a task it needs is open; InvalidInput.
    """
    task = reportable_task(actor, task_id)
    before = {"state": task.state, **{name: getattr(task, name) for name in _FIELDS}}
    fields = dict(change.fields or {})
    if fields and not (actor.is_system or actor.may(Permission.PLAN_MANAGE)):
        raise Forbidden(permission=Permission.PLAN_MANAGE.label)
    _set_fields(actor, task, fields)
    if change.state is not None:
        _step(task, change.state, change.reason)
    after = {"state": task.state, **{name: getattr(task, name) for name in _FIELDS}}
    if after == before:
        return task
    task.changed_at = now()
    task.save(update_fields=["state", "state_reason", "percent", "owner", "starts_on", "due_on", "changed_at"])
    differing = [name for name in after if after[name] != before[name]]
    audit.record(
        actor=actor,
        action="task.updated",
        subject="task",
        subject_id=task.id,
        organisation_id=task.plan.organisation_id,
        before={name: before[name] for name in differing},
        after={name: after[name] for name in differing},
        reason=change.reason,
    )
    return task


def _set_fields(actor: Actor, task: ProgrammeTask, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name not in _FIELDS:
            raise wrong(name, _("There is no such field here."))
        if name == "owner_id":
            task.owner = None if value is None else Organisation.objects.fetch(actor, id=value)
        elif value is not None and not isinstance(value, date):
            raise wrong(name, _("This must be a date, such as 2027-12-31."))
        else:
            setattr(task, name, value)
    if task.starts_on and task.due_on and task.starts_on > task.due_on:
        raise wrong("due_on", _("A task ends after it starts."))


def _step(task: ProgrammeTask, wanted: str, reason: str) -> None:
    if wanted not in list(TaskState):
        raise wrong("state", _("This is not one of the choices."))
    state, before = TaskState(wanted), TaskState(task.state)
    if state == before:
        return
    if not may_follow(before, state):
        raise TaskStateRefused(state=TASK_STATES[before], wanted=TASK_STATES[state])
    if state in {TaskState.BLOCKED, TaskState.DROPPED}:
        reason = required_text(reason, path="reason", most=500)
    if state is TaskState.DONE:
        waits = ProgrammeTask.objects.active().filter(needed_by__task=task, state__in=OPEN)
        if open_ones := [str(one) for one in waits[:5]]:
            raise TaskWaits(waits_for=", ".join(open_ones))
        task.percent = 100
    task.state, task.state_reason = state, reason.strip()[:500]
