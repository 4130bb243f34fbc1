"""Quantities: a number with its unit and the words that bound it, such as 不少于30场, 2-3个, 5000PFLOPS以上, 翻一番.

A number is found first; its unit is read to the right, the words that bound it to both sides. What is numbered rather than
counted (第3批, 前10名, 5G, 2.0版, 2027年, 千亿级) never becomes a quantity.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qianhang.programme.reading.findings import Comparator
from qianhang.programme.reading.numbers import CHINESE, DIGITS, parse_fraction, parse_number
from qianhang.programme.reading.units import UNIT, is_counted, split_unit

# words before the number -> the bound they state
BEFORE: dict[str, Comparator] = {
    **dict.fromkeys(("不少于", "不低于", "不小于", "不下于", "至少", "最少", "≥"), Comparator.GTE),
    **dict.fromkeys(("不高于", "不超过", "不大于", "不多于", "不超", "最多", "≤"), Comparator.LTE),
    **dict.fromkeys(
        ("突破", "超过", "超出", "高于", "大于", "多于", "跨越", "跨过", "迈过", "逾", "超", "过", ">"), Comparator.GT
    ),
    **dict.fromkeys(("低于", "小于", "少于", "不足", "不到", "优于", "<"), Comparator.LT),
    **dict.fromkeys(("接近", "将近", "大约", "约", "近"), Comparator.APPROX),
    **dict.fromkeys(("达到", "达", "为", "至", "到", "迈上", "跨上", "跃上", "站上", "迈入"), Comparator.EQ),
}
# words after it
AFTER: dict[str, Comparator] = {
    **dict.fromkeys(("及以上", "或以上", "以上"), Comparator.GTE),
    **dict.fromkeys(("及以下", "以下", "以内", "之内"), Comparator.LTE),
    **dict.fromkeys(("左右", "上下"), Comparator.APPROX),
}
_MORE = {"余", "多", "几"}

# verbs that bring a value to a level (提高到) or change it by an amount (提高)
_REACHES = (
    r"(?:提升|提高|增长|增加|扩大|上升|扩容|扩充|扩展|拓展|发展|壮大|下降|降低|压降|压减|压缩|缩短|缩减|缩小|减少|稳定|保持|维持"
    r"|控制|升|增|降|稳)(?:到|至|在|达)"
)
_CHANGES = r"(?:增长|提升|提高|增加|上升|扩大|下降|降低|减少|压减|压降|压缩|缩短|缩减|节约|节省|增速|增幅)"

_PRE = "|".join(sorted(map(re.escape, BEFORE), key=len, reverse=True))
_POST = "|".join(sorted(AFTER, key=len, reverse=True))
_NUMERAL = rf"(?:{DIGITS}|{CHINESE})"

_NUMBER = re.compile(
    rf"百分之(?P<percent>{_NUMERAL})(?P<points>个百分点)?"
    rf"|(?P<half>过半|半数|一半)|(?P<below>万|{CHINESE})分之(?P<above>{CHINESE})"
    rf"|翻(?:(?P<fold>[一两二三四])番|番)"
    rf"|每秒(?P<per_second>{_NUMERAL})(?P<per_second_unit>[百千万亿]*次)"
    rf"|(?P<round>万亿|[千百十]亿|[千百十]万)(?P<round_unit>元|美元|个|家|户|人次|人|台|件|次|吨)"
    rf"|(?P<number>{DIGITS}|{CHINESE})"
)
_AT_LEAST = re.compile(r"(?:至少|少于|低于)$")
_OPEN_UNIT = re.compile(
    r"(?P<unit>(?:万亿|亿|万)?[一-龥]{0,2}(?:/[一-龥A-Za-z]{1,4})?)(?=以上|以下|以内|左右|[,。;、)]|$)"
)
_NO_UNIT = re.compile(r"[年月日号时点版期第级代度型维届类分]|大$|强$|以|左|项目|人民")
_HIGH = re.compile(rf"[-~至到](?P<number>{_NUMERAL})")
_UNIT = re.compile(UNIT)
_AFTER_UNIT = re.compile(rf"(?P<more>[余多])?(?:\ue000{{3,8}})?(?P<post>{_POST})?")
_BOUNDS = re.compile(
    rf"(?P<reach>{_REACHES})?(?P<change>{_CHANGES})?了?(?P<pre>(?:{_PRE})*)(?:20\d\d年底?的)?(?P<per>每[百千万亿]*[人户家个])?$"
)

_NUMBERED_BY = frozenset("第前每.+/×:_-—")
_NOT_AFTER_UNIT = re.compile(r"[级强/]|以来|月(?!产)|日(?!均|产)|百分点")
_NOT_COUNTED = re.compile(
    r"(?:方面|层面|维度|原则|阶段|步骤|环节|转变|坚持|统筹|关系|一批|问题|角度|要素|部分|方向|层次|层级|字|着力点|抓手)"
)
_ROUND = {"万亿": (1, "万亿"), "千亿": (1000, "亿"), "百亿": (100, "亿"), "十亿": (10, "亿")} | {
    "千万": (1000, "万"),
    "百万": (100, "万"),
    "十万": (10, "万"),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One bounded number. Positions are in the text it was found in."""

    start: int
    """Where its bounding words begin."""
    number: int
    """Where its digits begin."""
    end: int
    value: Decimal
    value_max: Decimal | None
    unit: str
    unit_start: int
    unit_end: int
    comparator: Comparator
    raw: Sequence[str]
    """The bounding words as written: 不少于, 以上."""
    reach: bool
    """It is the level that a verb brings the indicator to: 提高到45%."""
    change: str
    """The verb when it is the amount of a change (提高20%), else empty."""
    per: str
    """What it is counted on (每万人500台: 万人), else empty."""
    explicit: bool
    """A bound or verb is stated, or the value is written in digits."""

    @property
    def without_verb(self) -> Comparator:
        """The bound when the word before the number is a verb (突破10项以上关键技术), not a bound."""
        if self.value_max is not None:
            return Comparator.RANGE
        return next((AFTER[word] for word in self.raw if word in AFTER), Comparator.EQ)

    @property
    def counted(self) -> bool:
        return is_counted(self.unit)


def find_quantities(text: str) -> list[Quantity]:
    """All quantities of a text in order; they do not overlap."""
    return list(_quantities(text))


def _quantities(text: str) -> Iterator[Quantity]:
    done = 0
    for found in _NUMBER.finditer(text):
        if found.start() < done:
            continue
        quantity = _quantity_at(text, found, done)
        if quantity is not None:
            done = quantity.end
            yield quantity


def _quantity_at(text: str, found: re.Match[str], floor: int) -> Quantity | None:
    start = found.start()
    if start and (text[start - 1] in _NUMBERED_BY or _is_latin(text[start - 1])):
        return None
    bounds = _bounds_before(text, start, floor)
    measured = _measured(text, found, bounds is not None)
    if measured is None:
        return None
    value, value_max, unit_start, unit_end, unit, explicit = measured
    after = _AFTER_UNIT.match(text, unit_end)
    more, post = (after["more"], after["post"]) if after else (None, None)
    end = after.end() if after and (more or post) else unit_end
    if _NOT_AFTER_UNIT.match(text, end) or (is_counted(unit) and _NOT_COUNTED.match(text, end)):
        return None
    if unit == "" and value_max is None and not (bounds and (bounds["pre"] or bounds["reach"])):
        return None
    more = more or (text[unit_start - 1] if unit_start and text[unit_start - 1] in _MORE else None)
    words = [
        word for word in (bounds and bounds["reach"], bounds and bounds["change"], bounds and bounds["pre"]) if word
    ]
    comparator = _comparator(
        bounds["pre"] if bounds else "", post or "", more, value_max, bounds["reach"] if bounds else ""
    )
    return Quantity(
        start=bounds.start() if bounds else start,
        number=start,
        end=end,
        value=value,
        value_max=value_max,
        unit=unit,
        unit_start=unit_start,
        unit_end=unit_end,
        comparator=comparator,
        raw=tuple(words + [word for word in (more, post) if word]),
        reach=bool(bounds and bounds["reach"]),
        change=(bounds["change"] or "") if bounds else "",
        per=(bounds["per"] or "")[1:] if bounds else "",
        explicit=explicit or bool(words or post),
    )


def _measured(
    text: str, found: re.Match[str], bounded: bool
) -> tuple[Decimal, Decimal | None, int, int, str, bool] | None:
    """Value, upper value, where the unit stands, the unit, and whether digits or exact words were used."""
    end = found.end()
    if found["percent"]:
        value = parse_number(found["percent"])
        unit = "个百分点" if found["points"] else "%"
        return None if value is None else (value, None, end, end, unit, True)
    if found["half"]:
        return Decimal(50), None, end, end, "%", True
    if found["below"]:
        value = parse_fraction(found["below"], found["above"])
        return None if value is None else (value, None, end, end, "", True)
    if found.group().startswith("翻"):
        return Decimal(2) ** int(parse_number(found["fold"] or "一") or 1), None, end, end, "倍", True
    if found["per_second"]:
        value = parse_number(found["per_second"])
        return (
            None
            if value is None
            else (value, None, found.start("per_second_unit"), end, found["per_second_unit"], True)
        )
    if found["round"]:
        size, multiplier = _ROUND[found["round"]]
        unit = multiplier + found["round_unit"]
        return Decimal(size), None, end - len(unit), end, unit, bounded
    return _plain(text, found["number"], end, bounded)


def _plain(
    text: str, words: str, end: int, bounded: bool
) -> tuple[Decimal, Decimal | None, int, int, str, bool] | None:
    value = parse_number(words)
    if value is None:
        return None
    digits = words[0].isdigit()
    at, value_max, low_unit = end, None, ""
    if text[at : at + 1] in _MORE:
        at += 1
    low = _UNIT.match(text, at)
    if low and _HIGH.match(text, low.end()):
        low_unit, at = low.group(), low.end()
    high = _HIGH.match(text, at)
    if high:
        value_max = parse_number(high["number"])
        at = high.end()
    unit = _UNIT.match(text, at)
    if unit is None and digits and bounded:
        unit = _OPEN_UNIT.match(text, at)
        unit = None if unit is None or not unit.group() or _NO_UNIT.search(unit.group()) else unit
    if unit is None:
        if not digits or not bounded or value_max is not None or _is_latin(text[at : at + 1]):
            return None
        return (value, None, at, at, "", True) if not re.match(r"[年月日号点版时期第]", text[at : at + 1]) else None
    if low_unit and split_unit(low_unit)[1] != split_unit(unit.group())[1]:
        return None
    if unit.group() == "成":
        return (value * 10, None, unit.end(), unit.end(), "%", True) if value_max is None else None
    if not digits and ((value <= 1 and not _AT_LEAST.search(text, 0, end - len(words))) or unit.group() == "期"):
        return None
    if value_max is not None and value_max <= value:
        value_max = None
    return value, value_max, unit.start(), unit.end(), unit.group(), digits


def _bounds_before(text: str, start: int, floor: int) -> re.Match[str] | None:
    """The bounding words that end where the number begins."""
    found = _BOUNDS.search(text, max(floor, start - 16), start)
    return found if found and found.start() < start else None


def _comparator(pre: str, post: str, more: str | None, high: Decimal | None, reach: str | None) -> Comparator:
    stated = [BEFORE[word] for word in re.findall(_PRE, pre)]
    strong = [one for one in stated if one is not Comparator.EQ]
    after = AFTER.get(post)
    if high is not None:
        return Comparator.RANGE
    if strong:
        return strong[-1]
    if after is not None:
        return after
    if more:
        return Comparator.GT
    return Comparator.EQ


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()
