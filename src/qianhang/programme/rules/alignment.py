"""Which targets, tasks and systems of several plans are the same thing under different names.

Two indicators are set side by side when they are counted in one unit, repeat alike, and their names are close: by the
characters and pairs of characters they share and by how they end, because a Chinese name ends in what it is.
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

# A unit that measures one sort of thing says most of what an indicator is; things that are merely counted do not.
ENOUGH_BY_MEASURE = 0.3
ENOUGH = 0.55
_MEASURES = frozenset({"FLOPS", "bit/s", "s", "B", "kWh", "kW"})
# Classifiers that differ in style, not in what is counted.
_COUNTED = frozenset("个家项所座处款种件套条门支只例台宗") | {"类", "份", "批"}
_WHERE = re.compile(r"^(?:我省|我市|全省|全市|全区|全县|省内|市内|全域|本省|本市|[\u4e00-\u9fff]{2,3}省)")
_SAME = (("智算", "智能算力"), ("超算", "超级算力"), ("智能算力力", "智能算力"), ("ai", "人工智能"))
# Words that most names of platforms and tasks in this genre share: what is left tells one from another.
_SHARED = re.compile(
    r"人工智能|智能化|智能|智慧|数字化|公共|综合|统一|服务|平台|系统|体系|中心|基地|工程|项目|机制|能力|应用|技术|产业|数据|信息|管理|"
    r"建设|发展|推进|加快|加强|推动|构建|打造|完善|强化|提升|实施|开展|培育|支持|促进|深化|夯实|建立|健全|行动|创新|高质量|领域|示范|云"
)
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


def nearness(one: str, other: str) -> float:
    """How alike two names of things are: mostly by what is left of them without the words that all such names share."""
    if one == other:
        return 1.0
    mine, theirs = _SHARED.sub("", one), _SHARED.sub("", other)
    if not mine or not theirs:
        # Nothing but shared words: only nearly the same name is the same thing.
        return closeness(one, other) - ENOUGH / 2
    return 0.7 * closeness(mine, theirs) + 0.3 * closeness(one, other)


def align_targets(stated: Iterable[Stated]) -> list[Row[Stated]]:
    """One row for each indicator: every target is in exactly one row, and no row has two indicators of one plan.

    Rows of many plans come first, then as they come in the plans.
    """
    groups: dict[_Key, list[Stated]] = defaultdict(list)
    for one in stated:
        groups[_Key(one.plan, f"{one.measure}/{one.period}", core(one.indicator))].append(one)
    rows = []
    for keys in _clusters(groups, closeness):
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
    for keys in _clusters(groups, nearness):
        of = {key.plan: groups[key] for key in keys}
        rows.append(Row(min((one.name for found in of.values() for one in found), key=_short), of))
    return rows


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """What one plan says under one name: `sort` is what must be equal, `core` what may differ a little."""

    plan: str
    sort: str
    core: str

    @property
    def enough(self) -> float:
        return ENOUGH_BY_MEASURE if self.sort.partition("/")[0] in _MEASURES else ENOUGH


def _clusters(keys: Iterable[_Key], alike: Callable[[str, str], float]) -> list[list[_Key]]:
    """The keys that mean the same, at most one of each plan. The order of `keys` changes only that of the clusters.

    The closest are put together first. What stands in many plans comes first, then what came first.
    """
    keys = list(keys)
    home: dict[_Key, list[_Key]] = {key: [key] for key in keys}
    for _score, one, other in sorted(_close(sorted(home), alike)):
        first, second = home[one], home[other]
        if first is second or {key.plan for key in first} & {key.plan for key in second}:
            continue
        first += second
        for key in second:
            home[key] = first
    clusters = {id(home[key]): home[key] for key in keys}.values()
    return sorted(clusters, key=lambda cluster: -len(cluster))


def _close(keys: Sequence[_Key], alike: Callable[[str, str], float]) -> Iterator[tuple[float, _Key, _Key]]:
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
            if score >= one.enough:
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
