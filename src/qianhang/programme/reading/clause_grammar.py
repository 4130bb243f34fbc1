"""Which numbers of one clause are claims, and what each of them speaks of.

The forms, with the number as N:
- `reached`: name, bound, N (全省智能算力规模突破5000PFLOPS); also name, N at the end of a clause (上市企业5家以上);
- `made`: verb, N, name (打造5个以上数据标注基地), and on through an enumeration (和5个大模型);
- `valued`: N and what it measures before the thing itself (1ms时延的城市算力网, 规模30亿元的基金, 100G以上高速直连);
- `changed`: a change by N (年均增长30%以上, 提高5个百分点, 翻一番);
- `elided`: N alone, of the name before it (到2030年力争突破1000亿元).
A number inside the name of what another number counts (营业收入超10亿元企业不少于8家) is no claim.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qianhang.programme.reading.clauses import MASK, Clause
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.indicators import after_actor, ends_in_making, skip_leads, skip_trails
from qianhang.programme.reading.quantities import Quantity
from qianhang.programme.reading.units import canonical

_SEPARATOR = re.compile(r"以及|[、和及与并或]")
_NEW_THING = re.compile(
    r"(?:以及|[、和及与并])(?:一批|若干|一系列|多个|多家|多项|一大批|一些|一支|更多|系列|N个|推动|推进|推广|实现|打造|建设|建成|形成"
    r"|培育|引进|带动|促进|开展|加快|完善|探索|支持|提升|逐步|全面|争取|力争)"
)
_TAIL_STOP = re.compile(
    r"(?<=..)(?:给予|予以|投入使用|投入运[营行]|进行|开展|对外|面向|向社会|在全[国省市区]|参与|入选|纳入|用于|牵头|(?:规模化|推广|落地|示范)应用$)"
    r"(?!.*的)"
)
_QUALITY = re.compile(r"(?P<quality>[^的、]{0,8})的(?P<thing>.+)", re.DOTALL)
_METRIC_END = re.compile(
    r"总?(?:规模|容量|面积|带宽|时延|速率|算力|产能|总量|总额|能力|长度|里程|功率|投资额?|资金|距离|精度|吞吐量|体量|[年月日]产)$"
)
_BANDWIDTH = re.compile(r"带宽|直连|出口|速率|传输|吞吐|互联|网络|光|接入|专线|链路")
_MARK_ONLY = re.compile(r"(?:大关|台阶|关口|规模|水平|目标|量级|的?(?:规模|水平|目标))")
_FROM = re.compile(r"(?:由|从)[^,]*\d[^,]*$")
_GRADE_ONLY = re.compile(r".{0,6}[级类型]")
_GRADE = re.compile(r"[^级类型]{1,4}[级类型](?:以上)?")
_SIZES = ("FLOPS", "B", "bit/s", "kW")
_SERVES = re.compile(r"支持|用于|推动|保障|专项用于|开展|建设|实施")
_NO_NAME = re.compile(r"(?:每|按|按照|每家|单个|单项|从|相当于|[^供]给)$")
_WHERE_OR_WHOM = re.compile(r"(?:为|向|对|给|在|从|让|帮助|助力|面向|其余|依托|通过|经过|以)[^,]*$")
_EACH = re.compile(r"各|分别|均|每")
_ARRANGES = re.compile(r"(?:安排|设立|统筹|投入|拿出|筹集|发行|组建|发起设立)$")
_BARE_LETTERS = ("G", "T", "M")
_HURRY = re.compile(r"(?:超?高速|高速率|大带宽|大容量|快速|稳定)")
_NOT_FROM = re.compile(r"(?:由|从)[^,]{0,16}$")
_WHO = re.compile(
    r"(?:企业|项目|单位|公司|主体|用户|园区|机构|设备|产品|工程|集群|行业|县|市|区|人群|团队|人才)(?:[^,]{0,6})?$"
)
_YEARLY = re.compile(r"(?:年均|年平均|年均复合)$")
_NOBODY = re.compile(
    r"(?:[为对给向每以按从由同于该这各前在]|按照|其中每|相当于|距离|距|之间|另|内|单个|单项|每家|共同)$"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One number with the name it speaks of; positions are in the paragraph."""

    quantity: Quantity
    name: str
    """Empty when it is elided."""
    start: int
    end: int
    form: str
    day: Deadline | None = None
    """The date that belongs to this number alone (2025年、2027年分别达到…)."""
    thing: str = ""
    """What is measured, when the name is thing and metric (智算中心 of 智算中心算力)."""
    suffix: str = ""
    """What an inherited name is followed by: 年均增长."""


def claims_of(
    text: str, masked: str, clause: Clause, numbers: Sequence[Quantity], dates: Sequence[Deadline]
) -> list[Claim]:
    """The claims of one clause, in order. `numbers` and `dates` are those of the clause."""
    heads = _heads(masked, [one for one in numbers if one.raw or one.unit not in _BARE_LETTERS])
    shared = _shared_out(text, masked, clause, heads, dates)
    if shared:
        return shared
    claims: list[Claim] = []
    left = clause.start
    for index, head in enumerate(heads):
        following = heads[index + 1] if index + 1 < len(heads) else None
        tail_end, next_left = _tail_extent(masked, head.end, following.start if following else clause.end, following)
        claim = _claim(text, masked, left, head, tail_end, dates, first=index == 0, alone=len(heads) == 1)
        if claim is not None:
            claims.append(claim)
        left = next_left
    return _named_ahead(text, claims)


def _named_ahead(text: str, claims: Sequence[Claim]) -> list[Claim]:
    """2024年建成1个、2025年建成5个数据空间: the counts without a name belong to the name at the end of the row."""
    named: list[Claim] = []
    ahead = thing = ""
    for one in reversed(claims):
        claim = one
        if thing and claim.form == "reached" and _METRIC_END.search(claim.name):
            claim = replace(claim, name=thing + _after_last_verb(claim.name))
        thing = claim.thing or thing
        if (
            not claim.name
            and claim.quantity.counted
            and ahead
            and ends_in_making(text[claim.start : claim.quantity.start])
        ):
            claim = replace(claim, name=ahead)
        elif _GRADE_ONLY.fullmatch(claim.name) and ahead:
            claim = replace(claim, name=claim.name + ahead[_grade_end(ahead) :])
        ahead = claim.name if claim.form == "made" else ahead if not claim.name or claim.name == ahead else ""
        named.append(claim)
    return named[::-1]


def _grade_end(name: str) -> int:
    grade = _GRADE.match(name)
    return grade.end() if grade else 0


def _heads(masked: str, numbers: Sequence[Quantity]) -> list[Quantity]:
    """The numbers that are claims: without those inside a name and those a change starts from."""
    heads: list[Quantity] = []
    index = 0
    while index < len(numbers):
        one = numbers[index]
        following = numbers[index + 1] if index + 1 < len(numbers) else None
        if following is not None:
            between = masked[one.end : following.start]
            if (following.reach or "增" in following.change) and _NOT_FROM.search(masked, 0, one.start):
                index += 1
                continue
            apart = _SEPARATOR.search(between) is not None
            if not apart and one.counted and _EACH.search(between) and ends_in_making(between):
                index += 1  # 在14个市州各建设不少于1个节点: the first says where
                continue
            if not apart and one.counted and not following.counted and not following.reach:
                rest = masked[following.end : following.end + 1]
                if rest and rest not in ",。;、" and following.unit != "%":
                    heads.append(one)  # 10家营收超100亿元的企业: the second is inside the name
                    index += 2
                    continue
            if not apart and between and not ends_in_making(between):
                index += 1
                continue
        heads.append(one)
        index += 1
    return heads


def _tail_extent(masked: str, start: int, end: int, following: Quantity | None) -> tuple[int, int]:
    """Where the name after a number ends, and where the words before the next number begin."""
    if following is None:
        cut = _NEW_THING.search(masked, start, end)
        stop = _TAIL_STOP.search(masked, start, end)
        ends = [found.start() for found in (cut, stop) if found]
        return (min(ends) if ends else end), end
    separators = list(_SEPARATOR.finditer(masked, start, end))
    if not separators:
        return (start, start) if not ends_in_making(masked[start:end]) else (end, start)
    if separators[0].start() == start:
        return start, separators[0].end()
    return separators[-1].start(), separators[-1].end()


def _claim(
    text: str,
    masked: str,
    left: int,
    head: Quantity,
    tail_end: int,
    dates: Sequence[Deadline],
    *,
    first: bool,
    alone: bool,
) -> Claim | None:
    begin, end = _without_dates(text, left, head.start, dates)
    owner = text[skip_leads(text, left, end, making=False) : end] if end < begin else ""
    end = head.start if end < begin else end
    begin = skip_leads(text, begin, end, making=False)
    tail_start = head.end
    while tail_start < tail_end and masked[tail_start] in f"{MASK} ":
        tail_start += 1
    tail = text[tail_start:tail_end].strip()
    if _MARK_ONLY.fullmatch(tail):
        tail = ""
    if masked[begin:end] and (_NOBODY if tail_start < tail_end else _NO_NAME).search(masked, begin, end):
        return None
    if head.raw[:1] == ("为",) and begin >= end:
        return None
    if _SERVES.match(tail) and end > begin:
        tail = ""
    if tail and not _SEPARATOR.match(tail):
        metric = tail.startswith("的") and _METRIC_END.search(text, begin, end)
        if head.unit == "%" and begin < end and len(tail) <= 4 and not tail.startswith("的"):
            return _whole(text, begin, end, head, tail, tail_end)
        if (head.counted and not metric) or head.unit == "%":
            return _made(text, begin, end, head, tail_start, tail_end, alone=alone)
        return _valued(text, begin, end, head, tail, tail_end)
    reached = _reached(text, begin, end, head)
    if reached and owner and reached.name:
        reached = replace(reached, name=owner + reached.name)
    return reached


def _made(
    text: str, begin: int, end: int, head: Quantity, tail_start: int, tail_end: int, *, alone: bool
) -> Claim | None:
    name = text[tail_start:tail_end].strip()
    before = text[begin:end]
    if name.startswith("的"):
        name = name[1:]
    if _WHERE_OR_WHOM.match(before) and not ends_in_making(before):
        return None
    verb = head.start != head.number and "突破" in head.raw and not skip_leads(text, begin, end, making=True) < end
    if not name or (not head.explicit and before and not (ends_in_making(before) or verb)):
        return None
    if not head.explicit and not before:
        return None
    start = begin if alone else head.start
    return Claim(head, name, start, tail_end, "made.verb" if verb else "made")


def _whole(text: str, begin: int, end: int, head: Quantity, tail: str, tail_end: int) -> Claim | None:
    """行政村5G网络100%通达: the share of the name before it for which the verb after it holds."""
    name = text[skip_leads(text, begin, end, making=True) : end]
    return Claim(head, name + tail, begin, tail_end, "valued.whole") if name else None


def _valued(text: str, begin: int, end: int, head: Quantity, tail: str, tail_end: int) -> Claim | None:
    """1ms时延的城市算力网: the thing with the quality; 规模30亿元的基金: the thing with the metric before the number."""
    start = skip_leads(text, begin, end, making=True)
    metric = _after_last_verb(text[start:end])
    if not _METRIC_END.search(metric) and _ARRANGES.search(text, begin, end):
        metric = ""
    base = canonical(head.value, head.unit)
    if head.unit in _BARE_LETTERS and not (head.raw and _BANDWIDTH.search(text)):
        return None
    quality = _QUALITY.fullmatch(tail)
    if base and base.unit == "bit/s" and head.unit in _BARE_LETTERS and not quality:
        thing = _HURRY.sub("", _SEPARATOR.split(tail)[0], count=1)
        return Claim(
            head, f"{metric}{thing}" + ("" if "带宽" in thing else "带宽"), start, tail_end, "valued.bandwidth"
        )
    if quality and quality["quality"] and not metric:
        return Claim(head, quality["thing"] + quality["quality"], head.start, tail_end, "valued.quality")
    thing = quality["thing"] if quality else tail
    if _WHO.search(thing) and not (base and base.unit in _SIZES):
        return None
    if metric and _METRIC_END.search(metric):
        kept = metric + thing if metric.endswith("产") else thing + metric
        return Claim(head, kept, begin, tail_end, "valued.metric", thing=thing)
    if metric:
        return None
    if base and base.unit == "m2" and not (quality and quality["quality"]):
        return Claim(head, f"{thing}面积", begin, tail_end, "valued.area")
    if base and base.unit == "CNY":
        return Claim(head, thing if not thing.endswith("基金") else f"{thing}规模", begin, tail_end, "valued.money")
    if (quality and quality["quality"]) or not (base and base.unit in _SIZES):
        return None
    return Claim(head, thing, begin, tail_end, "valued.plain")


def _after_last_verb(words: str) -> str:
    """面向车联网提供时延 -> 时延; words without such a verb stay."""
    found = _METRIC_END.search(words)
    if found is None:
        return words
    begin = skip_leads(words, 0, found.start(), making=True)
    return (
        words[begin:]
        if begin and begin >= found.start() - 2
        else found.group()
        if ends_in_making(words[: found.start()])
        else words
    )


def _reached(text: str, begin: int, end: int, head: Quantity) -> Claim | None:
    bounded = bool(head.raw)
    if head.unit in _BARE_LETTERS and not (bounded and _BANDWIDTH.search(text)):
        return None
    making = head.counted or not (head.start < head.number or head.unit in ("%", ""))
    brought = max(text.rfind("将", begin, end), text.rfind("把", begin, end))
    if brought >= 0 and head.start < head.number:
        begin = brought + 1
    grown = _FROM.search(text, begin, end) if head.reach else None
    end = grown.start() if grown else end
    begin = skip_leads(text, begin, end, making=False)
    name_start = skip_leads(text, begin, end, making=making, unit=head.unit)
    if head.counted:
        name_start = skip_leads(text, after_actor(text, name_start, end), end, making=True, unit=head.unit)
    name_end = skip_trails(text, name_start, end)
    yearly = head.change and _YEARLY.search(text, name_start, end)
    if yearly:
        name_end = skip_trails(text, name_start, yearly.start())
    name, suffix = text[name_start:name_end], f"年均{head.change}" if yearly else ""
    if not name and not (bounded or head.unit):
        return None
    if not bounded and not head.explicit and name_start == begin:
        return None
    form = "elided" if not name else "changed" if head.change else "reached"
    return Claim(head, name + suffix if name else "", begin, head.end, form, suffix=suffix)


def _without_dates(text: str, left: int, right: int, dates: Sequence[Deadline]) -> tuple[int, int]:
    """The words before a number without the date before or after the name in them."""
    for one in dates:
        if one.start < left or one.start >= right:
            continue
        named = skip_leads(text, left, one.start, making=False) < one.start
        if not named:
            left = min(one.end, right)
        elif not one.looks_back and one.end < right and not skip_trails(text, one.end, right) <= one.end:
            return one.end, one.start  # 集群2026年机架规模: the name goes on after the date
        elif not one.looks_back:
            right = one.start
    return left, max(left, right)


def _shared_out(
    text: str, masked: str, clause: Clause, heads: Sequence[Quantity], dates: Sequence[Deadline]
) -> list[Claim]:
    """A、B分别达到10%、20%: the first number is A's, the second B's; 2025年、2027年分别达到…: the first year's."""
    if len(heads) < 2 or "分别" not in masked[clause.start : heads[0].start]:
        return []
    if masked[heads[-1].end : clause.end].strip("、的 "):
        return []
    own = _row_of_dates(text, [one for one in dates if one.start < heads[0].start and not one.looks_back], len(heads))
    word = text.index("分别", clause.start)
    begin, end = _without_dates(text, clause.start, word, dates)
    if skip_leads(text, begin, end, making=False) >= end:
        begin, end = word + len("分别"), heads[0].start
    begin = skip_leads(text, begin, end, making=heads[0].counted, unit=heads[0].unit)
    end = skip_trails(text, begin, end)
    names = [name for name in re.split(r"以及|[、和及与]", text[begin:end]) if name]
    if own:
        names, days = [text[begin:end]] * len(heads), list(own)
    else:
        days = []
    if len(names) != len(heads):
        return []
    return [
        Claim(head, name, begin, heads[-1].end, "reached.respectively", days[index] if days else None)
        for index, (head, name) in enumerate(zip(heads, names, strict=True))
    ]


def _row_of_dates(text: str, dates: Sequence[Deadline], count: int) -> list[Deadline]:
    """The last `count` dates when they stand in a row: 2025年、2027年."""
    row = list(dates[-count:])
    apart = [text[one.end : following.start] for one, following in zip(row, row[1:], strict=False)]
    return row if len(row) == count and all(words in ("、", "和", "与", "及") for words in apart) else []
