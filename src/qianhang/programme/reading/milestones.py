"""Milestones: what is to be so by a date without a number to count, and what is to be covered whole (全覆盖) or
to grow from a base that the plan does not state (较2024年翻一番).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

from qianhang.programme.reading.clauses import Clause, clauses_of, mask_asides, sentences_of
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.document import Document
from qianhang.programme.reading.exclusions import grows_from_a_base, is_already_so
from qianhang.programme.reading.findings import Milestone
from qianhang.programme.reading.quantities import find_quantities
from qianhang.programme.reading.sentence_claims import between
from qianhang.programme.reading.structure import Paragraph, Tree
from qianhang.programme.reading.tables import is_row

_COVERAGE = re.compile(
    r"全覆盖|全域覆盖|全[国省市区县域]{1,2}(?:范围)?覆盖|覆盖全(?:国|省|市|区|县|域|人|程|民|行业|社会)"
)
_SHORTEST = 4
"""Characters: 一期投产 says something."""
_MAY_STAND_ALONE = re.compile(r"覆盖|翻")
_ANNOUNCES = re.compile(r"(?:如下)?目标(?:如下)?$")
_ACHIEVES = re.compile(r"实现|建成|构建|形成|达到|完成|基本|全覆盖$")


def find_milestones(document: Document, tree: Tree) -> tuple[Milestone, ...]:
    """All milestones in the order of the text."""
    return tuple(one for paragraph in tree.paragraphs if paragraph.node for one in _milestones_of(document, paragraph))


def _milestones_of(document: Document, paragraph: Paragraph) -> Iterator[Milestone]:
    text = document.text[paragraph.start : paragraph.end]
    dates = [one for one in document.deadlines_in(text) if one.day and not one.looks_back]
    if (not dates and not _MAY_STAND_ALONE.search(text)) or is_row(text):
        return
    masked = mask_asides(text)
    for sentence in sentences_of(masked):
        own = between(dates, sentence)
        if not own and not _MAY_STAND_ALONE.search(text, sentence.start, sentence.end):
            continue
        clauses = list(clauses_of(masked, sentence))
        for day in own:
            end = _end_of(text, clauses, day, own)
            if end >= day.end + _SHORTEST and not _ANNOUNCES.search(text, day.start, end):
                quote = document.quote(paragraph.start + day.start, paragraph.start + end)
                yield Milestone(day.day, "milestone", quote, "milestone.dated", 0.7)
        for clause in clauses:
            said = text[clause.start : clause.end]
            covers = _COVERAGE.search(said) and _ACHIEVES.search(said) and not is_already_so(said)
            grows = grows_from_a_base(said) and not is_already_so(said)
            if grows or (covers and not between(own, clause)):
                quote = document.quote(paragraph.start + clause.start, paragraph.start + clause.end)
                kind = "relative" if grows else "coverage"
                yield Milestone(_day_before(own, clause), kind, quote, f"milestone.{kind}", 0.7)


def _end_of(text: str, clauses: Sequence[Clause], day: Deadline, dates: Sequence[Deadline]) -> int:
    """Where that ends which is to be so by a date: before the first clause with a number or with the next date."""
    end = day.end
    first = bisect_right(clauses, day.end, key=lambda clause: clause.end)
    for clause in clauses[first:]:
        later = clause.start > day.end and between(dates, clause)
        if later or any(one.unit for one in find_quantities(text[max(clause.start, day.end) : clause.end])):
            break
        end = clause.end
    return end


def _day_before(dates: Sequence[Deadline], clause: Clause) -> date | None:
    index = bisect_left(dates, clause.start, key=lambda one: one.start)
    return dates[index - 1].day if index else None
