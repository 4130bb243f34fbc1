"""Targets: the numbers a plan promises, each with its indicator, bound, unit and deadline.

A paragraph is read sentence by sentence, a sentence clause by clause (clause_grammar.py). What is left to do here is
what reaches over clauses: the date and the 力争 that govern, the name an elided number belongs to, money that is only
paid out, and repeats, which are one target.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qianhang.programme.reading.claim_forms import BARE_LETTERS, Claim
from qianhang.programme.reading.clauses import MASK, Clause, mask_asides, sentences_of
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.findings import DeadlineSource, Quote, Target
from qianhang.programme.reading.governing import Governing, Headings
from qianhang.programme.reading.indicators import period_in
from qianhang.programme.reading.quantities import Quantity, find_quantities
from qianhang.programme.reading.sentence_claims import AIM, between, claims_in
from qianhang.programme.reading.structure import Paragraph, Tree
from qianhang.programme.reading.tables import find_table_targets, is_row
from qianhang.programme.reading.units import canonical, in_full

_MAY_COUNT = re.compile(
    r"\d|[一二两三四五六七八九十百千万亿][^,。]{0,3}[个家项件名人户台套所座处条场次张种类款部架元倍番批成位]"
    r"|分之|过半|一半|翻番|十[二三四五六]五"
)
_PUE = re.compile(
    r"PUE|电能利用效率|电源使用效率|能源使用效率|能源利用效率|电能使用效率|电能比|能效比|能效值", re.IGNORECASE
)
_PER_SECOND = re.compile(r"[百千万亿]*次")
_PAIRED = re.compile(r"\([台套个项件组辆座户家次人条]\)")
"""台(套), 项(个): two measure words in one."""
_HEADLESS = re.compile(r"(?:年均|年平均|年均复合|平均)?(?:增速|增长率|增幅)|总数|总量|占比|比例|比重")
"""What is measured, without the thing it is measured of: that is what the number before it speaks of."""
_EACH_YEAR = re.compile(r"每(?:半?年度?|个?季度|个?月)")
_NEAR = 2000
# The headline and the news lead say a number once or twice; a text made to be hostile, as often as it likes.
MOST_REPEATS = 20
"""How far around a claim its name is looked for, in characters."""


@dataclass(frozen=True, slots=True)
class _Draft:
    claim: Claim
    name: str
    start: int
    """Where the words to show begin in the paragraph."""
    paragraph: Paragraph
    governing: Governing
    aim_word: str
    period: str | None


def find_targets(document: Document, tree: Tree, annexes: Sequence[Line] = ()) -> tuple[Target, ...]:
    """All targets of a plan in the order of the text, each once.

    Args:
        annexes: lines outside the plan's own; only tables of indicators are read in them.
    """
    headings = Headings(document)
    outside = _outside(document)
    drafts = [
        draft
        for paragraph in _with_headings(tree)
        if _MAY_COUNT.search(document.text, paragraph.start, paragraph.end)
        and not headings.is_background(paragraph.node)
        for draft in _drafts_of(document, paragraph, headings)
    ]
    drafts = _without_the_past(drafts, document.begins_in)
    below = [Paragraph(line.start, line.end, None) for line in annexes]
    tabled = [*find_table_targets(document, tree.paragraphs), *find_table_targets(document, below)]
    found = _merged([*(_target(document, draft, outside) for draft in drafts), *tabled])
    return tuple(sorted(found, key=lambda target: target.quotes[0].offset))


def _without_the_past(drafts: list[_Draft], begins_in: int | None) -> list[_Draft]:
    """Without those of a year before the plan: 2017年收入约为86亿元. Where all are, its date is in doubt."""
    days = [draft.governing.day for draft in drafts]
    if begins_in is None or all(day is None or day.year < begins_in for day in days):
        return drafts
    return [draft for draft, day in zip(drafts, days, strict=True) if day is None or day.year >= begins_in]


def _with_headings(tree: Tree) -> list[Paragraph]:
    """All text in order; a heading may be a whole sentence with a number in it."""
    headings = [Paragraph(node.title_start, node.heading_end, node) for node in tree.nodes]
    return sorted([*tree.paragraphs, *headings], key=lambda one: one.start)


def _drafts_of(document: Document, paragraph: Paragraph, headings: Headings) -> Iterator[_Draft]:
    """The targets of one paragraph; a date that reaches further is handed to `headings`."""
    text = document.text[paragraph.start : paragraph.end]
    if is_row(text):
        return
    masked = mask_asides(text)
    dates = [one for one in document.deadlines_in(text) if not _is_aside(text, masked, one)]
    numbers = _apart_from(dates, find_quantities(masked))
    goal = headings.is_goal(paragraph.node)
    above = governing = headings.above(paragraph.node)
    previous = ""
    for sentence in sentences_of(masked):
        own = [one for one in between(dates, sentence) if not one.looks_back]
        inside = between(numbers, sentence)
        near = ""
        reach = _Reach(own, inside, governing)
        for found, aim_word in claims_in(text, masked, sentence, inside, dates) if inside else ():
            claim = replace(found, name="", suffix=found.name) if near and _HEADLESS.fullmatch(found.name) else found
            name = claim.name or (previous + claim.suffix if previous else "")
            if name:
                previous = near = name.removesuffix(claim.suffix) if claim.suffix else name
                held = reach.over(claim, aim=bool(aim_word))
                opening = _clause_start(masked, sentence, claim.start)
                period = period_in(text[opening : claim.quantity.end])
                start = _quote_start(text, opening, claim, reach)
                yield _Draft(claim, name, start, paragraph, held, aim_word or ("力争" if held.aim else ""), period)
        stated = [one for one in own if one.day]
        if stated and goal:
            aim = not inside and AIM.search(text, sentence.start, sentence.end) is not None
            governing = Governing(stated[-1].day, aim, DeadlineSource.PARAGRAPH)
    if governing is not above and (goal or text.endswith(":")):
        headings.hand_down(paragraph.node, governing)


@dataclass(slots=True)
class _Reach:
    """Which date of its sentence holds for a claim; else what governs from above."""

    dates: Sequence[Deadline]
    numbers: Sequence[Quantity]
    governing: Governing

    def over(self, claim: Claim, *, aim: bool) -> Governing:
        day = claim.day or self.date_before(claim)
        if day is None:
            return replace(self.governing, aim=aim or self.governing.aim)
        return Governing(day.day, aim)

    def date_before(self, claim: Claim) -> Deadline | None:
        """The last date before the number. One inside another's 提高到2027年的75% gives way to one that stands free."""
        index = bisect_left(self.dates, claim.quantity.number, key=lambda one: one.start)
        last = None
        while index > 0:
            index -= 1
            one = self.dates[index]
            if one.start >= claim.quantity.start or not self._is_inside(one):
                return one
            last = last or one
        return last

    def _is_inside(self, one: Deadline) -> bool:
        index = bisect_right(self.numbers, one.start, key=lambda number: number.start) - 1
        return index >= 0 and one.start < self.numbers[index].number


def _is_aside(text: str, masked: str, one: Deadline) -> bool:
    """A date in brackets or in a title; “十四五” is quoted and none."""
    return masked[one.end - 1] == MASK and "五" not in text[one.start : one.end]


def _apart_from(dates: Sequence[Deadline], numbers: Sequence[Quantity]) -> list[Quantity]:
    """The numbers that are no part of a date."""
    kept: list[Quantity] = []
    for one in numbers:
        index = bisect_left(dates, one.end, key=lambda day: day.start) - 1
        if index < 0 or one.number >= dates[index].end:
            kept.append(one)
    return kept


def _clause_start(masked: str, sentence: Clause, at: int) -> int:
    """Where the clause around a claim begins, or a little before the claim in a clause without end."""
    earliest = max(sentence.start, at - 60)
    return max(earliest, masked.rfind(",", earliest, at) + 1)


def _quote_start(text: str, opening: int, claim: Claim, reach: _Reach) -> int:
    """Where the words to show begin: with 每年, and with the date where the name is left out."""
    said = _EACH_YEAR.search(text, opening, claim.start)
    if said and not any(sign in text[said.end() : claim.start] for sign in ";:、0123456789"):
        return said.start()
    day = reach.date_before(claim) if claim.form == "elided" else None
    return day.start if day and opening <= day.start < claim.start else claim.start


def _outside(document: Document) -> str:
    """What of the file is not the plan's own lines: a headline, a news lead. Blank where the plan is; not if huge."""
    if not document.lines:
        return ""
    head = document.text[: document.lines[0].start]
    return head if len(head) <= 10 * _NEAR else ""


def _target(document: Document, draft: _Draft, outside: str) -> Target:
    claim, quantity, at = draft.claim, draft.claim.quantity, draft.paragraph.start
    comparator = quantity.without_verb if claim.form == "made.verb" else quantity.comparator
    raw = ([draft.aim_word] if draft.aim_word else []) + list(quantity.raw)
    return Target(
        indicator=_as_written(document, draft, draft.name),
        comparator=comparator,
        comparator_raw=tuple(_as_written(document, draft, word) for word in raw),
        value=quantity.value,
        value_max=quantity.value_max,
        unit=_unit_of(document, draft),
        canonical=canonical(quantity.value, quantity.unit),
        deadline=draft.governing.day,
        deadline_source=draft.governing.source if draft.governing.day else DeadlineSource.LOCAL,
        period=draft.period,
        aim=draft.governing.aim,
        section=draft.paragraph.node.path if draft.paragraph.node else "",
        quotes=_places(document, at + draft.start, at + claim.end, outside),
        rule=f"target.{claim.form}",
        confidence=0.7 if claim.form == "elided" else 0.9,
    )


def _places(document: Document, start: int, end: int, outside: str) -> tuple[Quote, ...]:
    """The words where they stand, then where the same words are before the plan begins: in a headline, a news lead."""
    words = document.text[start:end]
    found, at = [document.quote(start, end)], outside.find(words)
    while at >= 0 and len(found) <= MOST_REPEATS:
        if not outside[at + len(words) : at + len(words) + 1].isdigit():
            found.append(document.quote(at, at + len(words)))
        at = outside.find(words, at + len(words))
    return tuple(found)


def _unit_of(document: Document, draft: _Draft) -> str:
    """The unit in the original's glyphs; PUE and Gbps where the plan leaves it to the reader."""
    quantity = draft.claim.quantity
    if quantity.unit in BARE_LETTERS:
        return BARE_LETTERS[quantity.unit]
    if quantity.unit == "":
        return "PUE" if _PUE.search(draft.name) else ""
    if quantity.unit_end <= quantity.unit_start:
        return quantity.unit
    per = f"/{quantity.per}" if quantity.per else ""
    at = draft.paragraph.start
    pair = _PAIRED.match(document.text, at + quantity.unit_end)
    written = document.words(at + quantity.unit_start, pair.end() if pair else at + quantity.unit_end)
    return f"{written}/秒" if _PER_SECOND.fullmatch(quantity.unit) and "亿" in quantity.unit else in_full(written) + per


def _as_written(document: Document, draft: _Draft, words: str) -> str:
    """Words in the original's glyphs; a name put together of several stretches is looked up piece by piece."""
    place = draft.paragraph.start + draft.claim.start
    start, end = max(draft.paragraph.start, place - _NEAR), min(draft.paragraph.end, place + _NEAR)
    pieces: list[str] = []
    at = 0
    while at < len(words):
        upto = len(words)
        found = document.text.find(words[at:upto], start, end)
        while found < 0 and upto > at + 1:
            upto -= 1
            found = document.text.find(words[at:upto], start, end)
        pieces.append(document.words(found, found + upto - at) if found >= 0 else words[at:upto])
        at = upto
    return "".join(pieces)


def _merged(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Each target once, with the places of all its repeats; a repeat without a date is the dated one again."""
    dated = {_what(target): _what(target, target.deadline) for target in reversed(targets) if target.deadline}
    same: dict[tuple[object, ...], list[Target]] = {}
    for target in targets:
        key = _what(target, target.deadline) if target.deadline else dated.get(_what(target), _what(target, None))
        same.setdefault(key, []).append(target)
    return tuple(_as_one(repeats) for repeats in same.values())


def _as_one(repeats: Sequence[Target]) -> Target:
    if len(repeats) == 1:
        return repeats[0]
    first = next((one for one in repeats if one.deadline), repeats[0])
    quotes = {quote.offset: quote for one in (first, *repeats) for quote in one.quotes}
    return replace(first, quotes=tuple(quotes.values()))


def _what(target: Target, *deadline: date | None) -> tuple[object, ...]:
    return (target.indicator, target.comparator, target.value, target.value_max, target.unit, target.period, *deadline)
