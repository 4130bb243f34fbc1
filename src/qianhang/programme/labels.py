"""The words for states, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .rules.states import SystemState, TaskState

TASK_STATES: dict[TaskState, Promise] = {
    TaskState.NOT_STARTED: _("Not started"),
    TaskState.UNDER_WAY: _("Under way"),
    TaskState.BLOCKED: _("Blocked"),
    TaskState.DONE: _("Done"),
    TaskState.DROPPED: _("Dropped"),
}
SYSTEM_STATES: dict[SystemState, Promise] = {
    SystemState.PLANNED: _("Planned"),
    SystemState.BUILDING: _("Under construction"),
    SystemState.LIVE: _("Live"),
}
TASK_STATE_CHOICES = [(state.value, label) for state, label in TASK_STATES.items()]
SYSTEM_STATE_CHOICES = [(state.value, label) for state, label in SYSTEM_STATES.items()]
