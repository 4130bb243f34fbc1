"""Pieces of text on pages, put together to lines and paragraphs.

An official document (GB/T 9704-2012) has 28 characters to a line and 22 lines to a page, indents every paragraph by
two characters and prints the page number as — 3 —. Other layouts differ in the numbers, not in the idea: a line that
reaches the right margin goes on in the next one, unless that is indented or opens something.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

INDENT = "　　"

_PAGE_NUMBER = re.compile(
    r"\s*(?:[-—–－~·]{0,2}\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-—–－~·]{0,2}|第\s*\d{1,4}\s*页.{0,14}|\d{1,4}\s*/\s*\d{1,4})\s*"
)
_OPENING = re.compile(
    r"\s*(?:第[一二三四五六七八九十百\d]{1,4}[编篇章节条]|[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[）)]"
    r"|\d{1,2}[.．、﹒](?!\d)|——|[•●■◆]|附\s*[件表录])"
)
_STOPS = "。：:；;！？"


@dataclass(frozen=True, slots=True)
class Piece:
    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line on a page. Positions in points."""

    page: int
    x: float
    end: float
    y: float
    size: float
    text: str
    cells: bool = False


def text_of_pages(pages: Sequence[Sequence[Piece]]) -> tuple[str, bool]:
    """The text with paragraphs on one line each, indented as they were; and whether lines had to be joined."""
    rows = [list(_rows(page, number)) for number, page in enumerate(pages)]
    kept = [row for page in _without_margins(rows) for row in page]
    if not kept:
        return "", False
    left, right = _margins(kept)
    uses_indents = sum(_is_indented(row, left) for row in kept) * 8 >= len(kept)
    paragraphs = [_shown(kept[0], left)]
    joined = False
    for row, following in pairwise(kept):
        if _goes_on(row, following, left, right, uses_indents=uses_indents):
            paragraphs[-1] += _glue(row, following, right - 0.75 * row.size) + following.text
            joined = True
        else:
            paragraphs.append(_shown(following, left))
    return "\n".join(paragraphs), joined


# --- Lines of a page -------------------------------------------------------------------------------------------------


def _rows(page: Sequence[Piece], number: int) -> Iterator[Row]:
    row: Row | None = None
    for piece in page:
        for line in piece.text.splitlines() or [""]:
            if not line.strip():
                continue
            size = piece.size or 12.0
            if row is not None and abs(piece.y - row.y) < max(size, row.size) * 0.5 and "\n" not in row.text:
                gap = piece.x - row.end
                apart = gap > 1.6 * size
                text = row.text + ("\t" if apart else "") + line
                end = max(row.end, piece.x + _width(line, size))
                row = replace(row, text=text, end=end, cells=row.cells or apart)
            else:
                if row is not None:
                    yield row
                words = line.strip()
                row = Row(
                    number, piece.x, piece.x + _width(line, size), piece.y, size, line.rstrip() if words else line
                )
    if row is not None:
        yield row


def _width(text: str, size: float) -> float:
    return sum(0.5 if character < "\u2000" else 1.0 for character in text) * size


def _without_margins(pages: Sequence[Sequence[Row]]) -> Iterator[list[Row]]:
    """Pages without their numbers and without heads and feet that come again on most of them."""
    repeated = Counter(
        re.sub(r"\d+", "#", row.text.strip()) for page in pages for row in {*page[:1], *page[-2:]} if len(row.text) < 50
    )
    often = max(2, len(pages) // 2)
    for page in pages:
        kept = list(page)
        for edge in (0, -1, -1):
            if not kept:
                break
            row = kept[edge]
            words = row.text.strip()
            if _PAGE_NUMBER.fullmatch(words) or repeated[re.sub(r"\d+", "#", words)] >= often:
                del kept[edge]
        yield kept


# --- Paragraphs ------------------------------------------------------------------------------------------------------


def _margins(rows: Sequence[Row]) -> tuple[float, float]:
    """Where lines begin that are not indented, and where full lines end."""
    long = [row for row in rows if row.end - row.x > 12 * row.size and not row.cells] or list(rows)
    begins = Counter(round(row.x / 2) * 2 for row in long)
    left = min(x for x, count in begins.items() if count * 6 >= len(long) or count == max(begins.values()))
    ends = sorted(row.end for row in long)
    return float(left), ends[len(ends) * 9 // 10 - 1] if len(ends) > 2 else ends[-1]


def _is_indented(row: Row, left: float) -> bool:
    return row.x - left > 1.2 * row.size or row.text[:1] in ("\u3000", " ")


def _shown(row: Row, left: float) -> str:
    indented = 1.2 * row.size < row.x - left < 3.2 * row.size
    return (INDENT if indented and not row.text.startswith(INDENT) else "") + row.text


def _goes_on(row: Row, following: Row, left: float, right: float, *, uses_indents: bool) -> bool:
    """Whether the next line belongs to the paragraph of this one."""
    if row.cells or following.cells or _is_indented(following, left) or abs(row.size - following.size) > 1.5:
        return False
    words = row.text.rstrip()
    full = row.end >= right - 2.6 * row.size
    stopped = words[-1:] in _STOPS
    if _OPENING.match(following.text) and (stopped or not full or not uses_indents):
        return False
    if uses_indents:
        return full or (not stopped and row.end >= right - 0.3 * (right - left))
    return full and words[-1:] != "。"


def _glue(row: Row, following: Row, right: float) -> str:
    """A blank between two Latin words; nothing within one that a full line breaks, and nothing between Chinese ones."""
    before, after = row.text[-1:], following.text[:1]
    if row.end >= right or (before.isupper() and after.isupper()):
        return ""
    return " " if all(end.isascii() and end.isalpha() for end in (before, after)) else ""
