"""The traffic light of a target, and the rule that lit it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from .forecast import Forecast
from .progress import Aim, is_met

# What may be missing from the expected value before it is red, as a share of the way from the start to there.
SLACK = Fraction(10, 100)


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


class Rule(StrEnum):
    """Why. Each has a sentence in labels.py."""

    MET = "met"
    NO_SOURCE = "no_source"
    NO_VALUE = "no_value"
    NO_DEADLINE = "no_deadline"
    TOO_EARLY = "too_early"
    OVERDUE = "overdue"
    ON_PATH = "on_path"
    FORECAST_MEETS = "forecast_meets"
    SLIGHTLY_BEHIND = "slightly_behind"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Signal:
    light: Light
    rule: Rule


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a target on one day."""

    today: date
    bound: bool
    value: Decimal | None
    start: Decimal | None
    """The value the way began at."""
    expected: Decimal | None
    """The value on the path today; None without a deadline or a start."""
    forecast: Forecast | None
    days: int = 2
    """On how many days it was observed."""


# Before that, and without a stated baseline, the path begins where the value stands, and every value is on it.
FEWEST_DAYS = 2


def signal(aim: Aim, standing: Standing) -> Signal:  # noqa: PLR0911 -- one line a rule, first that holds
    """The first rule that holds, in the order in which a person would ask."""
    value = standing.value
    if not standing.bound:
        return Signal(Light.GREY, Rule.NO_SOURCE)
    if value is None:
        return Signal(Light.GREY, Rule.NO_VALUE)
    if is_met(aim, value):
        return Signal(Light.GREEN, Rule.MET)
    if aim.deadline is None:
        return Signal(Light.GREY, Rule.NO_DEADLINE)
    if standing.today > aim.deadline:
        return Signal(Light.RED, Rule.OVERDUE)
    just_begun = aim.baseline is None and standing.days < FEWEST_DAYS
    if standing.expected is None or standing.start is None or just_begun:
        return Signal(Light.GREY, Rule.TOO_EARLY)
    behind = shortfall(aim, value=value, start=standing.start, expected=standing.expected)
    if behind <= 0:
        return Signal(Light.GREEN, Rule.ON_PATH)
    if standing.forecast is not None and is_met(aim, standing.forecast.value):
        return Signal(Light.YELLOW, Rule.FORECAST_MEETS)
    if behind <= SLACK:
        return Signal(Light.YELLOW, Rule.SLIGHTLY_BEHIND)
    return Signal(Light.RED, Rule.BEHIND)


def shortfall(aim: Aim, *, value: Decimal, start: Decimal, expected: Decimal) -> Fraction:
    """What is missing today, as a share of the way that should be done by now; negative when ahead.

    On the first day nothing should be done yet, so nothing is missing.
    """
    due = Fraction(expected) - Fraction(start)
    up = Fraction(aim.value) >= Fraction(start)
    missing = Fraction(expected) - Fraction(value) if up else Fraction(value) - Fraction(expected)
    if due == 0:
        return Fraction(0) if missing <= 0 else Fraction(1)
    return missing / abs(due)
