"""Tables of indicators: one row per indicator, one column per year.

Cells are parted by tabs (Word, HTML, columns laid out by blanks) or by bars. A header is a row that has a year in at
least one cell and names an indicator column; rows below it with the same number of cells are read until another kind
of line comes. A column of what has been (基期, 现状, 完成) is left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from qianhang.programme.reading.document import Document
from qianhang.programme.reading.findings import DeadlineSource, Target
from qianhang.programme.reading.quantities import Quantity, find_quantities
from qianhang.programme.reading.structure import Paragraph
from qianhang.programme.reading.units import canonical, in_full

_CELL = re.compile(r"[^\t|]+")
_YEAR = re.compile(r"(20\d\d)年?")
_PAST = re.compile(r"基期|基数|基准|现状|完成|实际|当前|目前")
_NAME = re.compile(r"指标|名称|项目|内容|目标")
_UNIT = re.compile(r"单位")
_GROUP = re.compile(r"类别|分类|一级|领域|类型|序号|编号|属性|性质|备注")
_UNIT_IN_NAME = re.compile(r"\(([^()]{1,8})\)$")
_SUBJECT = "指标"
# Each value quotes its whole row: a row of thousands would be quoted thousands of times.
MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    name: int
    unit: int | None
    years: Sequence[tuple[int, date]]


def is_row(text: str) -> bool:
    """True for a line that is cells rather than words."""
    return text.count("\t") >= 2 or text.count("|") >= 2


def find_table_targets(document: Document, paragraphs: Sequence[Paragraph]) -> Iterator[Target]:
    """The targets of every table of indicators among the paragraphs."""
    header: _Header | None = None
    for paragraph in paragraphs:
        text = document.text[paragraph.start : paragraph.end]
        if not is_row(text):
            header = None
            continue
        cells = [_Cell(one.start(), one.end(), one.group().strip()) for one in _CELL.finditer(text)]
        opened = _header_of(cells, document.made_on)
        if opened is not None:
            header = opened
        elif header is not None and len(cells) == header.width:
            yield from _targets_of(document, paragraph, cells, header)


def _header_of(cells: Sequence[_Cell], made_on: date | None) -> _Header | None:
    years = [
        (index, date(int(found[1]), 12, 31))
        for index, cell in enumerate(cells)
        if (found := _YEAR.search(cell.text)) and not _PAST.search(cell.text)
    ]
    years = [one for one in years if made_on is None or one[1] >= made_on]
    names = [
        index
        for index, cell in enumerate(cells)
        if _NAME.search(cell.text) and not _GROUP.search(cell.text) and not _YEAR.search(cell.text)
    ]
    if not years or not names:
        return None
    named = next((index for index in names if _SUBJECT in cells[index].text), names[0])
    unit = next((index for index, cell in enumerate(cells) if _UNIT.search(cell.text) and index != named), None)
    return _Header(len(cells), named, unit, tuple(years[:MOST_YEARS]))


def _targets_of(document: Document, paragraph: Paragraph, cells: Sequence[_Cell], header: _Header) -> Iterator[Target]:
    name = cells[header.name]
    unit_words, name_end = "", name.end
    if header.unit is not None:
        unit_words = cells[header.unit].text
    elif found := _UNIT_IN_NAME.search(name.text):
        unit_words, name_end = found[1], name.start + found.start()
    indicator = document.words(paragraph.start + name.start, paragraph.start + name_end).strip()
    for index, day in header.years:
        value = _value_of(cells[index].text, unit_words)
        if value is None or not indicator:
            continue
        yield Target(
            indicator=indicator,
            comparator=value.comparator,
            comparator_raw=value.raw,
            value=value.value,
            value_max=value.value_max,
            unit=in_full(value.unit),
            canonical=canonical(value.value, value.unit),
            deadline=day,
            deadline_source=DeadlineSource.ANCESTOR,
            period=None,
            aim=False,
            section=paragraph.node.path if paragraph.node else "",
            quotes=(document.quote(paragraph.start, paragraph.end),),
            rule="target.table",
            confidence=0.8,
        )


def _value_of(words: str, unit: str) -> Quantity | None:
    """The cell as a quantity, with the unit of the row where the cell has none."""
    words = words.strip("[]【】 ")
    bare = "" if unit in ("-", "—", "/", "") else unit
    number = re.match(r"[≥≤><]?[\d,.\-]+", words)
    bare_number = number is not None and not words[number.end() :].startswith(("%", "万", "亿", bare or "%"))
    found = find_quantities(words[: number.end()] + bare + words[number.end() :]) if number and bare_number else []
    found = found or find_quantities(words)
    if not found:
        found = find_quantities(f"达到{words}")
    if len(found) != 1:
        return None
    return found[0]
