"""Reading a series that somebody else publishes: CSV with a header line, or JSON as a list of objects."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .contents import Wrong, number
from .figures import rounded

MOST_ROWS = 20_000
MOST_DAYS_TEXT = 40
MOST = Decimal(10) ** 21
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?", re.ASCII)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Value:
    day: date
    value: Decimal


class Unreadable(ValueError):
    """`code`: encoding, json, shape, columns, day, number, rows, empty. `row` counts from 1 after the head."""

    def __init__(self, code: str, *, row: int = 0, what: str = "") -> None:
        super().__init__(code)
        self.code, self.row, self.what = code, row, what[:80]


def read_series(data: bytes, *, date_column: str, value_column: str) -> tuple[Value, ...]:
    """The values, oldest first; of a day that is there twice the last one counts. Raises Unreadable."""
    text = _text(data)
    rows = _json_rows(text) if text.lstrip()[:1] in {"[", "{"} else _csv_rows(text)
    found: dict[date, Decimal] = {}
    for place, row in enumerate(rows, start=1):
        if place > MOST_ROWS:
            raise Unreadable("rows")
        if date_column not in row or value_column not in row:
            raise Unreadable("columns", row=place, what=", ".join(map(str, row)))
        if row[value_column] in (None, ""):
            continue
        found[_day(row[date_column], place)] = _value(row[value_column], place)
    if not found:
        raise Unreadable("empty")
    return tuple(Value(day, found[day]) for day in sorted(found))


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("encoding")


def _csv_rows(text: str) -> Iterable[Mapping[str, Any]]:
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    except csv.Error as error:
        raise Unreadable("shape", what=str(error)) from error


def _json_rows(text: str) -> Iterable[Mapping[str, Any]]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable("json", what=str(error)) from error
    if isinstance(found, Mapping):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else None
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Unreadable("shape")
    return found


def _day(value: Any, place: int) -> date:
    """2026-03-31, 2026/3/31, 2026年3月31日; a month or a year alone means its last day."""
    match = _DAY.fullmatch(str(value).strip()[:MOST_DAYS_TEXT])
    if match is None:
        raise Unreadable("day", row=place, what=str(value))
    year, month, day = int(match[1]), int(match[2] or 12), match[3]
    try:
        first = date(year, month, 1)
        leap = month == 2 and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
        return first.replace(day=int(day) if day else _MONTH_DAYS[month - 1] + leap)
    except ValueError as error:
        raise Unreadable("day", row=place, what=str(value)) from error


def _value(value: Any, place: int) -> Decimal:
    try:
        found = number(value)
    except Wrong as error:
        raise Unreadable("number", row=place, what=str(value)) from error
    if abs(found) >= MOST:
        raise Unreadable("number", row=place, what=str(value))
    return rounded(found, 9)
