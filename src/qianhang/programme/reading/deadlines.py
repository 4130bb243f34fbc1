"""When: the year or day by which something is to be so, and how far that date reaches.

A date governs what follows it, up to the next date; never what stands before it. Dates that only compare (比2020年) or
look back (自2021年以来) are no deadlines.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from qianhang.programme.reading.numbers import parse_number

_FIVE_YEAR_PLANS = {"十二五": 2015, "十三五": 2020, "十四五": 2025, "十五五": 2030, "十六五": 2035}

_BEFORE = r"(?P<before>比|较|自|从|由|于|以|同比|早在|相比)?"
_YEAR = re.compile(
    r"(?:(?P<from>20\d\d)年?-)?(?P<year>20\d\d|二[〇零][〇零一二三四五六七八九]{2})年(?![版度])"
    r"(?:(?P<half>上半年|下半年)|第?(?P<quarter>[一二三四1-4])季度|(?P<month>1[0-2]|[1-9])月(?P<day>[1-3]?\d日)?)?"
    r"(?P<part>年?[初中底末])?(?P<by>之?前|以前)?(?P<since>以来|以后|后|起)?"
)
_PLAN = re.compile(r"“?(?P<plan>十[二三四五六]五)”?(?P<part>规划)?(?:时期|期间|末期|期末|末)+(?P<since>以来)?")
_THIS_YEAR = re.compile(
    r"(?:今年|本年|当年)(?:年?[底末]|内|上半年)+前?|(?<![\d每半])年底前|(?<![\d一二两三四五六七八九十几每半当全本今])年内|明年(?:年?[底末])?前?"
)
_WITHIN = re.compile(
    r"(?:用|经过|通过|未来|今后|力争)?(?P<count>\d{1,2}|[一二两三四五六七八九十半]{1,2})(?P<unit>年|个月)"
    r"(?:左右)?(?:的?时间|的?努力|内|之内|以内|左右)(?![\d一-龥]{0,3}建成区)"
)
_MAY_BE_SPAN = re.compile(r"[年月](?:左右|的?时间|的?努力|之?内|以内)")
"""Tells at once that most paragraphs have no 三年内."""
_LOOKS_BACK = ("比", "较", "自", "从", "由", "于", "以", "同比", "相比", "早在", "截至", "截止", "截止到", "对比")
_LEADING = re.compile(r"(?:力争|确保|争取|预计|努力|计划)?(?:再?用|到|至|在|于|截至|截止)?$")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date in the text: where it stands and the last day it means."""

    start: int
    end: int
    day: date | None
    looks_back: bool = False
    """A date of comparison or of the past (比2020年, 2021年以来): it ends no promise."""


def find_deadlines(text: str, made_on: date | None, years: tuple[int, int] | None = None) -> list[Deadline]:
    """All dates of one paragraph in order.

    Args:
        made_on: the document's date, from which 三年内, 年内 and 今年底 count.
        years: those that the plan is for, where it states them; 三年内 then only repeats them and names no date.
    """
    if "年" not in text and "十" not in text:
        return []
    found = [_of_year(text, match) for match in _YEAR.finditer(text)]
    if "五" in text:
        found += [_of_plan(text, match) for match in _PLAN.finditer(text)]
    found += (
        [
            Deadline(match.start(), match.end(), _this_year(match.group(), made_on))
            for match in _THIS_YEAR.finditer(text)
        ]
        if made_on
        else []
    )
    if _MAY_BE_SPAN.search(text):
        found += [_of_span(match, None if years else made_on) for match in _WITHIN.finditer(text)]
    found.sort(key=lambda one: one.start)
    apart: list[Deadline] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return apart


def _of_year(text: str, match: re.Match[str]) -> Deadline:
    year, month, day = int(parse_number(match["year"]) or 0), 12, 31
    if match["half"]:
        month = 6 if match["half"] == "上半年" else 12
    elif match["quarter"]:
        quarter = parse_number(match["quarter"])
        month = int(quarter or 4) * 3
    elif match["month"]:
        month = int(match["month"])
    elif match["by"] and not match["part"]:
        year -= 1
    day = int(match["day"][:-1]) if match["day"] else monthrange(year, month)[1]
    day = max(1, min(day, monthrange(year, month)[1]))
    start = _begin(text, match.start())
    back = bool(match["since"]) or text[max(0, start - 2) : match.start()].endswith(_LOOKS_BACK)
    back = back or text[start : match.start()].endswith(("截至", "截止"))
    return Deadline(start, match.end(), date(year, month, day), looks_back=back)


def _of_plan(text: str, match: re.Match[str]) -> Deadline:
    back = bool(match["since"]) or text[max(0, match.start() - 2) : match.start()].endswith(_LOOKS_BACK)
    day = date(_FIVE_YEAR_PLANS[match["plan"]], 12, 31)
    return Deadline(_begin(text, match.start()), match.end(), day, looks_back=back)


def _of_span(match: re.Match[str], made_on: date | None) -> Deadline:
    count = parse_number(match["count"]) if match["count"] != "半" else None
    if made_on is None or count is None:
        return Deadline(match.start(), match.end(), None)
    if match["unit"] == "年":
        return Deadline(match.start(), match.end(), date(made_on.year + int(count), 12, 31))
    months = made_on.month - 1 + int(count)
    year, month = made_on.year + months // 12, months % 12 + 1
    return Deadline(match.start(), match.end(), date(year, month, monthrange(year, month)[1]))


def _this_year(words: str, made_on: date) -> date:
    year = made_on.year + (1 if words.startswith("明年") else 0)
    return date(year, 6, 30) if "上半年" in words else date(year, 12, 31)


def _begin(text: str, start: int) -> int:
    """Where the phrase of the date begins: with its 到 or 力争到."""
    lead = _LEADING.search(text, max(0, start - 4), start)
    return lead.start() if lead else start
