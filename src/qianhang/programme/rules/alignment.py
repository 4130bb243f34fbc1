"""Which targets, tasks and systems of several plans are the same thing under different names.

A wrong pair is worse than none. Two indicators are set side by side only when they are counted in one unit, repeat
alike, and what is left of their names without the words that most names share is close: by the characters and pairs of
characters in it and by how it ends, because a Chinese name ends in what it is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Generic, TypeVar

from .keys import plain

ENOUGH = 0.55
ENOUGH_OF_NAMES = 0.6
# Names of things made of shared words alone are the same thing only when they are nearly the same name.
NEARLY_EQUAL = 0.85
# Classifiers that differ in style, not in what is counted.
_COUNTED = frozenset("个家项所座处款种件套条门支只例台宗") | {"类", "份", "批"}
_WHERE = re.compile(r"^(?:我省|我市|全省|全市|全区|全县|省内|市内|全域|本省|本市|[\u4e00-\u9fff]{2,3}省)")
_SAME = (("智算", "智能算力"), ("超算", "超级算力"), ("智能算力力", "智能算力"), ("ai", "人工智能"))
# Words that most indicators share.
_OF_INDICATORS = re.compile(r"人工智能|产业|规模|主营业务收入|营业收入|总量|总数|数量|应用|高质量|以上|左右")
# Words that most names of platforms and tasks share.
_OF_NAMES = re.compile(
    r"人工智能|智能化|智能|智慧|数字化|公共|综合|统一|服务|平台|系统|体系|中心|基地|工程|项目|机制|能力|应用|管理|"
    r"建设|发展|推进|加快|加强|推动|构建|打造|完善|强化|提升|实施|开展|培育|支持|促进|深化|夯实|建立|健全|行动|创新|高质量|领域|示范|"
    r"省级|国家级|云"
)
# What a name says it is: a platform is not a mechanism, whatever both are for.
_HEAD = re.compile(r"(平台|系统|中心|基地|数据集|数据库|库|网络|机制|联盟|基金|工程|园区|体系)(?:体系|建设)?$")
# What is brought about elsewhere is not what is meant itself: 带动相关产业 is not 核心产业.
_ELSEWHERE = re.compile(r"带动|相关产业|关联产业|辐射")


@dataclass(frozen=True, slots=True)
class Stated:
    """One target as one plan states it. `value` is in `unit` as written; `canonical` in `base`, where there is one."""

    plan: str
    indicator: str
    comparator: str
    value: Decimal
    value_max: Decimal | None
    unit: str
    canonical: Decimal | None = None
    base: str = ""
    deadline: date | None = None
    period: str = ""
    aim: bool = False
    id: str = ""

    @property
    def comparable(self) -> Decimal:
        return self.value if self.canonical is None else self.canonical

    @property
    def measure(self) -> str:
        """What it is counted in, whatever the spelling: targets of different measures are never one row."""
        if self.base:
            return self.base
        unit = plain(self.unit)
        many = unit[:-1] if unit[-1:] in _COUNTED else unit
        return f"{many}个" if unit[-1:] in _COUNTED else unit


@dataclass(frozen=True, slots=True)
class Named:
    """A task or a system of one plan."""

    plan: str
    name: str
    id: str = ""


Item = TypeVar("Item", Stated, Named)


@dataclass(frozen=True, slots=True)
class Row(Generic[Item]):
    """The same thing in several plans; `of` gives what each plan has, in the order of its deadlines or its text."""

    name: str
    of: Mapping[str, Sequence[Item]]

    @property
    def plans(self) -> frozenset[str]:
        return frozenset(self.of)

    def items(self) -> Iterator[Item]:
        for found in self.of.values():
            yield from found


def core(name: str) -> str:
    """The name without its region, in one spelling."""
    text = _WHERE.sub("", plain(name)) or plain(name)
    for short, full in _SAME:
        text = text.replace(short, full)
    return text


def closeness(one: str, other: str) -> float:
    """How alike two cores are, from 0 to 1; symmetric, and 1 for equal ones."""
    if one == other:
        return 1.0
    if not one or not other or bool(_ELSEWHERE.search(one)) != bool(_ELSEWHERE.search(other)):
        return 0.0
    characters = _dice(Counter(one), Counter(other))
    if not characters:
        return 0.0
    return 0.5 * characters + 0.25 * _dice(_pairs(one), _pairs(other)) + 0.25 * min(_ending(one, other), 3) / 3


def same_indicator(one: str, other: str) -> float:
    """How surely two cores are one indicator, from 0 to 1; at least ENOUGH for one that is."""
    return _by_what_is_left(one, other, left=lambda name: _OF_INDICATORS.sub("", name), nothing_left=ENOUGH)


def same_thing(one: str, other: str) -> float:
    """How surely two cores are one task or system, from 0 to 1; at least ENOUGH_OF_NAMES for one that is."""
    if _head(one) != _head(other):
        return 0.0
    return _by_what_is_left(
        one, other, left=lambda name: _OF_NAMES.sub("", _HEAD.sub("", name)), nothing_left=NEARLY_EQUAL
    )


def _by_what_is_left(one: str, other: str, *, left: Callable[[str], str], nothing_left: float) -> float:
    """`nothing_left` is how close the whole names must be when they are made of shared words alone."""
    if one == other:
        return 1.0
    whole, mine, theirs = closeness(one, other), left(one), left(other)
    if not mine and not theirs:
        return whole if whole >= nothing_left else 0.0
    # The whole name breaks ties between those whose distinguishing parts are equally close.
    return 0.95 * closeness(mine, theirs) + 0.05 * whole


def _head(name: str) -> str:
    found = _HEAD.search(name)
    return found[1] if found else ""


def align_targets(stated: Iterable[Stated]) -> list[Row[Stated]]:
    """One row for each indicator: every target is in exactly one row, and no row has two indicators of one plan.

    Rows of many plans come first, then as they come in the plans.
    """
    groups: dict[_Key, list[Stated]] = defaultdict(list)
    for one in stated:
        groups[_Key(one.plan, f"{one.measure}/{one.period}", core(one.indicator))].append(one)
    rows = []
    for keys in _clusters(groups, same_indicator, ENOUGH):
        of = {
            key.plan: sorted(groups[key], key=lambda one: (one.deadline or date.max, one.comparable, one.id))
            for key in keys
        }
        rows.append(Row(min((one.indicator for found in of.values() for one in found), key=_short), of))
    return rows


def align_names(named: Iterable[Named]) -> list[Row[Named]]:
    """One row for each task or system. The same guarantees and order as for targets."""
    groups: dict[_Key, list[Named]] = defaultdict(list)
    for one in named:
        groups[_Key(one.plan, "", core(one.name))].append(one)
    rows = []
    for keys in _clusters(groups, same_thing, ENOUGH_OF_NAMES):
        of = {key.plan: groups[key] for key in keys}
        rows.append(Row(min((one.name for found in of.values() for one in found), key=_short), of))
    return rows


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """What one plan says under one name: `sort` is what must be equal, `core` what may differ a little."""

    plan: str
    sort: str
    core: str


def _clusters(keys: Iterable[_Key], alike: Callable[[str, str], float], enough: float) -> list[list[_Key]]:
    """The keys that mean the same, at most one of each plan. The order of `keys` changes only that of the clusters.

    The closest are put together first. What stands in many plans comes first, then what came first.
    """
    keys = list(keys)
    home: dict[_Key, list[_Key]] = {key: [key] for key in keys}
    for _score, one, other in sorted(_close(sorted(home), alike, enough)):
        first, second = home[one], home[other]
        if first is second or {key.plan for key in first} & {key.plan for key in second}:
            continue
        first += second
        for key in second:
            home[key] = first
    clusters = {id(home[key]): home[key] for key in keys}.values()
    return sorted(clusters, key=lambda cluster: -len(cluster))


def _close(
    keys: Sequence[_Key], alike: Callable[[str, str], float], enough: float
) -> Iterator[tuple[float, _Key, _Key]]:
    """Pairs of different plans that are close enough, with how far apart they are."""
    by_sort: dict[str, list[_Key]] = defaultdict(list)
    for key in keys:
        by_sort[key.sort].append(key)
    for group in by_sort.values():
        letters = {key: frozenset(key.core) for key in group}
        for one, other in combinations(group, 2):
            # A third of the smaller name's characters are shared, or the names cannot be close enough: cheap to tell.
            if one.plan == other.plan or 3 * len(letters[one] & letters[other]) < min(
                len(letters[one]), len(letters[other])
            ):
                continue
            score = alike(one.core, other.core)
            if score >= enough:
                yield -score, one, other


def _short(name: str) -> tuple[int, str]:
    return len(name), name


def _pairs(text: str) -> Counter[str]:
    return Counter(text[at : at + 2] for at in range(len(text) - 1))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    """Twice what is shared over what there is in both (Dice 1945)."""
    both = one.total() + other.total()
    return 2 * (one & other).total() / both if both else 0.0


def _ending(one: str, other: str) -> int:
    """How many characters the two end in alike."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the plans of one row differ: in what each asks for last."""

    plans: int
    same_value: bool
    most: Decimal | None
    """How many times the smallest value the largest is; None where the smallest is zero."""
    earliest: date | None
    latest: date | None


def contrast(row: Row[Stated]) -> Contrast:
    """Each plan is taken at its last deadline, because that is where it wants to arrive."""
    ends = [found[-1] for found in row.of.values()]
    values = [one.comparable for one in ends]
    days = [one.deadline for one in ends if one.deadline is not None]
    low, high = min(values), max(values)
    return Contrast(
        plans=len(ends),
        same_value=low == high,
        most=None if low <= 0 else high / low,
        earliest=min(days, default=None),
        latest=max(days, default=None),
    )
