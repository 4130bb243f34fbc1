"""The words for states, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .reading.findings import Comparator
from .rules.light import Light, Rule
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
    SystemState.LIVE: pgettext_lazy("state of a system", "Live"),
}
TASK_STATE_CHOICES = [(state.value, label) for state, label in TASK_STATES.items()]
SYSTEM_STATE_CHOICES = [(state.value, label) for state, label in SYSTEM_STATES.items()]
COMPARATORS: dict[Comparator, Promise] = {
    Comparator.EQ: _("reach"),
    Comparator.GT: _("more than"),
    Comparator.GTE: _("at least"),
    Comparator.LT: _("less than"),
    Comparator.LTE: _("at most"),
    Comparator.APPROX: _("about"),
    Comparator.RANGE: _("between"),
}
LIGHTS: dict[Light, Promise] = {
    Light.GREEN: _("On track"),
    Light.YELLOW: _("At risk"),
    Light.RED: _("Off track"),
    Light.GREY: _("Not known"),
}
LIGHT_RULES: dict[Rule, Promise] = {
    Rule.MET: _("The value is what the target asks for."),
    Rule.NO_SOURCE: _("Nothing feeds this target yet."),
    Rule.NO_VALUE: _("Nothing was observed yet."),
    Rule.NO_DEADLINE: _("The target is not met yet. It has no deadline, so its pace cannot be judged."),
    Rule.TOO_EARLY: _("Observation has only just begun, so the pace cannot be judged yet."),
    Rule.OVERDUE: _("The deadline is over and the target is not met."),
    Rule.ON_PATH: _("The value is on the path to the deadline, or beyond it."),
    Rule.FORECAST_MEETS: _("The value is behind the path, but at its present pace the target is met in time."),
    Rule.SLIGHTLY_BEHIND: _("The value is behind the path by no more than a tenth of the way due today."),
    Rule.BEHIND: _("The value is behind the path by more than a tenth of the way due today."),
}
LOWER_BY_NATURE = _("Lower is better for this indicator, so it is met at the value or below.")
