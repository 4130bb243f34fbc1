"""What stands out in a clause that may name systems: head nouns, brands, verbs.

Quoted and bracketed words are one piece: `masked` has Q or B in their place, letter by letter, so that positions hold.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qianhang.programme.reading.system_words import (
    ADVERBS,
    BRAND_END,
    FOUNDING_VERBS,
    HEAD_ENDS,
    NO_THINGS,
    NOUN_AFTER_VERB,
    SLOGAN,
    SUBJECTS,
    VERB_STARTS,
    VERBS,
    head_ending,
    longest_at,
)

_OPAQUE = re.compile(r"“[^”\n]*”|\((?!牧\))[^()\n]*\)|《[^》\n]*》|〔[^〕\n]*〕|\[[^\]\n]*\]|【[^】\n]*】")
_QUOTED = re.compile(r"“([^”]*)”")
_OPEN_BRAND = re.compile(r"Q+(?P<noun>[^Q\W、的和与及等]{2,12})(?=$|[、,;。])")
_HEAD_END = re.compile(f"[{''.join(sorted(HEAD_ENDS))}]")
_VERB_START = re.compile(f"[{''.join(sorted(VERB_STARTS))}]")
_OBJECT_STARTS = re.compile(rf"(?:^|[、,]|年底?|底|前|月|{'|'.join(ADVERBS)}|{'|'.join(SUBJECTS)})$")
_NOT_CUT_HERE = re.compile(r"[和与及](?:数据|信息)安全")
"""网络和数据安全 is one word."""
_NEGATED = re.compile(r"(?:不再|不得|禁止|严禁|严控|不予|停止|避免)$")
_BRAND_TYPES = {
    "券": "voucher",
    "贷": "fund",
    "保": "fund",
    "网": "network",
    "图": "map",
    "脑": "system",
    "单": "register",
    "账": "register",
    "本": "register",
}
_IN_INSTITUTION = re.compile(r"机构建[立设成]")
_LONGEST_ADVERB = 4
_SUFFIXES = frozenset("力度性型者的")


@dataclass(frozen=True, slots=True)
class Head:
    """A head noun, or a whole brand, at `start:end`; `kind` is the type of what it names."""

    start: int
    end: int
    kind: str
    brand: bool
    open: bool = False
    """A brand whose noun is none of the known ones (“小浪”问答终端)."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb that governs: `manner` is strong, use, light or other (see data/systems.toml)."""

    start: int
    end: int
    manner: str
    words: str


def mask(words: str) -> str:
    """Quoted and bracketed words as Q and B."""
    return _OPAQUE.sub(lambda found: ("Q" if found.group()[0] == "“" else "B") * len(found.group()), words)


def heads_of(words: str, masked: str, start: int, end: int) -> Sequence[Head]:
    """Every head noun and every brand of a clause, in the order of their ends."""
    found = []
    for match in _HEAD_END.finditer(masked, start, end):
        head = head_ending(masked, start, match.end())
        if head is None or _NOT_CUT_HERE.match(masked, match.end(), end):
            continue
        stop = _with_own_name(masked, match.end(), end)
        if stop is not None:
            found.append(Head(match.end() - len(head[0]), stop, head[1], brand=False))
    if "Q" in masked[start:end]:
        found += [one for one in _brands(words, start, end) if not any(o.start < one.start < o.end for o in found)]
        found += [one for one in _open_brands(masked, start, end) if not any(_meet(one, other) for other in found)]
        found.sort(key=lambda head: head.end)
    return found


def _with_own_name(masked: str, at: int, end: int) -> int | None:
    """Behind a head: 社区“海星空间” goes on to the end of the quotation; in 大模型“沙箱”平台 the first is no head."""
    stop = at
    while stop < end and masked[stop] == "Q":
        stop += 1
    if stop == at or (stop < end and masked[stop] in "、和与及等"):
        return stop
    return stop if stop == end else None


def _brands(words: str, start: int, end: int) -> Iterator[Head]:
    """What stands in quotation marks and is a name without a noun behind it."""
    for match in _QUOTED.finditer(words, start, end):
        inside = match.group(1)
        head = head_ending(inside, 0, len(inside))
        if (head is not None or BRAND_END.search(inside)) and not SLOGAN.search(inside):
            kind = head[1] if head else _BRAND_TYPES.get(inside[-1], "platform")
            yield Head(match.start(), match.end(), kind, brand=True)


def _open_brands(masked: str, start: int, end: int) -> Iterator[Head]:
    """A quotation with a noun of any kind behind it, up to the end of its part of the clause."""
    for match in _OPEN_BRAND.finditer(masked, start, end):
        if not NO_THINGS.search(match.group("noun")):
            yield Head(match.start(), match.end(), "system", brand=True, open=True)


def _meet(one: Head, other: Head) -> bool:
    return one.start < other.end and other.start < one.end


def verbs_of(masked: str, start: int, end: int, heads: Sequence[Head] = ()) -> Sequence[Verb]:
    """The verbs of a clause that stand as verbs, in order; none overlaps another."""
    found: list[Verb] = []
    head_starts = {head.start for head in heads if not head.brand}
    head_ends = {head.end for head in heads}
    at = start
    while (match := _VERB_START.search(masked, at, end)) is not None:
        at = match.start()
        words = None if _IN_INSTITUTION.match(masked, max(at - 1, start), end) else longest_at(masked, at, end)
        if words is None or not (
            _stands_as_verb(masked, start, at, at + len(words), VERBS[words])
            or (at in head_ends and VERBS[words] == "light")
        ):
            at += 1
            continue
        if at + len(words) in head_starts and _may_be_noun(words) and _in_a_noun(masked, found, at):
            at += len(words)
            continue
        manner = "strong" if VERBS[words] == "loose" else VERBS[words]
        found.append(Verb(at, at + len(words), "other" if _NEGATED.search(masked, start, at) else manner, words))
        at += len(words)
    return found


def _may_be_noun(verb: str) -> bool:
    return VERBS[verb] != "light" and verb not in FOUNDING_VERBS


def _in_a_noun(masked: str, before: Sequence[Verb], at: int) -> bool:
    """供需对接清单, 企业培育平台: behind another verb's object and at once before a head it is part of the name."""
    return bool(before) and before[-1].end < at and masked[at - 1] not in "、和与及并"


def _stands_as_verb(masked: str, start: int, at: int, stop: int, manner: str) -> bool:
    if at == start and manner == "light":
        return masked[stop : stop + 1] not in _SUFFIXES
    if masked.startswith(tuple(NOUN_AFTER_VERB), stop):
        return False
    if manner in ("strong", "use"):
        return True
    return bool(_OBJECT_STARTS.search(masked, max(start, at - _LONGEST_ADVERB), at)) or at == start
