"""Numbers and sentences short enough for a wall."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..queries.board import TargetView
from ..rules.figures import rounded, tidy
from .board_words import amount

YUAN = "元"
# From here on a number is shortened: the whole one is a click away.
LONG = Decimal(100_000)
_STEPS_ZH = ((Decimal(10) ** 12, "万亿"), (Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_STEPS_EN = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
FIGURES = 4


@dataclass(frozen=True, slots=True)
class Amount:
    """`number` is set large, `unit` small beside it; a unit that is a sign stands close."""

    number: str
    unit: str

    @property
    def is_close(self) -> bool:
        return self.unit in {"%", "‰"}

    @property
    def size(self) -> str:
        """How much room it needs: long numbers are set smaller, none is cut off."""
        length = len(self.number) + len(self.unit)
        return "is-longer" if length > 13 else "is-long" if length > 9 else ""


def amount_of(value: Decimal, unit: str) -> Amount:
    """At most four figures behind a long number's comma: `12.35 万` of 元; money has fen or none."""
    chinese = (get_language() or "").startswith("zh")
    if abs(value) >= LONG:
        size, word = next(step for step in (_STEPS_ZH if chinese else _STEPS_EN) if abs(value) >= step[0])
        return Amount(_short(value / size), f"{word}{unit}" if chinese else f"{word} {unit}".strip())
    if unit == YUAN:
        return Amount(f"{value:,.2f}".removesuffix(".00"), unit)
    return Amount(_short(value), unit)


def _short(value: Decimal, *, figures: int = FIGURES) -> str:
    """So many significant figures, but never fewer than there are before the point."""
    return f"{tidy(rounded(value, max(figures - 1 - value.adjusted(), 0))) if value else 0:,}"


def missing(view: TargetView) -> str:
    """Why a target is red: where it stands against where it should."""
    if view.latest is None:
        return view.rule_text
    value = amount(_short(view.latest.value), view.unit)
    if view.rule == "overdue" or view.expected is None:
        return _("{value} now, the deadline was {day}").format(value=value, day=_day(view.deadline))
    return _("{value} now, {due} due today").format(
        value=value, due=amount(_short(view.expected, figures=3), view.unit)
    )


def reached(day: date | None, owner: str) -> str:
    """Whose task it is and since when it is late."""
    return _("{owner}, was due {day}").format(owner=owner or _("no owner"), day=_day(day))


def _day(day: date | None) -> str:
    return day.isoformat() if day else "–"
