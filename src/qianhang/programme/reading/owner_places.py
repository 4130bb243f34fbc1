"""Where a document states owners: in brackets, on labelled lines of their own, and in prose."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qianhang.programme.reading.agencies import match_agency
from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.owner_grammar import (
    LONGEST_STATEMENT,
    Statement,
    is_label_line,
    label_sentence,
    read_statement,
    states_only_owners,
)
from qianhang.programme.reading.owner_lists import Names, Span, is_generic, looks_like_agency, split_names

_OPENING = {"(": ")", "[": "]", "〔": "〕", "【": "】", "（": "）"}
_CLOSING = set(_OPENING.values())
_DEEPEST = 4
"""Brackets nested deeper than this hold no owners; the limit keeps hostile nesting linear."""

LONGEST_SENTENCE = 300
"""A longer one is no sentence of a plan; the limit keeps the search for prose linear."""

_ENDS_SENTENCE = "。;:!?)]】”’》"
_SENTENCE = re.compile(r"[^。;\n]+")
_CLAUSE_START = re.compile(r"^(?:[^,]{0,30},)??(?:由|请|以)?(?=[^,]{2,})")

# AGENCY 要发挥好牵头作用 / AGENCY 承担牵头职责
_TAKES_THE_LEAD = re.compile(
    r"(?P<who>[^,。;:\n]{2,60}?)(?:要|应当?|须|需)?(?:切实|充分|更好)?(?:发挥|履行|承担|落实|担负|强化)好?(?:总)?(?:统筹|综合|组织)?"
    r"牵头(?:协调|抓总|统筹|组织|推进|总)*(?:作用|职责|责任|职能)"
)
# 由 AGENCY 牵头(,会同 AGENCY)
_LED_BY = re.compile(
    r"由(?P<who>[^,。;:\n由]{2,60}?)(?:共同|总)?牵头(?!单位|部门|企业|人|的(?![^,。;\n]{0,12}(?:机制|制度|专班|体系|领导小组|工作组|联席会议))|、[^,。;\n]*的)"
)
# AGENCY 牵头建立 ..., where a clause begins
_LEADS_TO = re.compile(
    r"(?:^|(?<=[,;。:\n]))(?P<who>[^,。;:\n由]{2,60}?)(?:共同|总)?牵头(?=建立|组建|成立|组织|统筹|制定|推进|协调|负责|开展|做好|抓好|会同)"
)
# the clause behind a lead: 各部门按职责抓好落实
_OTHERS = re.compile(
    r"[,;](?P<who>[^,。;:\n]{2,20}?)(?:按照?|根据|依据)(?:各自)?(?:职责|分工|职能)[^,。;\n]{0,8}(?:落实|负责|推进|实施)"
)
# AGENCY 会同 AGENCY 建立 ...
_TOGETHER = re.compile(
    r"(?P<who>[^,。;:\n]{2,60}?)会同(?P<partners>[^,。;:\n]{2,60}?)(?=,|要|应|负责|制定|建立|开展|研究|做好|组织|推进|加强|$)"
)
# AGENCY 负责统筹 ...
_IN_CHARGE = re.compile(
    r"(?P<who>[^,。;:\n]{2,40}?)(?:牵头)?负责(?:统筹|组织|总体|牵头|具体|协调|推进|落实)(?![^,。;\n]{0,10}解释)"
)
# the office of a leading group, or one that is given the work: 办公室设在AGENCY,承担日常工作
_SEATED_IN = re.compile(
    r"(?:(?<=领导小组)|(?<=指挥部)|(?<=专班)|(?<=工作组)|(?<=推进组)|(?=[^。;:\n]{4,60},(?:具体)?(?:承担|负责)))"
    r"(?:办公室|秘书处)(?:日常工作)?设在(?P<who>[^,。;:\n]{2,40}?)(?=[,(]|$)"
)
OFFICE = "owners.prose_office"
_LEADS = (
    ("lead", _TAKES_THE_LEAD),
    ("led_by", _LED_BY),
    ("leads_to", _LEADS_TO),
    ("in_charge", _IN_CHARGE),
    ("office", _SEATED_IN),
)
_FIRST_LEADS = re.compile(
    r"(?:(?:排|列)(?:在|名)?(?:第一|首)位?|第一(?:个|家)?)[的者]?(?:责任)?(?:单位|部门|的)?,?(?:为|是)(?:第一)?(?:牵头|主要责任)(?:单位|部门|责任)"
)
_PUBLIC_ENDS = ("厅", "局", "管委会", "政府", "领导小组", "办公室")
_PROSE_CUE = re.compile(r"牵头|会同|负责|设在")


@dataclass(frozen=True, slots=True)
class Place:
    """One statement with the words it stands on; `alone` when nothing else is in its line."""

    start: int
    end: int
    statement: Statement
    rule: str
    alone: bool
    confidence: float


def find_places(document: Document) -> tuple[Place, ...]:
    """All statements of ownership in the order of the text; none overlaps another."""
    found: list[Place] = []
    lines = list(document.lines)
    at = 0
    while at < len(lines):
        group = _label_group(lines, at)
        if group:
            place = _labelled_place(document.text, lines[at], lines[at + group - 1])
            if place is not None:
                found.append(place)
                at += group
                continue
        in_brackets = list(_bracket_places(document.text, lines[at]))
        found.extend(in_brackets or _sentence_place(document.text, lines[at]))
        at += 1
    if _FIRST_LEADS.search(document.text):
        for place in found:
            place.statement.promote_first()
    return tuple(found)


def find_prose(document: Document, taken: Sequence[Place]) -> tuple[Place, ...]:
    """Owners that running text names: a lead (要发挥好牵头作用), a pair (A会同B). Sentences with a bracket are left."""
    busy = sorted(place.start for place in taken)
    found = []
    for line in document.lines:
        if not _PROSE_CUE.search(line.text):
            continue
        for sentence in _SENTENCE.finditer(line.text):
            start, end = line.start + sentence.start(), line.start + sentence.end()
            cue = end - start <= LONGEST_SENTENCE and _PROSE_CUE.search(sentence.group())
            if not cue or bisect_left(busy, start) != bisect_left(busy, end):
                continue
            place = _prose_place(document.text, start, end)
            if place is not None:
                found.append(place)
    return tuple(found)


def _label_group(lines: Sequence[Line], at: int) -> int:
    """How many lines from here announce owners by a label (牵头单位:... / 配合单位:...)."""
    count = 0
    while at + count < len(lines) and count < 4 and is_label_line(lines[at + count].text):
        count += 1
    return count


def _labelled_place(text: str, first: Line, last: Line) -> Place | None:
    said = read_statement(text, first.start, last.end)
    if said is None or not said.labelled:
        return None
    return Place(first.start, last.end, said, "owners.label_line", alone=True, confidence=0.95)


def _sentence_place(text: str, line: Line) -> Sequence[Place]:
    """Owners that a paragraph's last sentences announce by a label, without a bracket."""
    start = label_sentence(text, line.start, line.end)
    said = read_statement(text, start, line.end) if start is not None else None
    if start is None or said is None or not said.labelled:
        return ()
    return (Place(start, line.end, said, "owners.label_sentence", alone=False, confidence=0.9),)


def _bracket_places(text: str, line: Line) -> Iterator[Place]:
    """The outermost brackets of a line that state owners."""
    read_up_to = line.start
    for start, end in sorted(_brackets(line), key=lambda pair: (pair[0], -pair[1])):
        if start < read_up_to:
            continue
        said = read_statement(text, start + 1, end - 1)
        if said is None or not _stands_as_owner(text, line, start, end, said):
            continue
        read_up_to = end
        alone = not line.text[: start - line.start].strip() and not text[end : line.end].strip("。;. ")
        rule, confidence = _rule_of(said)
        yield Place(start, end, said, rule, alone, confidence)


def _brackets(line: Line) -> Iterator[tuple[int, int]]:
    """Matched brackets of one line, at most a few deep; one left open at the end of its line closes there."""
    opened: list[int] = []
    for at, letter in enumerate(line.text, line.start):
        if letter in _OPENING:
            opened.append(at)
        elif letter in _CLOSING and opened:
            start = opened.pop()
            if len(opened) < _DEEPEST and at - start <= LONGEST_STATEMENT:
                yield start, at + 1
    if opened and line.end - opened[0] <= LONGEST_STATEMENT:
        begin = opened[-1]
        if is_label_line(line.text[begin + 1 - line.start :]):
            yield begin, line.end + 1


def _stands_as_owner(text: str, line: Line, start: int, end: int, said: Statement) -> bool:
    """A bare list of agencies is an owner only where a statement ends; with a role it is one anywhere."""
    if said.labelled or said.predicates:
        return True
    before = text[line.start : start].rstrip()
    after = text[end : line.end].strip("。;. ")
    return not after and (not before or before[-1] in _ENDS_SENTENCE)


def _rule_of(said: Statement) -> tuple[str, float]:
    if said.labelled:
        return "owners.bracket_labels", 0.98
    if said.predicates:
        return "owners.bracket_predicates", 0.95
    return "owners.bracket_names", 0.85


def _prose_place(text: str, start: int, end: int) -> Place | None:
    whole = states_only_owners(text, start, end)
    if whole is not None and all(_is_public(unit.text) for unit in whole.lead):
        return Place(start, end, whole, "owners.prose_sentence", alone=False, confidence=0.85)
    for rule, pattern in _LEADS:
        for match in pattern.finditer(text, start, end):
            who = _known_names(text, *match.span("who"))
            if who is None:
                continue
            said = Statement(who.units[0].start, match.end(), lead=who.units, open_list=who.open_list)
            others = _OTHERS.search(text, match.end(), end)
            if others is not None and is_generic(others.group("who")):
                said.end = others.end()
                said.generic.append(Span(others.start("who"), others.end(), text[others.start("who") : others.end()]))
            return Place(said.start, said.end, said, f"owners.prose_{rule}", alone=False, confidence=0.75)
    for match in _TOGETHER.finditer(text, start, end):
        who = _known_names(text, *match.span("who"))
        partners = split_names(text, *match.span("partners"))
        if who is None or not partners or not all(looks_like_agency(unit.text) for unit in partners.units):
            continue
        said = Statement(who.units[0].start, match.end(), lead=who.units, open_list=partners.open_list)
        said.cooperating, said.generic = partners.units, partners.generic
        return Place(said.start, match.end(), said, "owners.prose_together", alone=False, confidence=0.7)
    return None


def _known_names(text: str, start: int, end: int) -> Names | None:
    """A clause that is nothing but public bodies. In running text a school or a firm that leads (由高校牵头组建) leads
    some work, not the task, so the register or a public body's last word must know each name."""
    names = split_names(text, start, end)
    if not names.units or names.generic or not all(_is_public(unit.text) for unit in names.units):
        return None
    return names


def _is_public(name: str) -> bool:
    return looks_like_agency(name) and (match_agency(name) is not None or name.endswith(_PUBLIC_ENDS))
