"""Months and quarters as statistics count them."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """`kind` is `month` or `quarter`; `number` 1 to 12, or 1 to 4."""

    kind: str
    year: int
    number: int

    @property
    def code(self) -> str:
        """As SDMX writes it: 2026-03, 2026-Q1."""
        return f"{self.year:04}-{self.number:02}" if self.kind == "month" else f"{self.year:04}-Q{self.number}"

    @property
    def first(self) -> date:
        return date(self.year, self.number if self.kind == "month" else 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        after = self.next
        return after.first - timedelta(days=1)

    @property
    def next(self) -> "Period":
        most = 12 if self.kind == "month" else 4
        return Period(self.kind, self.year + self.number // most, self.number % most + 1)

    @property
    def previous(self) -> "Period":
        most = 12 if self.kind == "month" else 4
        return Period(self.kind, self.year - (self.number == 1), self.number - 1 or most)

    @property
    def year_before(self) -> "Period":
        return Period(self.kind, self.year - 1, self.number)


def period_of(kind: str, day: date) -> Period:
    """The one a day lies in."""
    return Period(kind, day.year, day.month if kind == "month" else (day.month + 2) // 3)


def read_period(code: str) -> Period:
    """From 2026-03 or 2026-Q1. Raises ValueError."""
    year, _dash, rest = code.partition("-")
    kind = "quarter" if rest.startswith("Q") else "month"
    digits = rest.removeprefix("Q")
    if not (year.isdecimal() and year.isascii() and len(year) == 4 and digits.isdecimal() and digits.isascii()):
        raise ValueError(code)
    if len(digits) != (1 if kind == "quarter" else 2):
        raise ValueError(code)
    period = Period(kind, int(year), int(digits))
    if not (1 <= period.number <= (12 if kind == "month" else 4) and 1900 <= period.year <= 2199):
        raise ValueError(code)
    return period
