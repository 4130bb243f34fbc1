"""The names of systems in one clause: where each begins, where it ends, which verb governs it.

A name ends at a head noun (平台, 数据库, 联盟 ...) or is a brand in quotation marks (“物流一张网”). Going left it
begins behind the nearest of: a mark of enumeration, a joint whose other side is a name, an attributive 的, a governing
verb, a count. What stands in quotation marks or brackets is one piece and is never cut. What may follow a name depends
on the verb: after 建设 an end or a joint, after 推动 the deed (X平台建设), after 依托 anything.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qianhang.programme.reading.system_tokens import Head, Verb, heads_of, mask, verbs_of
from qianhang.programme.reading.system_words import (
    AFTER_PROPER,
    AS_BASE,
    DEED_AFTER,
    DEED_AT_END,
    ENDS,
    FILLER_STARTS,
    FILLERS,
    MANY,
    NOT_THE_OBJECT,
    PARTS,
    PROJECT_LIST,
    UPGRADE_DEEDS,
    UPGRADE_VERBS,
    USE_DEEDS,
    USE_VERBS,
    VERB_AFTER,
    head_ending,
    is_too_common,
    longest_at,
)

_CLAUSE = re.compile(r"[^,;:。!?\n]+")
_BEFORE_NAME = re.compile(
    r"(?:围绕|聚焦|面向|针对|通过|将|把|由|对(?![接口标象])|向|从|让|使得|在(?![线册校建岗地轨研库用产售役途])|以(?![上下内外及来])|等|\d[万亿千百]*元的?)(?=.)"
)
_PRODUCTS = "算法|技术|装备|设备|软件|标准|规范|企业|方案|机构|人才|能力|场景|产品|模型|工具|终端"
_PRODUCT = re.compile(rf"(?:{_PRODUCTS})$")
_PRODUCT_JOINT = re.compile(rf"(?:{_PRODUCTS}|标准体系|制度|案例集|指南)(?:以及|[和与及])(?=.{{3}})")
_SHORT_THEN_JOINT = re.compile(r"[^、和与及]{1,3}[和与及]")
_LONGEST_DEED = 8
_AMOUNT = re.compile(r"(?:不少于|不低于|达到?|超过?|突破)?(\d+)(?!\d*年)")
LONGEST_CLAUSE = 400
LONGEST_NAME = 60
"""Longer ones are no clauses and no names of a plan; the limits keep reading linear."""
_SHORT_PROGRAMME = 5
_SHORT_HYPERNYM = 7
_SHORTEST_PROJECT, _LONGEST_PROJECT = 4, 16
_MANY = 4
"""From this count on it is a target, not a list of names."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name at `start:end` of the text, with its clause and what is done to it."""

    start: int
    end: int
    kind: str
    action: str
    counted: bool
    """One of many (一批, 2个) or merely supported: a kind of thing."""
    clause_start: int
    clause_end: int
    rule: str


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause of a paragraph: `masked[start:end]`, where quoted and bracketed words are Q and B."""

    words: str
    masked: str
    start: int
    end: int
    heads: Sequence[Head]
    verbs: Sequence[Verb]
    before: Verb | None
    """The verb of the clause before it, which goes on where that one has named something and this one has no verb."""


_NOT_IN_USE = frozenset({"alliance", "base", "zone"})
"""What a plan leans on of these kinds (依托行业协会) exists and is no part of the plan."""
_JOINTS = frozenset("和与及并") | {"以及"}
_MERELY_SUPPORTED = ("支持", "鼓励", "引导")
_SETTING_UP = (
    "建设",
    "上线",
    "打造",
    "部署",
    "推出",
    "搭建",
    "升级",
    "开通",
    "发布",
    "迭代升级",
    "研发",
    "开发",
    "推广",
    "推广应用",
)
_MAKING = ("研发", "开发", "推广", "推广应用")
"""What makes 智能助手 a thing of the plan; 研发智能助手 is a product."""
_TEACHING = ("开设", "增设", "新设", "设置")
"""With these 智能工程 is a subject that is taught."""
_PROPER_KINDS = frozenset({"platform", "system", "data_space", "database", "dataset", "network", "model", "agent"})
_PROPER_OPENING = re.compile(r"[一-龥]{2}(?:省|市|县|州|自治区)(?=[一-龥]{4})|Q+")
_BREAKS_A_NAME = re.compile(r"[、的和与及等]")
_LEANING = ("依托", "发挥", "用好", "用足", "利用")
_PILOT_VERBS = ("开展", "实施", "启动")
_IN = Verb(-1, -1, "use", "在")


def names_in(text: str, start: int, end: int) -> Iterator[Candidate]:
    """All names in `text[start:end]`, one paragraph, in order."""
    words = text[start:end]
    masked = mask(words)
    before: Verb | None = None
    for match in _CLAUSE.finditer(masked):
        if match.start() and masked[match.start() - 1] in "。;!?":
            before = None
        if match.end() - match.start() > LONGEST_CLAUSE:
            continue
        heads = heads_of(words, masked, *match.span())
        if not heads and PROJECT_LIST.search(masked, *match.span()) is None:
            before = None
            continue
        verbs = verbs_of(masked, *match.span(), heads)
        clause = _Clause(words, masked, *match.span(), heads, verbs, before)
        named = sorted((*_in_clause(clause), *_projects(clause)), key=lambda one: one.start)
        for one in named:
            yield _moved(one, start)
        before = (verbs[-1] if verbs else before) if named else None


def _moved(one: Candidate, by: int) -> Candidate:
    return Candidate(
        one.start + by,
        one.end + by,
        one.kind,
        one.action,
        one.counted,
        one.clause_start + by,
        one.clause_end + by,
        one.rule,
    )


def _in_clause(clause: _Clause) -> Iterator[Candidate]:
    masked, start, end = clause.masked, clause.start, clause.end
    base = AS_BASE.search(masked, start, end)
    floor = start
    verb_before: Verb | None = None
    for short in clause.heads:
        verb = _governing(clause.verbs, short.start) or (None if clause.verbs else clause.before)
        head = _with_pilot(masked, short, end, verb)
        begin = _name_start(masked, floor, head, clause.verbs)
        if base is not None and base.start("what") <= head.start < base.end("what"):
            verb, begin = _IN, max(begin, base.start("what"))
        elif _exists_there(masked, begin, head, first=begin == start) or (verb_before is _IN and begin == floor):
            verb = _IN
        verb_before = verb
        deed = _deed(masked, head, begin, end, verb)
        if deed is None or not _may_be_named(head, verb):
            proper = _proper_start(masked, max(floor, begin), head, end)
            if proper is None:
                continue
            begin, verb, deed = proper, _IN, ""
        many = _last_many(masked, max(floor, verb.end if verb else floor), begin)
        floor = head.end
        while floor < end and masked[floor] == "B":
            floor += 1
        if _is_name(clause, begin, head, many):
            counted = many is not None or (verb is not None and verb.words in _MERELY_SUPPORTED)
            yield Candidate(
                begin, head.end, head.kind, _action(verb, deed), counted, start, end, f"systems.{head.kind}"
            )


def _proper_start(masked: str, floor: int, head: Head, end: int) -> int | None:
    """Where a name begins that shows by itself that it is one, whatever the verb: it opens with a place or a quotation
    (将数据汇入海州省渔业数据空间, 通过“渔家通”小程序提供...)."""
    if head.brand or head.kind not in _PROPER_KINDS or not AFTER_PROPER.match(masked, head.end, end):
        return None
    opening = None
    for opening in _PROPER_OPENING.finditer(masked, floor, head.start):
        if not _BREAKS_A_NAME.search(masked, opening.end(), head.start):
            break
    else:
        return None
    begin = opening.start()
    whole = masked[floor:begin]
    return floor if len(whole) == 1 and masked[begin] != "Q" and whole not in _JOINTS else begin


def _with_pilot(masked: str, head: Head, end: int, verb: Verb | None) -> Head:
    """开展智能牧场试点: the pilot is what is named, not the thing that is tried."""
    stop = head.end + len("试点")
    if verb is not None and verb.words in _PILOT_VERBS and masked.startswith("试点", head.end) and (
        stop == end or ENDS.match(masked, stop, end)
    ):  # fmt: skip
        return replace(head, end=stop, kind="pilot")
    return head


def _may_be_named(head: Head, verb: Verb | None) -> bool:
    """Whether a thing of this kind is what this verb is about."""
    if verb is None:
        return True
    if head.open:
        return verb.words in _SETTING_UP
    if verb.manner == "use":
        return head.brand or head.kind not in _NOT_IN_USE
    return head.kind != "programme" or verb.words not in _TEACHING


def _exists_there(masked: str, begin: int, head: Head, *, first: bool) -> bool:
    """Named without a verb before it: 在“渔政通”应用, 向北湾集群集聚, 渔业专项资金每年安排..."""
    preposition = masked[begin - 1 : begin] if begin else ""
    if head.brand:
        return preposition == "在"
    if head.kind == "cluster":
        return preposition == "向" and masked.startswith(("集聚", "汇聚", "集中"), head.end)
    return first and head.kind == "fund" and masked.startswith(("每年", "统筹", "安排", "优先", "重点"), head.end)


def _projects(clause: _Clause) -> Iterator[Candidate]:
    """The items of 推进A、B、C等项目建设 that end in no head noun."""
    masked = clause.masked
    tail = PROJECT_LIST.search(masked, clause.start, clause.end)
    verb = _governing(clause.verbs, tail.start()) if tail else None
    if tail is None or verb is None:
        return
    for item in re.finditer(r"[^、]+", masked[verb.end : tail.start()]):
        begin, stop = verb.end + item.start(), verb.end + item.end()
        if _SHORTEST_PROJECT <= stop - begin <= _LONGEST_PROJECT and head_ending(masked, begin, stop) is None:
            yield Candidate(
                begin, stop, "system", "build", counted=False,
                clause_start=clause.start, clause_end=clause.end, rule="systems.project_list",
            )  # fmt: skip


def _governing(verbs: Sequence[Verb], begin: int) -> Verb | None:
    """The last verb that ends before a head begins."""
    last = bisect_right(verbs, begin, key=lambda verb: verb.end)
    return verbs[last - 1] if last else None


def _deed(masked: str, head: Head, begin: int, end: int, verb: Verb | None) -> str | None:
    """What is done to the name, "" when its verb says it all, None when the head does not end a governed name."""
    at = head.end
    while at < end and masked[at] == "B":
        at += 1
    rest = masked[at:end]
    if verb is None or verb.manner == "other" or (verb.manner == "light" and PARTS.match(rest)):
        return None
    after = DEED_AFTER.match(rest)
    if after is not None:
        return after.group("deed")
    if verb.manner == "light":
        at_once = (head.brand or head.kind in ("programme", "pilot")) and (
            verb.end == begin or head_ending(masked, verb.end, begin - 1) is not None
        )
        return "" if at_once and ENDS.match(rest) else _deed_at_end(rest)
    if ENDS.match(rest):
        ends = not NOT_THE_OBJECT.match(rest)
    else:
        ends = (verb.words in _LEANING and rest.startswith("的")) or (
            verb.manner == "use" and VERB_AFTER.match(rest) is not None
        )
    return "" if ends else None


def _deed_at_end(rest: str) -> str | None:
    """What is done, said at the end of the clause: 推动渔政大模型在审批领域应用."""
    found = DEED_AT_END.search(rest) if ENDS.match(rest) or rest[0] in "面向对在" else None
    return found.group("deed") if found else None


def _name_start(masked: str, floor: int, head: Head, verbs: Sequence[Verb]) -> int:
    """Where the name that ends with `head` begins, not before `floor`."""
    floor = max(floor, head.start - LONGEST_NAME)
    last = bisect_right(verbs, head.start, key=lambda verb: verb.end)
    hard = max(floor, verbs[last - 1].end) if last else floor
    if head.brand and head.start > hard and masked[head.start - 1] == "Q":
        return head.start
    for pattern in (_BEFORE_NAME, MANY, _PRODUCT_JOINT):
        for match in pattern.finditer(masked, hard, head.end):
            if match.end() <= head.start:
                hard = max(hard, match.end())
    begin = hard
    comma = masked.rfind("、", hard, head.start)
    if comma >= 0:
        begin = _over_parallel(masked, hard, comma)
    attributive = masked.rfind("的", begin, head.start)
    if attributive >= 0:
        begin = attributive + 1
    begin = _trimmed(masked, begin, head)
    return begin if head.brand else _widened(masked, hard, begin, head)


def _over_parallel(masked: str, hard: int, comma: int) -> int:
    """城市级、行业级、企业级可信数据空间 is one name: words of one make before 、 belong to it. So do the deeds of
    监控、调度和管理系统."""
    begin = comma + 1
    ties = bool(_SHORT_THEN_JOINT.match(masked, begin))
    while comma > hard:
        previous = max(masked.rfind("、", hard, comma) + 1, masked.rfind("的", hard, comma) + 1, hard)
        element = masked[previous:comma]
        alike = len(element) in (2, 3, 4) and element[-1] in masked[begin : begin + 5]
        tied = ties and 1 < len(element) <= _LONGEST_DEED and not _PRODUCT.search(element)
        if "Q" in element or not (alike or tied) or head_ending(masked, previous, comma):
            break
        begin, comma = previous, previous - 1 if masked[previous - 1] == "、" else hard
    return begin


def _trimmed(masked: str, begin: int, head: Head) -> int:
    """Without the fillers that are still in front, and without a second verb (建设和运营X)."""
    while masked[begin] in FILLER_STARTS:
        filler = next((word for word in FILLERS if masked.startswith(word, begin)), None)
        if filler is None or begin + len(filler) >= head.end or begin + len(filler) > head.start:
            return begin
        begin += len(filler)
        second = longest_at(masked, begin, head.start) if filler in _JOINTS else None
        begin += len(second) if second else 0
    return begin


def _widened(masked: str, hard: int, begin: int, head: Head) -> int:
    """A name too common by itself takes what is before 的 too (面向老人的服务平台)."""
    while begin > hard and is_too_common(masked[begin : head.end]):
        marks = "的、" if re.search("[和与及]", masked[begin : head.start]) else "的"
        wider = max(hard, 1 + max(masked.rfind(mark, hard, begin - 1) for mark in marks))
        if wider >= begin or (marks == "的" and masked[begin - 1] != "的"):
            break
        begin = wider
    return begin


def _last_many(masked: str, floor: int, begin: int) -> re.Match[str] | None:
    return next(reversed(list(MANY.finditer(masked, max(floor, begin - 14), begin))), None)


def _is_name(clause: _Clause, begin: int, head: Head, many: re.Match[str] | None) -> bool:
    """Not a count of things (5座基站), not the word that sums a list up (等人才计划)."""
    if head.brand:
        return True
    masked, start, end = clause.masked, clause.start, clause.end
    if _is_counted(masked, head, end, many) or _is_product(clause, begin, head):
        return False
    if masked[head.start - 1] == "张" or (head.kind == "zone" and begin and masked[begin - 1] == "向"):
        return False
    size = head.end - begin
    if head.kind == "programme" and size < _SHORT_PROGRAMME:
        return False
    sums_up = masked[max(start, begin - 1) : begin] == "等" and size <= _SHORT_HYPERNYM
    return not (sums_up and (masked[begin - 2] == "Q" or head_ending(masked, start, begin - 1) is not None))


def _is_counted(masked: str, head: Head, end: int, many: re.Match[str] | None) -> bool:
    """Whether a number before or behind the name makes it a target."""
    counted = many or MANY.match(masked, head.end, end)
    before = counted is not None and counted.group("number")
    amount = _AMOUNT.match(masked, head.end, end)
    return bool(before and _number(before) >= _MANY) or (amount is not None and _number(amount.group(1)) >= _MANY)


def _is_product(clause: _Clause, begin: int, head: Head) -> bool:
    """智能诊疗助手 that is researched or spread, and has no name, is a product."""
    name = clause.masked[begin : head.end]
    if head.kind != "agent" or "Q" in name or not name.endswith("助手"):
        return False
    verb = _governing(clause.verbs, begin)
    return verb is None or verb.words not in _SETTING_UP or verb.words in _MAKING


def _number(words: str) -> int:
    if words.isdecimal():
        return int(words[:9])
    return {"一": 1, "两": 2, "二": 2, "三": 3}.get(words, _MANY)


def _action(verb: Verb | None, deed: str) -> str:
    """build, upgrade or use: by the deed behind the name, else by the verb before it."""
    words = verb.words if verb else ""
    if deed in USE_DEEDS or (not deed and words in USE_VERBS):
        return "use"
    if deed in UPGRADE_DEEDS or (not deed and words in UPGRADE_VERBS):
        return "upgrade"
    return "upgrade" if words in ("加强", "强化", "优化", "完善") else "build"
