"""What is said of a target in words: the message of its chart, and the values around it."""

from django.utils.translation import gettext as _

from ..queries.board import TargetView
from ..reading.findings import Comparator
from ..rules.progress import Aim, is_met
from .board_chart import short
from .words import by_day, comparison, figure


def wanted(view: TargetView) -> str:
    """`> 5,000 PFLOPS`."""
    return comparison(view.comparator, view.value, view.value_max, view.unit)


def amount(value: object, unit: str) -> str:
    """`4,180 PFLOPS`; a unit that is a sign stands close."""
    gap = "" if not unit or unit in {"%", "‰"} else " "
    return f"{figure(value)}{gap}{unit}"


def message(view: TargetView) -> str:
    """What the chart of a target says, as its title."""
    facts = {"indicator": view.indicator, "wanted": wanted(view), "by": by_day(view.deadline)}
    if view.latest is None:
        return _("{indicator}: nothing has been observed yet").format(**facts)
    facts["value"] = amount(view.latest.value, view.unit)
    if view.met:
        return _("{indicator} stands at {value}: the target of {wanted} is met").format(**facts)
    ahead = view.forecast
    if ahead is None or view.deadline is None:
        return _("{indicator} stands at {value}; {wanted} is wanted").format(**facts)
    facts["ahead"] = amount(short(ahead.value), view.unit)
    if is_met(_aim(view), ahead.value):
        return _("{indicator} stands at {value}; at this pace it meets {wanted} in time").format(**facts)
    return _("{indicator} stands at {value}; at this pace it reaches {ahead} by then, and {wanted} is wanted").format(
        **facts
    )


def _aim(view: TargetView) -> Aim:
    return Aim(Comparator(view.comparator), view.value, view.value_max, view.deadline, view.baseline, view.baseline_on)
