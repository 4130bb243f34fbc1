"""Milestones: what is to be so by a date without a number to count, and what is to be covered whole (全覆盖)."""

import re
from collections.abc import Iterator

from qianhang.programme.reading.clauses import Clause, clauses_of, mask_asides, sentences_of
from qianhang.programme.reading.deadlines import Deadline, find_deadlines
from qianhang.programme.reading.document import Document
from qianhang.programme.reading.exclusions import is_already_so
from qianhang.programme.reading.findings import Milestone
from qianhang.programme.reading.quantities import find_quantities
from qianhang.programme.reading.structure import Paragraph, Tree
from qianhang.programme.reading.tables import is_row

_COVERAGE = re.compile(
    r"全覆盖|全域覆盖|全[国省市区县域]{1,2}(?:范围)?覆盖|覆盖全(?:国|省|市|区|县|域|人|程|民|行业|社会)"
)
_ANNOUNCES = re.compile(r"(?:如下)?目标(?:如下)?$")
_ACHIEVES = re.compile(r"实现|建成|构建|形成|达到|完成|基本")


def find_milestones(document: Document, tree: Tree) -> tuple[Milestone, ...]:
    """All milestones in the order of the text."""
    return tuple(one for paragraph in tree.paragraphs for one in _milestones_of(document, paragraph))


def _milestones_of(document: Document, paragraph: Paragraph) -> Iterator[Milestone]:
    text = document.text[paragraph.start : paragraph.end]
    dates = [one for one in find_deadlines(text, document.made_on) if one.day and not one.looks_back]
    if (not dates and "覆盖" not in text) or is_row(text):
        return
    masked = mask_asides(text)
    for sentence in sentences_of(masked):
        clauses = list(clauses_of(masked, sentence))
        for one in dates:
            if sentence.start <= one.start < sentence.end:
                yield from _dated(document, paragraph, text, clauses, one)
        for clause in clauses:
            said = text[clause.start : clause.end]
            if (
                _COVERAGE.search(said)
                and _ACHIEVES.search(said)
                and not is_already_so(said)
                and not any(clause.start <= one.start < clause.end for one in dates)
            ):
                quote = document.quote(paragraph.start + clause.start, paragraph.start + clause.end)
                yield Milestone(None, "coverage", quote, "milestone.coverage", 0.7)


def _dated(
    document: Document, paragraph: Paragraph, text: str, clauses: list[Clause], day: Deadline
) -> Iterator[Milestone]:
    """What follows a date up to the first clause with a number."""
    start, end = day.start, day.end
    for clause in clauses:
        if clause.end <= day.end:
            continue
        if any(quantity.unit for quantity in find_quantities(text[max(clause.start, day.end) : clause.end])):
            break
        if clause.start > end + 1 and find_deadlines(text[clause.start : clause.end], None):
            break
        end = clause.end
    if end > day.end + 4 and not _ANNOUNCES.search(text[start:end]):
        quote = document.quote(paragraph.start + start, paragraph.start + end)
        yield Milestone(day.day, "milestone", quote, "milestone.dated", 0.7)
