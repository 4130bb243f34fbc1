"""Targets: the numbers a plan promises, each with its indicator, bound, unit and deadline.

A paragraph is read sentence by sentence, a sentence clause by clause (clause_grammar.py). What is left to do here is
what reaches over clauses: the date and the 力争 that govern, the name an elided number belongs to, money that is only
paid out, and repeats, which are one target.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from qianhang.programme.reading.claim_forms import BARE_LETTERS, Claim
from qianhang.programme.reading.clause_grammar import claims_of
from qianhang.programme.reading.clauses import Clause, clauses_of, mask_asides, sentences_of
from qianhang.programme.reading.deadlines import Deadline, find_deadlines
from qianhang.programme.reading.document import Document
from qianhang.programme.reading.exclusions import (
    is_already_so,
    is_background,
    is_condition,
    looks_ahead,
    only_points,
    pays_out,
    sets_a_limit,
    tells_the_past,
)
from qianhang.programme.reading.findings import Comparator, DeadlineSource, Quote, Target
from qianhang.programme.reading.indicators import period_in
from qianhang.programme.reading.quantities import Quantity, find_quantities
from qianhang.programme.reading.structure import Node, Paragraph, Tree
from qianhang.programme.reading.tables import find_table_targets, is_row
from qianhang.programme.reading.units import canonical

_MAY_COUNT = re.compile(
    r"\d|[一二两三四五六七八九十百千万亿][^,。]{0,3}[个家项件名人户台套所座处条场次张种类款部架元倍番批成位]"
    r"|分之|过半|一半|翻番|十[二三四五六]五"
)
_AIM = re.compile(r"力争|争取|力求|努力")
_GOAL_TITLE = re.compile(r"目标|总体要求|总体思路|总体安排|第[一二三四]步|愿景|第[一二三]阶段|主要指标|发展思路")
_PUE = re.compile(
    r"PUE|电能利用效率|电源使用效率|能源使用效率|能源利用效率|电能使用效率|电能比|能效比|能效值", re.IGNORECASE
)
_PER_SECOND = re.compile(r"[百千万亿]*次")


@dataclass(frozen=True, slots=True)
class _Governing:
    """What a lead sentence hands down to the words under it."""

    day: date | None = None
    aim: bool = False
    source: DeadlineSource = DeadlineSource.LOCAL


@dataclass(frozen=True, slots=True)
class _Draft:
    claim: Claim
    name: str
    paragraph: Paragraph
    day: date | None
    source: DeadlineSource
    aim: bool
    aim_word: str
    period: str | None


def find_targets(document: Document, tree: Tree) -> tuple[Target, ...]:
    """All targets of a plan in the order of the text, each once."""
    leads: dict[int, _Governing] = {}
    drafts: list[_Draft] = []
    for paragraph in _with_headings(tree):
        if not _MAY_COUNT.search(document.text, paragraph.start, paragraph.end) or _in_background(paragraph.node):
            continue
        above = _handed_down(document, paragraph, leads)
        drafts.extend(_drafts_of(document, paragraph, above, leads))
    tabled = find_table_targets(document, tree.paragraphs)
    return _merged([*(_target(document, draft) for draft in drafts), *tabled])


def _with_headings(tree: Tree) -> list[Paragraph]:
    """All text in order; a heading may be a whole sentence with a number in it."""
    headings = [Paragraph(node.title_start, node.heading_end, node) for node in tree.nodes]
    return sorted([*tree.paragraphs, *headings], key=lambda one: one.start)


def _in_background(node: Node | None) -> bool:
    return node is not None and any(is_background(one.title) for one in (node, *node.ancestors()))


def _is_goal(node: Node | None) -> bool:
    return node is not None and any(_GOAL_TITLE.search(one.title) for one in (node, *node.ancestors()))


def _handed_down(document: Document, paragraph: Paragraph, leads: dict[int, _Governing]) -> _Governing:
    """The date that the text above a paragraph states for it, if it does."""
    node = paragraph.node
    chain = [node, *node.ancestors()] if node else []
    for above in chain:
        if above is not node or leads.get(above.start):
            lead = leads.get(above.start)
            if lead is not None:
                return lead
        stated = [one for one in find_deadlines(above.title, document.made_on) if one.day and not one.looks_back]
        if stated and _is_goal(above):
            return _Governing(stated[-1].day, source=DeadlineSource.ANCESTOR)
    return _Governing()


def _drafts_of(
    document: Document, paragraph: Paragraph, above: _Governing, leads: dict[int, _Governing]
) -> Iterator[_Draft]:
    text = document.text[paragraph.start : paragraph.end]
    if is_row(text):
        return
    masked = mask_asides(text)
    dates = [
        one
        for one in find_deadlines(text, document.made_on)
        if masked[one.end - 1] != "\ue000" or text[one.start : one.end].count("五")
    ]
    numbers = _without_dates(find_quantities(masked), dates)
    goal = _is_goal(paragraph.node)
    governing = above
    previous: Claim | None = None
    for sentence in sentences_of(masked):
        own_dates = [one for one in dates if sentence.start <= one.start < sentence.end and not one.looks_back]
        in_sentence = [one for one in numbers if sentence.start <= one.start < sentence.end]
        for claim, aim_word in _claims_in(text, masked, sentence, in_sentence, dates):
            name = claim.name or (_inherited(previous) + claim.suffix if previous else "")
            if not name:
                continue
            before = _governing_dates(own_dates, in_sentence, claim)
            words = text[_clause_start(masked, sentence, claim.start) : claim.quantity.end]
            period = period_in(words)
            if claim.day is not None:
                before = [claim.day]
            if before:
                draft = _Draft(
                    claim, name, paragraph, before[-1].day, DeadlineSource.LOCAL, bool(aim_word), aim_word, period
                )
            else:
                draft = _Draft(
                    claim,
                    name,
                    paragraph,
                    governing.day,
                    governing.source,
                    bool(aim_word) or governing.aim,
                    aim_word or ("力争" if governing.aim else ""),
                    period,
                )
            yield draft
            previous = claim if claim.name else replace(claim, name=name)
        opening = [one for one in own_dates if one.day]
        if opening and goal:
            aim = bool(_AIM.search(text[sentence.start : sentence.end]))
            governing = _Governing(opening[-1].day, aim and not in_sentence, DeadlineSource.PARAGRAPH)
    if paragraph.node is not None and governing is not above and (goal or text.endswith((":", ":"))):
        leads[paragraph.node.start] = replace(governing, source=DeadlineSource.ANCESTOR)


def _claims_in(
    text: str, masked: str, sentence: Clause, numbers: Sequence[Quantity], dates: Sequence[Deadline]
) -> Iterator[tuple[Claim, str]]:
    """The claims of one sentence that are targets, each with the 力争 that governs it."""
    words = text[sentence.start : sentence.end]
    if not numbers:
        return
    paying = False
    aim_word = ""
    already = False
    for clause in clauses_of(masked, sentence):
        said = text[clause.start : clause.end]
        inside = [one for one in numbers if clause.start <= one.start < clause.end]
        aim = _AIM.search(said)
        here = aim.group() if aim else ""
        if aim and not re.search(
            r"[^到用经过至在,]{3}", re.sub(r"20\d\d年?(?:底|末)?|“?十.五”?(?:末|期间)?", "", said[: aim.start()])
        ):
            aim_word = here
        already = tells_the_past(said) or (already and not looks_ahead(said))
        if not inside or already or is_already_so(said):
            continue
        paying = (paying and not looks_ahead(said)) or pays_out(said) or (is_condition(said) and pays_out(words))
        if paying and (pays_out(said) or is_condition(said)):
            continue
        for claim in claims_of(text, masked, clause, inside, dates):
            if paying and canonical(claim.quantity.value, claim.quantity.unit) is not None:
                continue
            if claim.quantity.comparator is Comparator.LTE and sets_a_limit(said):
                continue
            if claim.form.startswith("made") and only_points(text[clause.start : claim.quantity.start]):
                continue
            yield claim, here or aim_word


def _without_dates(numbers: Sequence[Quantity], dates: Sequence[Deadline]) -> list[Quantity]:
    return [one for one in numbers if not any(day.start < one.end and one.number < day.end for day in dates)]


def _governing_dates(dates: Sequence[Deadline], numbers: Sequence[Quantity], claim: Claim) -> list[Deadline]:
    """The dates before a number. One inside another's 提高到2027年的75% gives way to a date that opens the sentence."""
    before = [one for one in dates if one.start < claim.quantity.number]
    inside = [one for one in before if any(other.start <= one.start < other.number for other in numbers)]
    own = [one for one in inside if claim.quantity.start <= one.start]
    free = [one for one in before if one not in inside]
    return own or free or before


def _clause_start(masked: str, sentence: Clause, at: int) -> int:
    return max(sentence.start, masked.rfind(",", sentence.start, at) + 1)


def _inherited(claim: Claim) -> str:
    return claim.name.removesuffix(claim.suffix) if claim.suffix else claim.name


def _target(document: Document, draft: _Draft) -> Target:
    claim, quantity, at = draft.claim, draft.claim.quantity, draft.paragraph.start
    unit, name = _unit_of(document, draft), draft.name
    comparator = quantity.without_verb if claim.form == "made.verb" else quantity.comparator
    raw = ([draft.aim_word] if draft.aim_word else []) + list(quantity.raw)
    return Target(
        indicator=_original_name(document, draft),
        comparator=comparator,
        comparator_raw=tuple(raw),
        value=quantity.value,
        value_max=quantity.value_max,
        unit=unit,
        canonical=canonical(quantity.value, quantity.unit),
        deadline=draft.day,
        deadline_source=draft.source if draft.day else DeadlineSource.LOCAL,
        period=draft.period,
        aim=draft.aim,
        section=draft.paragraph.node.path if draft.paragraph.node else "",
        quotes=_places(document, at + claim.start, at + claim.end),
        rule=f"target.{claim.form}",
        confidence=0.7 if claim.form == "elided" or not name else 0.9,
    )


def _places(document: Document, start: int, end: int) -> tuple[Quote, ...]:
    """The words where they stand, then wherever else in the file the same words are: a headline, a news lead."""
    words = document.text[start:end]
    found, at = [document.quote(start, end)], document.text.find(words)
    while at >= 0:
        if at != start and not document.text[at + len(words) : at + len(words) + 1].isdigit():
            found.append(document.quote(at, at + len(words)))
        at = document.text.find(words, at + len(words))
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
    written = document.words(draft.paragraph.start + quantity.unit_start, draft.paragraph.start + quantity.unit_end)
    return f"{written}/秒" if _PER_SECOND.fullmatch(quantity.unit) and "亿" in quantity.unit else written + per


def _original_name(document: Document, draft: _Draft) -> str:
    """The indicator in the original's glyphs; a name put together of several stretches is looked up piece by piece."""
    name, start, end = draft.name, draft.paragraph.start, draft.paragraph.end
    pieces: list[str] = []
    at = 0
    while at < len(name):
        upto = len(name)
        found = document.text.find(name[at:upto], start, end)
        while found < 0 and upto > at + 1:
            upto -= 1
            found = document.text.find(name[at:upto], start, end)
        pieces.append(document.words(found, found + upto - at) if found >= 0 else name[at:upto])
        at = upto
    return "".join(pieces)


def _merged(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Each target once, with the places of all its repeats."""
    kept: dict[tuple[object, ...], Target] = {}
    for target in targets:
        key = (target.indicator, target.comparator, target.value, target.value_max, target.unit, target.deadline)
        first = kept.get(key)
        if first is None:
            kept[key] = target
        else:
            quotes = dict.fromkeys((*first.quotes, *target.quotes))
            kept[key] = replace(first, quotes=tuple(quotes))
    return tuple(kept.values())
