"""What a person may write into a finding: each field by its kind, read strictly."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..reading.findings import Comparator
from .figures import rounded

# What the columns can hold. A plan's own numbers stay far below; a hostile text's may not.
MOST = Decimal(10) ** 21
MOST_CANONICAL = Decimal(10) ** 36
# Strictly, because a slip would cost a hundredfold: 12,50 is not 1250.
_WRITTEN = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,60})(\.\d{1,60})?", re.ASCII)
# NUL and halves of surrogate pairs: PostgreSQL keeps neither.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
PERIODS = {None, "", "year", "quarter", "month"}


class Wrong(ValueError):
    """`code` says what is wrong with the value: missing, text, length, number, date, choice, list, order."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    path: str
    code: str


Reader = Callable[[Any], Any]


def read_content(kind: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The content with every field of its kind in its plain form, and what is wrong with it.

    Unknown fields are a problem of their own (`unknown`), so that a slip does not get lost.
    """
    fields = _FIELDS[kind]
    problems = [Problem(name, "unknown") for name in content if name not in fields]
    clean: dict[str, Any] = {}
    for name, read in fields.items():
        try:
            clean[name] = read(content.get(name))
        except Wrong as wrong:
            problems.append(Problem(name, wrong.code))
    if kind == "target":
        problems = problems or _whole_target(clean)
        if any(one.path == "value" for one in problems):
            # It follows from the value, and nobody wrote it.
            problems = [one for one in problems if one.path != "canonical"]
    return clean, problems


def number(text: object) -> Decimal:
    """A finite decimal from text or an integer. Raises Wrong."""
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise Wrong("number")
    if not _WRITTEN.fullmatch(str(text).strip()):
        raise Wrong("number")
    return Decimal(str(text).strip().replace(",", ""))


def _whole_target(clean: dict[str, Any]) -> list[Problem]:
    """What no single field shows."""
    upper = clean["value_max"]
    if clean["comparator"] == Comparator.RANGE and upper is None:
        return [Problem("value_max", "missing")]
    if clean["comparator"] != Comparator.RANGE and upper is not None:
        return [Problem("value_max", "unknown")]
    if upper is not None and Decimal(upper) < Decimal(clean["value"]):
        return [Problem("value_max", "order")]
    return []


def _words(most: int, *, needed: bool = False) -> Reader:
    def read(value: Any) -> str | None:
        if value is None or value == "":
            if needed:
                raise Wrong("missing")
            return None
        if not isinstance(value, str):
            raise Wrong("text")
        text = value.strip()
        if needed and not text:
            raise Wrong("missing")
        if len(text) > most:
            raise Wrong("length")
        if _UNSTORABLE.search(text):
            raise Wrong("text")
        return text or None

    return read


def _number(*, needed: bool = False, most: Decimal = MOST) -> Reader:
    def read(value: Any) -> str | None:
        if value is None or value == "":
            if needed:
                raise Wrong("missing")
            return None
        found = number(value)
        if abs(found) >= most or found != rounded(found, 9):
            raise Wrong("number")
        return f"{found:f}"

    return read


def _day(value: Any) -> str | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise Wrong("date") from error


def _choice(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong("choice")
        return str(value)

    return read


def _yes(value: Any) -> bool:
    if not (value is None or isinstance(value, bool)):
        raise Wrong("choice")
    return bool(value)


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise Wrong("list")
    names = [one.strip() for one in value]
    if any(_UNSTORABLE.search(one) for one in names):
        raise Wrong("text")
    if len(names) > 200 or not all(0 < len(one) <= 200 for one in names):
        raise Wrong("list")
    return names


def _period(value: Any) -> str | None:
    if not (value is None or isinstance(value, str)) or value not in PERIODS:
        raise Wrong("choice")
    return value or None


def _canonical(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"v", "u"}:
        raise Wrong("number")
    found = number(value["v"])
    if abs(found) >= MOST_CANONICAL or not 0 < len(_words(40)(value["u"]) or "") <= 40:
        raise Wrong("number")
    return {"v": f"{found:f}", "u": value["u"]}


_FIELDS: Mapping[str, Mapping[str, Reader]] = {
    "target": {
        "indicator": _words(300, needed=True),
        "comparator": _choice(*[one.value for one in Comparator]),
        "comparator_raw": _names,
        "value": _number(needed=True),
        "value_max": _number(),
        "unit": _words(40),
        "canonical": _canonical,
        "deadline": _day,
        "deadline_source": _words(20),
        "period": _period,
        "aim": _yes,
        "section": _words(200),
        "scope": _words(200),
        "note": _words(500),
    },
    "task": {
        "path": _words(200, needed=True),
        "number": _words(40),
        "title": _words(300, needed=True),
        "parent": _words(200),
        "kind": _choice("numbered", "labelled"),
        "body": _words(200_000),
    },
    "responsibility": {
        "task": _words(200, needed=True),
        "mode": _words(40),
        "lead": _names,
        "cooperating": _names,
        "responsible": _names,
        "open_list": _yes,
        "generic": _words(200),
    },
    "system": {
        "name": _words(300, needed=True),
        "type": _words(60),
        "domain": _words(80),
        "action": _words(80),
        "named": _yes,
        "room": _words(40),
    },
    "milestone": {
        "deadline": _day,
        "kind": _words(20),
        "quote": _words(1000, needed=True),
    },
}
