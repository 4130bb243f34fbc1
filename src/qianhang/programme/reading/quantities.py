"""Quantities: a value and the words that bound it, such as 不少于30场, 2-3个, 5000PFLOPS以上, 提高到45%.

A number is found first (values.py); the words that bound it are read on both sides. What is numbered rather than
counted (第3批, 5G, 2.0版, 2027年, 千亿级) never becomes a quantity.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qianhang.programme.reading.findings import Comparator
from qianhang.programme.reading.units import is_counted
from qianhang.programme.reading.values import MORE, NUMBER, Value, value_at

# words before the number -> the bound they state
BEFORE: dict[str, Comparator] = {
    **dict.fromkeys(("不少于", "不低于", "不小于", "不下于", "至少", "最少", "≥"), Comparator.GTE),
    **dict.fromkeys(("不高于", "不超过", "不大于", "不多于", "不超", "最多", "≤", "前"), Comparator.LTE),
    **dict.fromkeys(
        ("突破", "超过", "超出", "高于", "大于", "多于", "跨越", "跨过", "迈过", "逾", "超", ">"), Comparator.GT
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

# verbs that bring a value to a level (提高到) or change it by an amount (提高)
_REACHES = (
    r"(?:提升|提高|增长|增加|扩大|上升|扩容|扩充|扩展|拓展|发展|壮大|下降|降低|压降|压减|压缩|缩短|缩减|缩小|减少|稳定|保持"
    r"|维持|控制|升|增|降|稳)(?:到|至|在|达)"
)
_CHANGES = r"(?:增长|提升|提高|增加|上升|扩大|下降|降低|减少|压减|压降|压缩|缩短|缩减|节约|节省|增速|增幅)"
_RANKED = (
    r"(?:进入|位居|位列|跻身|稳居|保持在?|排名|排在|列|居)(?:全国|全省|全市|全球|世界|国内|东部|中部|西部|沿海|同类)"
    r"[^,\d]{0,6}前$"
)
_RANK = re.compile(_RANKED)
_PRE = "|".join(sorted((re.escape(word) for word in BEFORE if word != "前"), key=len, reverse=True))
_POST = "|".join(sorted(AFTER, key=len, reverse=True))
_PRE_WORD = re.compile(_PRE)

_BOUNDS = re.compile(
    rf"(?P<rank>{_RANKED})|(?P<reach>{_REACHES})?(?P<change>{_CHANGES})?了?(?P<pre>(?:{_PRE})*)"
    r"(?:20\d\d年底?的)?(?P<per>每[百千万亿]*[人户家个])?$"
)
_MAY_BOUND = frozenset({word[-1] for word in BEFORE} | set("长升高加大降低少减缩短约省速幅了到至在达的人户家个前"))
"""What a bounding word can end in: most numbers have none before them, and this tells so at once."""
_AFTER_UNIT = re.compile(rf"(?P<more>[余多])?(?:\ue000{{3,8}})?(?P<post>{_POST})?")
_NUMBERED_BY = frozenset("第前每.+/×:_-—")
_NOT_AFTER_UNIT = re.compile(r"[级强/]|以来|月(?!产)|日(?!均|产)|百分点")
_NOT_COUNTED = re.compile(
    r"方面|层面|维度|原则|阶段|步骤|环节|转变|坚持|统筹|关系|一批|问题|角度|要素|部分|方向|层次|层级|字|着力点|抓手"
)


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
    def without_words_after(self) -> Comparator:
        """The bound that the words before the number state; 达到 where there are none."""
        strong = [BEFORE[word] for word in self.raw if BEFORE.get(word, Comparator.EQ) is not Comparator.EQ]
        return strong[-1] if strong else Comparator.EQ

    @property
    def counted(self) -> bool:
        return is_counted(self.unit)


def find_quantities(text: str) -> list[Quantity]:
    """All quantities of a text in order; they do not overlap."""
    return list(_quantities(text))


def _quantities(text: str) -> Iterator[Quantity]:
    done = 0
    for found in NUMBER.finditer(text):
        if found.start() < done or _is_numbered(text, found.start()):
            continue
        bounds = _bounds_before(text, found.start(), done)
        value = value_at(text, found, bounded=bounds is not None)
        quantity = None if value is None else _quantity(text, found.start(), bounds, value)
        if quantity is not None:
            done = quantity.end
            yield quantity


def _is_numbered(text: str, start: int) -> bool:
    """第3, 前10, 5G after a letter: a number that counts nothing."""
    before = text[start - 1 : start]
    if before == "前" and _RANK.search(text, max(0, start - 12), start):
        return False
    return before in _NUMBERED_BY or (before.isascii() and before.isalpha())


def _bounds_before(text: str, start: int, floor: int) -> re.Match[str] | None:
    """The bounding words that end where the number begins."""
    if text[start - 1 : start] not in _MAY_BOUND:
        return None
    found = _BOUNDS.search(text, max(floor, start - 16), start)
    return found if found and found.start() < start else None


def _quantity(text: str, start: int, bounds: re.Match[str] | None, value: Value) -> Quantity | None:
    after = _AFTER_UNIT.match(text, value.unit_end)
    more, post = (after["more"], after["post"]) if after else (None, None)
    end = after.end() if after and (more or post) else value.unit_end
    if _NOT_AFTER_UNIT.match(text, end) or (is_counted(value.unit) and _NOT_COUNTED.match(text, end)):
        return None
    said = {name: words or "" for name, words in bounds.groupdict().items()} if bounds else {}
    pre = _PRE_WORD.findall(said.get("pre", ""))
    if value.unit == "" and value.value_max is None and not (pre or said.get("reach")):
        return None
    if more is None and text[value.unit_start - 1 : value.unit_start] in MORE:
        more = text[value.unit_start - 1]
    if said.get("rank"):
        pre = ["前"]
    if text.startswith("过半", start):
        more = "过"
    words = (said.get("reach"), said.get("change"), *pre, more, post)
    raw = tuple(word for word in words if word)
    return Quantity(
        start=bounds.start() if bounds else start,
        number=start,
        end=end,
        value=value.value,
        value_max=value.value_max,
        unit=value.unit,
        unit_start=value.unit_start,
        unit_end=value.unit_end,
        comparator=_comparator(pre, post, value, more=more is not None),
        raw=raw,
        reach=bool(said.get("reach")),
        change=said.get("change", ""),
        per=said.get("per", "")[1:],
        explicit=value.explicit or bool(raw),
    )


def _comparator(pre: Sequence[str], post: str | None, value: Value, *, more: bool) -> Comparator:
    """A range; else the last bound before the number that says more than 达到; else the one after it."""
    if value.value_max is not None:
        return Comparator.RANGE
    strong = [BEFORE[word] for word in pre if BEFORE[word] is not Comparator.EQ]
    if strong:
        return strong[-1]
    if post:
        return AFTER[post]
    return Comparator.GT if more else Comparator.EQ
