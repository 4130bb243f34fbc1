"""A number with its unit: 5.4万P, 2-3个, 九成, 三分之一, 翻一番, 每秒10亿亿次, 千亿元.

Every pattern of `NUMBER` has its reader in `_READERS`; the plain numeral comes last.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from qianhang.programme.reading.numbers import CHINESE, DIGITS, parse_fraction, parse_number
from qianhang.programme.reading.units import UNIT, split_unit

_NUMERAL = rf"(?:{DIGITS}|{CHINESE})"

NUMBER = re.compile(
    rf"(?=[\d〇零一二两三四五六七八九十百千万亿过半翻每])(?:百分之(?P<percent>{_NUMERAL})(?P<points>个百分点)?"
    rf"|(?P<half>过半|半数|一半)"
    rf"|(?P<below>万|{CHINESE})分之(?P<above>{CHINESE})"
    rf"|(?P<doubling>翻(?:(?P<fold>[一两二三四])番|番))"
    rf"|每秒(?P<per_second>{_NUMERAL})(?P<per_second_unit>[百千万亿]*次)"
    rf"|(?P<round>万亿|[千百十]亿|[千百十]万)(?P<round_unit>元|美元|个|家|户|人次|人|台|件|次|吨)"
    rf"|(?P<number>{DIGITS}|{CHINESE}))"
)
MORE = frozenset("余多几")

_HIGH = re.compile(rf"[-~至到](?P<number>{_NUMERAL})")
_UNIT = re.compile(UNIT)
_OPEN_UNIT = re.compile(
    r"(?P<unit>(?:万亿|亿|万)?[一-龥]{0,2}(?:/[一-龥A-Za-z]{1,4})?)(?=以上|以下|以内|左右|[,。;、)]|$)"
)
_NO_UNIT = re.compile(r"[年月日号时点版期第级代度型维届类分]|大$|强$|以|左|项目|人民")
_NOT_BARE = re.compile(r"[年月日号点版时期第A-Za-z]|:\d")
_AT_LEAST = re.compile(r"(?:至少|少于|低于)$")
_ROUND = {
    "万亿": (1, "万亿"),
    "千亿": (1000, "亿"),
    "百亿": (100, "亿"),
    "十亿": (10, "亿"),
    "千万": (1000, "万"),
    "百万": (100, "万"),
    "十万": (10, "万"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """What a number says; the unit is `text[unit_start:unit_end]`, or understood where that is empty."""

    value: Decimal
    unit: str
    unit_start: int
    unit_end: int
    value_max: Decimal | None = None
    explicit: bool = True
    """Written in digits or in words that can mean nothing else."""


def value_at(text: str, found: re.Match[str], *, bounded: bool) -> Value | None:
    """The value where `NUMBER` matched. `bounded`: a word such as 超过 stands before it."""
    for group, read in _READERS.items():
        if found[group]:
            return read(found)
    if found["round"]:
        size, multiplier = _ROUND[found["round"]]
        unit = multiplier + found["round_unit"]
        return Value(Decimal(size), unit, found.end() - len(unit), found.end(), explicit=bounded)
    return _plain(text, found["number"], found.end(), bounded=bounded)


def _percent(found: re.Match[str]) -> Value | None:
    value = parse_number(found["percent"])
    unit = "个百分点" if found["points"] else "%"
    return None if value is None else Value(value, unit, found.end(), found.end())


def _fraction(found: re.Match[str]) -> Value | None:
    value = parse_fraction(found["below"], found["above"])
    if value is None:
        return None
    share = (value * 100).normalize()
    whole = share == share.to_integral_value()
    return Value(share.quantize(Decimal(1)) if whole else share, "%", found.end(), found.end())


def _doubling(found: re.Match[str]) -> Value | None:
    """翻一番 is twice, 翻两番 four times."""
    times = Decimal(2) ** int(parse_number(found["fold"] or "一") or 1)
    return Value(times, "倍", found.end(), found.end())


def _per_second(found: re.Match[str]) -> Value | None:
    value = parse_number(found["per_second"])
    unit = found["per_second_unit"]
    return None if value is None else Value(value, unit, found.start("per_second_unit"), found.end())


_READERS: dict[str, Callable[[re.Match[str]], Value | None]] = {
    "percent": _percent,
    "half": lambda found: Value(Decimal(50), "%", found.end(), found.end()),
    "below": _fraction,
    "doubling": _doubling,
    "per_second": _per_second,
}


def _plain(text: str, words: str, end: int, *, bounded: bool) -> Value | None:
    """A numeral with its unit, or a range of two."""
    value = parse_number(words)
    if value is None:
        return None
    at = end + (text[end : end + 1] in MORE)
    low = _UNIT.match(text, at)
    low_unit = low.group() if low and _HIGH.match(text, low.end()) else ""
    high = _HIGH.match(text, at + len(low_unit))
    value_max = parse_number(high["number"]) if high else None
    at = high.end() if high else at
    digits = words[0].isdigit()
    unit = _unit_at(text, at, known_only=not (digits and bounded))
    if unit is None:
        bare = digits and bounded and value_max is None and not _NOT_BARE.match(text, at)
        return Value(value, "", at, at) if bare else None
    if low_unit and split_unit(low_unit)[1] != split_unit(unit.group())[1]:
        return None
    few = value <= 1 and not _AT_LEAST.search(text, 0, end - len(words))
    if not digits and (few or unit.group() == "期"):
        return None  # 一个, 二期: no count
    read = Value(value, unit.group(), unit.start(), unit.end(), value_max, explicit=digits)
    if unit.group() == "成":
        return replace(read, value=value * 10, unit="%", unit_start=unit.end(), explicit=True)
    return replace(read, value_max=None) if value_max is not None and value_max <= value else read


def _unit_at(text: str, at: int, *, known_only: bool) -> re.Match[str] | None:
    """The unit of the table; else, after a bounded number, any short word that ends the clause."""
    known = _UNIT.match(text, at)
    if known or known_only:
        return known
    found = _OPEN_UNIT.match(text, at)
    return found if found and found.group() and not _NO_UNIT.search(found.group()) else None
