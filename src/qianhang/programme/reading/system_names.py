"""The names of systems in one clause: where each begins, where it ends, which verb governs it.

A name ends at a head noun (平台, 数据库, 联盟 ...) or at a brand in quotation marks (“物流一张网”). Going left it begins
behind the nearest of: a mark of enumeration or joint whose other side is a name, an attributive 的, a governing verb, a
count. What stands in quotation marks or brackets is one piece and is never cut. What may follow a name depends on the
verb: after 建设 an end or a joint, after 推动 the deed (X平台建设), after 依托 anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qianhang.programme.reading.system_words import (
    ADVERBS,
    AS_BASE,
    BRAND_END,
    BUILD_VERBS,
    DEED_AFTER,
    DEED_AT_END,
    ENDS,
    FILLERS,
    KIND_MARK,
    LIGHT,
    LOOSE,
    OTHER,
    SLOGAN,
    STRONG,
    UPGRADE_VERBS,
    USE,
    USE_VERBS,
    VERB_AFTER,
    head_pattern,
    is_too_common,
    type_of,
)

_OPAQUE = re.compile(r"“[^”\n]*”|\([^()\n]*\)|《[^》\n]*》|〔[^〕\n]*〕|\[[^\]\n]*\]|【[^】\n]*】")
_CLAUSE = re.compile(r"[^,;:。!?\n]+")

# A verb directly before these is part of a noun: 建设工程, 培育库, 发布平台.
_NOT_A_VERB = r"(?![与的者型力期类]|工程|项目|管理|平台|单位|方案|规划|用地|标准|联盟|大赛|机制|体系|基金|计划|专项)"
_VERB = re.compile(
    rf"(?P<use>{USE})|(?P<strong>(?:{STRONG}){_NOT_A_VERB})|(?P<light>(?:{LIGHT})(?![与的者力度性型]))|(?P<other>{OTHER})"
)
_LOOSE_VERB = re.compile(
    rf"(?:(?:^|[、,年底前])(?:{ADVERBS})*|(?:企业|高校|院校|机构|单位|部门|院所|各地|地方|力量|主体|场馆|医院|银行|政府|运营商))(?P<strong>{LOOSE})(?![与和及的者商人])(?=.{{3}})"
)
_BEFORE_NAME = re.compile(r"(?:围绕|聚焦|面向|针对|通过|将|把|由|对|向|从|让|使|在|等)(?=.)")
_COUNT = re.compile(
    r"(?:[\d一二两三四五六七八九十百千数几]+(?:-\d+)?(?:余|多)?(?:个|家|条|项|类|套|张(?!网|图)|座|处|所|款|支|只)(?:以上|左右|以内)?|一批|若干|一系列|多个|各类|规模\d+[亿万]元)"
)
_PRODUCT_JOINT = re.compile(
    r"(?:算法|技术|装备|设备|软件|标准|规范|企业|方案|机构|人才|能力|场景|产品|模型|工具|终端)(?:以及|[和与及])(?=.{3})"
)
_FRONT = re.compile(rf"(?:{STRONG}|{FILLERS}|(?:等|的|地|领域|行业|方面|、|其|该|本|此)+)(?=.{{2}})")
_MAIN_VERB = re.compile(rf"(?:{ADVERBS})*(?:{LIGHT}|{LOOSE}|{STRONG}|{USE})*")
_GENERIC_LIST_END = 5
_SHORT_PROGRAMME = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible name at `start:end` of the text, with its clause and the verb that governs it."""

    start: int
    end: int
    kind: str
    action: str
    counted: bool
    """Counted or one of many (一批, 5个, 支持建设): a kind of thing."""
    clause_start: int
    clause_end: int
    rule: str


@dataclass(frozen=True, slots=True)
class _Head:
    start: int
    end: int
    kind: str
    brand: bool = False


@dataclass(frozen=True, slots=True)
class _Verb:
    """A governing verb: its class and its words."""

    manner: str
    words: str


def names_in(text: str, start: int, end: int) -> Iterator[Candidate]:
    """All names in `text[start:end]`, one paragraph, in order."""
    words = text[start:end]
    masked = _OPAQUE.sub(_mask, words)
    inherited: _Verb | None = None
    for clause in _CLAUSE.finditer(masked):
        if clause.start() and masked[clause.start() - 1] in "。;!?":
            inherited = None
        found, inherited = _in_clause(words, masked, clause.start(), clause.end(), inherited)
        for one in found:
            yield replace(
                one,
                start=one.start + start,
                end=one.end + start,
                clause_start=one.clause_start + start,
                clause_end=one.clause_end + start,
            )


def _mask(found: re.Match[str]) -> str:
    return ("Q" if found.group()[0] == "“" else "B") * len(found.group())


def _in_clause(
    words: str, masked: str, start: int, end: int, inherited: _Verb | None
) -> tuple[list[Candidate], _Verb | None]:
    """The names of one clause, and the verb that a following clause without one goes on with."""
    verbs = _verbs(masked, start, end)
    base = AS_BASE.search(masked, start, end)
    found: list[Candidate] = []
    floor = start
    for head in _heads(words, masked, start, end):
        begin = _name_start(masked, floor, head, verbs)
        verb = _governing(masked, verbs, begin) or (inherited if not any(at <= begin for at, _, _ in verbs) else None)
        as_base = base is not None and base.start("what") <= head.start < base.end("what")
        if as_base:
            verb = _Verb("use", "依托")
        elif verb is None and head.brand and masked[begin - 1 : begin] in "在以":
            verb = _Verb("use", "在")
        deed = _deed(masked, head, end, verb)
        if deed is None:
            continue
        floor = head.end
        if _is_name(words, masked, begin, head, deed, start):
            counted = bool(KIND_MARK.search(masked[max(start, begin - 12) : begin]))
            found.append(
                Candidate(begin, head.end, head.kind, _action(verb, deed), counted, start, end, f"systems.{head.kind}")
            )
    last = _governing(masked, verbs, end)
    return found, last if verbs else inherited


def _verbs(masked: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """(start, end, class) of the verbs of a clause, in order."""
    found = [(match.start(), match.end(), str(match.lastgroup)) for match in _VERB.finditer(masked, start, end)]
    clause = masked[start:end]
    found += [(start + m.start("strong"), start + m.end("strong"), "strong") for m in _LOOSE_VERB.finditer(clause)]
    return sorted(found)


def _governing(masked: str, verbs: list[tuple[int, int, str]], begin: int) -> _Verb | None:
    before = [verb for verb in verbs if verb[1] <= begin]
    if not before:
        return None
    start, stop, manner = before[-1]
    return _Verb(manner, masked[start:stop])


def _heads(words: str, masked: str, start: int, end: int) -> list[_Head]:
    """Every head noun and every brand of a clause, in order; of two that overlap the one that reaches further."""
    pattern = head_pattern()
    found: list[_Head] = []
    at = start
    while (match := pattern.search(masked, at, end)) is not None:
        best = match
        for inner in range(match.start() + 1, match.end()):
            other = pattern.match(masked, inner, end)
            if other is not None and other.end() > best.end():
                best = other
        found.append(_Head(match.start() if best is match else best.start(), best.end(), type_of(best)))
        at = best.end()
    for match in re.finditer(r"Q+", masked[start:end]):
        found += _brands(words, start + match.start(), start + match.end())
    return sorted(found, key=lambda head: head.start)


def _brands(words: str, start: int, end: int) -> Iterator[_Head]:
    """Names in quotation marks that need no noun behind them; a run of Q may hold several side by side."""
    for match in re.finditer(r"“([^”]*)”", words[start:end]):
        inside = match.group(1)
        if not BRAND_END.search(inside) or SLOGAN.search(inside) or "、" in inside:
            continue
        head = [found for found in head_pattern().finditer(inside) if found.end() == len(inside)]
        yield _Head(start + match.start(), start + match.end(), type_of(head[-1]) if head else "platform", brand=True)


def _deed(masked: str, head: _Head, end: int, verb: _Verb | None) -> str | None:
    """What is done to the name, "" when its verb says it all, None when the head does not end a governed name."""
    at = head.end
    while at < end and masked[at] == "B":
        at += 1
    if verb is None or verb.manner == "other":
        return None
    rest = masked[at:end]
    after = DEED_AFTER.match(rest)
    if after is not None and (not rest[after.end() :] or verb.manner == "use"):
        return after.group("deed")
    if verb.manner == "light":
        if head.kind in ("programme", "pilot") and ENDS.match(rest):
            return ""
        at_end = DEED_AT_END.search(rest)
        return at_end.group("deed") if at_end and (ENDS.match(rest) or after) else None
    if ENDS.match(rest) and rest[:1] != "的":
        return "" if not _list_is_other(rest) else None
    return "" if verb.manner == "use" and VERB_AFTER.match(rest) else None


def _list_is_other(rest: str) -> bool:
    """A、B的全面融合: the list is not what the verb governs."""
    return bool(re.match(r"(?:[、和与及][^的]{0,40})+的[^、]{0,6}(?:融合|研究|研发|结合|衔接)$", rest))


def _name_start(masked: str, floor: int, head: _Head, verbs: list[tuple[int, int, str]]) -> int:
    """Where the name that ends with `head` begins, not before `floor`."""
    hard = floor
    for _, stop, manner in verbs:
        if floor <= stop < head.start + head.brand or (stop == head.start and manner != "strong"):
            hard = max(hard, stop)
    area = masked[hard : head.end]
    room = head.start - hard
    for pattern in (_BEFORE_NAME, _COUNT, _PRODUCT_JOINT):
        for match in pattern.finditer(area):
            if match.end() <= room:
                hard = max(hard, head.start - room + match.end())
    begin = hard
    left = masked[hard : head.start]
    comma = left.rfind("、")
    if comma >= 0:
        begin = hard + _over_parallel(left, comma)
    attributive = masked.rfind("的", begin, head.start)
    if attributive >= 0:
        begin = attributive + 1
    begin = _trimmed(masked, begin, head)
    return begin if head.brand else _widened(masked, hard, begin, head)


def _over_parallel(left: str, comma: int) -> int:
    """城市级、行业级、企业级可信数据空间 is one name: short words of one make before 、 belong to it."""
    begin = comma + 1
    while comma > 0:
        previous = left.rfind("、", 0, comma) + 1
        element = left[previous:comma]
        if not (len(element) in (2, 3, 4) and "Q" not in element and element[-1] in left[begin : begin + 5]):
            break
        begin, comma = previous, previous - 1
    return begin


def _trimmed(masked: str, begin: int, head: _Head) -> int:
    """Without the verbs, fillers and joints that are still in front."""
    while begin < head.start:
        front = _FRONT.match(masked, begin, head.end)
        if front is None or front.end() > head.start:
            break
        begin = front.end()
    return begin


def _widened(masked: str, hard: int, begin: int, head: _Head) -> int:
    """A name too common by itself takes the words before 的 or 、 too: 面向老人的服务平台, 监控、管理和服务系统."""
    while begin > hard and is_too_common(masked[begin : head.end]):
        wider = max(masked.rfind(mark, hard, begin - 1) for mark in "的、") + 1
        wider = max(wider, hard)
        if wider >= begin:
            break
        begin = wider
    return begin


def _is_name(words: str, masked: str, begin: int, head: _Head, deed: str, clause_start: int) -> bool:
    name = words[begin : head.end]
    if head.brand:
        return True
    if head.kind == "programme" and len(name) < _SHORT_PROGRAMME:
        return False
    after_list = masked[max(clause_start, begin - 1) : begin] == "等"
    return not (after_list and len(name) <= _GENERIC_LIST_END)


def _action(verb: _Verb | None, deed: str) -> str:
    """build, upgrade or use: by the deed behind the name, else by the verb before it."""
    if deed in ("应用", "推广", "使用", "运行", "作用", "遴选"):
        return "use"
    if deed in ("升级", "改造", "扩容", "级联", "规范发展", "健康发展"):
        return "upgrade"
    if deed:
        return "build"
    words = verb.words if verb else ""
    for action, pattern in (("use", USE_VERBS), ("upgrade", UPGRADE_VERBS), ("build", BUILD_VERBS)):
        if pattern.search(words):
            return action
    return "use" if verb and verb.manner == "use" else "build"
