"""Which numbers of one clause are claims, and what each of them speaks of.

The forms, with the number as N (claim_forms.py):
- `reached`: name, bound, N (全省智能算力规模突破5000PFLOPS); also name, N at the end (上市企业5家以上);
- `made`: verb, N, name (打造5个以上数据标注基地), and on through an enumeration (和5个大模型);
- `valued`: N and what it measures before the thing itself (1ms时延的城市算力网, 规模30亿元的基金, 100G以上高速直连);
- `changed`: a change by N (年均增长30%以上, 提高5个百分点, 翻一番);
- `elided`: N alone, of the name before it (到2030年力争突破1000亿元).
A number inside the name of what another number counts (营业收入超10亿元企业不少于8家) is no claim.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from qianhang.programme.reading.claim_forms import BARE_LETTERS, METRIC_END, Claim, Setting, after_last_verb, claim_in
from qianhang.programme.reading.clauses import JOINT, MASK, Clause
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.findings import Comparator
from qianhang.programme.reading.indicators import ends_in_making, skip_leads, skip_trails
from qianhang.programme.reading.quantities import Quantity

_NEW_THING = re.compile(
    r"(?:以及|[、和及与并])(?:一批|若干|一系列|多个|多家|多项|一大批|一些|一支|更多|系列|N个|推动|推进|推广|实现|打造|建设"
    r"|建成|形成|培育|引进|带动|促进|开展|加快|完善|探索|支持|提升|逐步|全面|争取|力争)"
)
_TAIL_STOP = re.compile(
    r"(?<=..)(?:给予|予以|投入使用|投入运[营行]|进行|开展|对外|面向|向(?:社会|全[国省市区])|率先|先行|在全[国省市区]|(?:完成|通过|取得|获得?)(?:备案|登记|认证|评估|认定|验收|审批|许可)|参与|入选|纳入|用于|牵头"
    r"|(?:规模化|推广|落地|示范)应用$)(?!.*的)"
)
_TAIL_END = re.compile(r"[、和及与并]+$")
_SERVES = re.compile(r"支持|用于|推动|保障|专项用于|开展|建设|实施")
_MARK_ONLY = re.compile(r"大关|台阶|关口|量级|的?(?:规模|水平|目标)")
_FROM_HERE = re.compile(r"(?:由|从)[^,]{0,16}$")
_EACH = re.compile(r"各|分别|均|每")
_METRIC = re.compile(
    r"(?:(?:覆盖|普及|使用|利用|国产化|数控化|数字化|智能化|联网|应用|接入|渗透|达标|满意|合格|准确|识别|完成|转化|自给|上云"
    r"|开通|签约|通达|普查|上架|在线|办结|增长|就业|入学|装备)率|占比|比重|比例|规模|数量|总量|产值|收入|增加值|面积)$"
)
_ANY_METRIC = re.compile(r"(?:[率比重量值额数]|规模|收入|面积|能力|比例|水平|时间|时延|强度|里程)$")
_GRADE_ONLY = re.compile(r".{1,4}级")
_GRADE = re.compile(r"[^级]{1,4}级(?:以上)?")


def claims_of(
    text: str, masked: str, clause: Clause, numbers: Sequence[Quantity], dates: Sequence[Deadline]
) -> list[Claim]:
    """The claims of one clause, in order. `numbers` are those of the clause, `dates` those of the paragraph."""
    heads = _heads(masked, [one for one in numbers if one.raw or one.unit not in BARE_LETTERS])
    shared = _shared_out(text, masked, clause, heads, dates)
    if shared:
        return shared
    claims: list[Claim] = []
    left = clause.start
    for head, following in pairwise([*heads, None]):
        if head is None:
            continue
        tail_end, next_left = _tail_extent(masked, head.end, clause.end, following)
        setting, owner = _setting(text, masked, Clause(left, tail_end), head, dates)
        claim = _at_least(masked, left, claim_in(setting))
        if claim is not None:
            claims.append(replace(claim, name=owner + claim.name) if owner and claim.name else claim)
        left = next_left
    return _named_ahead(text, claims if len(heads) == 1 else [_from_number(claim) for claim in claims])


def _from_number(claim: Claim) -> Claim:
    """In a row the verb belongs to all: each shows from its own number on."""
    return replace(claim, start=claim.quantity.start) if claim.form.startswith("made") else claim


def _at_least(masked: str, left: int, claim: Claim | None) -> Claim | None:
    """至少建成1个: the bound stands before the verb."""
    if claim is None or claim.quantity.comparator is not Comparator.EQ:
        return claim
    said = masked.find("至少", max(left, claim.quantity.start - 8), claim.quantity.start)
    if said < 0:
        return claim
    quantity = replace(claim.quantity, comparator=Comparator.GTE, raw=("至少", *claim.quantity.raw))
    return replace(claim, quantity=quantity)


def _heads(masked: str, numbers: Sequence[Quantity]) -> list[Quantity]:
    """The numbers that are claims: without those inside a name and those a change starts from."""
    heads: list[Quantity] = []
    inside = False
    for one, following in pairwise([*numbers, None]):
        if one is None or inside:
            inside = False
            continue
        if following is None:
            heads.append(one)
        elif _counts_on(masked, one, following):
            heads.append(one)
            inside = True
        elif not _leads_to(masked, one, following):
            heads.append(one)
    return heads


def _counts_on(masked: str, one: Quantity, following: Quantity) -> bool:
    """10家营收超100亿元的企业: the second number is inside the name of what the first counts."""
    if not one.counted or following.counted or following.reach or following.unit == "%":
        return False
    between = masked[one.end : following.start]
    if JOINT.search(between) or (_EACH.search(between) and ends_in_making(between)):
        return False
    rest = masked[following.end : following.end + 1]
    return bool(rest) and rest not in ",。;、"


def _leads_to(masked: str, one: Quantity, following: Quantity) -> bool:
    """从30%提高到60%, 在14个镇各建1个, 营收超10亿元企业8家: the first number only leads to the second."""
    if (following.reach or "增" in following.change) and _FROM_HERE.search(masked, max(0, one.start - 20), one.start):
        return True
    between = masked[one.end : following.start]
    if JOINT.search(between):
        return False
    if ends_in_making(between):
        return one.counted and _EACH.search(between) is not None
    return bool(between)


def _tail_extent(masked: str, start: int, end: int, following: Quantity | None) -> tuple[int, int]:
    """Where the name after a number ends, and where the words before the next number begin."""
    if following is None:
        stops = [found.start() for stop in (_NEW_THING, _TAIL_STOP) if (found := stop.search(masked, start, end))]
        stop = min(stops, default=end)
        joint = _TAIL_END.search(masked, start, stop)
        return (joint.start() if joint else stop), end
    end = following.start
    separators = list(JOINT.finditer(masked, start, end))
    if not separators:
        return (end, start) if ends_in_making(masked[start:end]) else (start, start)
    if separators[0].start() == start:
        return start, separators[0].end()
    return separators[-1].start(), separators[-1].end()


def _setting(text: str, masked: str, around: Clause, head: Quantity, dates: Sequence[Deadline]) -> tuple[Setting, str]:
    """The words around a number; and what a date in the middle of its name parts from the rest of the name."""
    left, tail_end = around.start, around.end
    begin, end = _without_dates(text, left, head.start, dates)
    owner = ""
    if end < begin:
        owner, end = text[skip_leads(text, left, end, making=False) : end], head.start
    begin = skip_leads(text, begin, end, making=False)
    tail_start = head.end
    while tail_start < tail_end and masked[tail_start] in f"{MASK} ":
        tail_start += 1
    tail = text[tail_start:tail_end].strip()
    if _MARK_ONLY.fullmatch(tail) or JOINT.match(tail) or (end > begin and _SERVES.match(tail)):
        tail_end = tail_start
    return Setting(text, head, begin, end, tail_start, tail_end), owner


def _without_dates(text: str, left: int, right: int, dates: Sequence[Deadline]) -> tuple[int, int]:
    """The words before a number without the date before or after the name in them.

    集群2026年机架规模: the name goes on after the date; then the end comes before the begin, and the first half of the
    name ends there.
    """
    first = bisect_left(dates, left, key=lambda one: one.start)
    for one in dates[first : bisect_left(dates, right, lo=first, key=lambda one: one.start)]:
        named = skip_leads(text, left, one.start, making=False) < one.start
        if not named:
            left = min(one.end, right)
        elif one.looks_back:
            continue
        elif one.end < right and skip_trails(text, one.end, right) > one.end:
            return one.end, one.start
        else:
            right = one.start
    return left, max(left, right)


def _named_ahead(text: str, claims: Sequence[Claim]) -> list[Claim]:
    """Names that stand at the end of a row: 2024年建成1个、2025年建成5个数据空间; 5家国家级、30家省级工厂."""
    named: list[Claim] = []
    ahead = thing = ""
    for one in reversed(claims):
        claim = one
        if thing and claim.form == "reached" and METRIC_END.search(claim.name):
            claim = replace(claim, name=thing + after_last_verb(claim.name))
        elif ahead and not claim.name and claim.quantity.counted:
            if ends_in_making(text[claim.start : claim.quantity.start]):
                claim = replace(claim, name=ahead)
        elif ahead and _GRADE_ONLY.fullmatch(claim.name):
            grade = _GRADE.match(ahead)
            claim = replace(claim, name=claim.name + ahead[grade.end() if grade else 0 :])
        thing = claim.thing or thing
        ahead = claim.name if claim.form == "made" else ahead if claim.name in ("", ahead) else ""
        named.append(claim)
    return named[::-1]


def _shared_out(
    text: str, masked: str, clause: Clause, heads: Sequence[Quantity], dates: Sequence[Deadline]
) -> list[Claim]:
    """A、B分别达到10%、20%: the first number is A's, the second B's; 2025年、2027年分别达到…: the first year's."""
    if len(heads) < 2 or "分别" not in masked[clause.start : heads[0].start]:
        return []
    if masked[heads[-1].end : clause.end].strip("、的 "):
        return []
    days = _row_of_dates(text, _before(dates, heads[0].start), len(heads))
    word = masked.index("分别", clause.start)
    begin, end = _without_dates(text, clause.start, word, dates)
    if skip_leads(text, begin, end, making=False) >= end:
        begin, end = word + len("分别"), heads[0].start
    begin = skip_leads(text, begin, end, making=heads[0].counted, unit=heads[0].unit)
    end = skip_trails(text, begin, end)
    listed = [one for one in JOINT.split(text[begin:end]) if one]
    names = [text[begin:end]] * len(heads) if days else _with_one_metric(listed)
    if len(names) != len(heads):
        return []
    return [
        Claim(
            _bound_as(heads[0], head), name, begin, heads[-1].end, "reached.respectively", days[index] if days else None
        )
        for index, (head, name) in enumerate(zip(heads, names, strict=True))
    ]


def _with_one_metric(names: Sequence[str]) -> list[str]:
    """渔港、码头覆盖率 are 渔港覆盖率 and 码头覆盖率."""
    metric = _METRIC.search(names[-1]) if names else None
    if metric is None or metric.start() == 0:
        return list(names)
    return [name if _ANY_METRIC.search(name) else name + metric.group() for name in names]


def _bound_as(first: Quantity, other: Quantity) -> Quantity:
    """分别突破100亿元、300亿元: the word before the first number bounds all of them."""
    if other.raw or other is first or first.comparator is Comparator.RANGE:
        return other
    comparator = other.comparator if other.value_max is not None else first.without_words_after
    return replace(other, comparator=comparator)


def _before(dates: Sequence[Deadline], at: int) -> list[Deadline]:
    upto = bisect_left(dates, at, key=lambda one: one.start)
    return [one for one in dates[max(0, upto - 8) : upto] if not one.looks_back]


def _row_of_dates(text: str, dates: Sequence[Deadline], count: int) -> list[Deadline]:
    """The last `count` dates when they stand in a row: 2025年、2027年."""
    row = list(dates[-count:])
    apart = [text[one.end : following.start] for one, following in pairwise(row)]
    return row if len(row) == count and all(words in ("、", "和", "与", "及") for words in apart) else []
