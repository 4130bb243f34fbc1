"""Where a target should stand on a day: on straight lines from the start by way of its milestones to the deadline."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .figures import rounded
from .progress import Aim, Point

PLACES = 9


def path(aim: Aim, start: Point | None, milestones: Iterable[Point] = ()) -> tuple[Point, ...]:
    """The corner points, oldest first: the start, the milestones between, the target at its deadline.

    Empty without a deadline or a start before it: then nothing can be expected of a day.
    """
    if aim.deadline is None or start is None or start.day >= aim.deadline:
        return ()
    between = {one.day: one for one in milestones if start.day < one.day < aim.deadline}
    return (start, *(between[day] for day in sorted(between)), Point(aim.deadline, aim.value))


def expected(corners: Sequence[Point], day: date) -> Decimal | None:
    """The value on the path on that day, to nine decimals; before the start the start's, after the end the end's."""
    if not corners:
        return None
    if day <= corners[0].day:
        return corners[0].value
    for before, after in pairwise(corners):
        if day <= after.day:
            share = Fraction((day - before.day).days, (after.day - before.day).days)
            value = Fraction(before.value) + (Fraction(after.value) - Fraction(before.value)) * share
            return rounded(Decimal(value.numerator) / Decimal(value.denominator), PLACES)
    return corners[-1].value
