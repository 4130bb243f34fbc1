"""How far a value is on the way to its target. Exact: fractions and decimals, no floating point."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ..reading.findings import Comparator

# How far "about" (左右) may be off, as a share of the value.
ABOUT = Fraction(5, 100)
_BELOW = frozenset({Comparator.LT, Comparator.LTE})
_TURNED = frozenset({Comparator.EQ, Comparator.APPROX})


@dataclass(frozen=True, slots=True)
class Aim:
    """What a target asks for, in its own unit."""

    comparator: Comparator
    value: Decimal
    value_max: Decimal | None = None
    deadline: date | None = None
    baseline: Decimal | None = None
    baseline_on: date | None = None
    falls_by_nature: bool = False
    """What is only to be reached counts as a bound from above (rules/nature.py)."""

    @property
    def is_turned(self) -> bool:
        """Judged as at most, though the plan writes reach or about."""
        return self.falls_by_nature and self.comparator in _TURNED

    @property
    def lower_is_better(self) -> bool:
        """A bound from above, as written or by the nature of the indicator."""
        return self.comparator in _BELOW or self.is_turned


@dataclass(frozen=True, slots=True)
class Point:
    day: date
    value: Decimal


def is_met(aim: Aim, value: Decimal) -> bool:
    """Whether a value is what the target asks for. `complete five` and `reach` are met by more as well."""
    bound = aim.value
    if aim.is_turned:
        room = ABOUT if aim.comparator is Comparator.APPROX else Fraction(0)
        return Fraction(value) <= Fraction(bound) + abs(Fraction(bound)) * room
    match aim.comparator:
        case Comparator.GT:
            met = value > bound
        case Comparator.LT:
            met = value < bound
        case Comparator.LTE:
            met = value <= bound
        case Comparator.APPROX:
            met = Fraction(value) >= Fraction(bound) - abs(Fraction(bound)) * ABOUT
        case _:
            # EQ, GTE, and a range: what is beyond the upper end is more than was asked for, and has reached it.
            met = value >= bound
    return met


def progress(aim: Aim, value: Decimal) -> Fraction:
    """From 0 at the start to 1 at the target; more than 1 beyond it; never negative.

    With a baseline the way is from there; without, a value to be reached is counted from zero, and a value to come
    below is the target divided by the value, so that twice the bound is half the way.
    """
    goal, now = Fraction(aim.value), Fraction(value)
    if aim.baseline is not None and Fraction(aim.baseline) != goal:
        start = Fraction(aim.baseline)
        return max((now - start) / (goal - start), Fraction(0))
    if aim.lower_is_better:
        if now <= 0:
            return Fraction(1)
        return max(goal / now, Fraction(0))
    if goal == 0:
        return Fraction(1) if now >= 0 else Fraction(0)
    return max(now / goal, Fraction(0))


def percent(share: Fraction) -> Decimal:
    """In per cent, cut (not rounded up) to one decimal: 99.96 % is not yet 100."""
    return Decimal(share.numerator * 1000 // share.denominator) / 10


def start_of(aim: Aim, observed: Sequence[Point]) -> Point | None:
    """Where the way begins: the stated baseline, else the first observation."""
    if aim.baseline is not None and aim.baseline_on is not None:
        return Point(aim.baseline_on, aim.baseline)
    return min(observed, key=lambda point: point.day, default=None)
