"""Lines wrapped at a fixed width, in text taken from a page layout: which line ends are only wraps.

GB/T 9704-2012 sets 28 characters to a line and 22 lines to a page, paragraphs indented by two characters. In such text
most lines are full; a paragraph ends with a line that is not, or before an indented line or a heading.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NARROWEST, WIDEST = 14.0, 60.0
"""Widths of a line in Chinese characters; what is narrower is a list, what is wider is not a page."""

_LINE = re.compile(r"[^\n]+")
_PAGE_NUMBER = re.compile(
    r"[ \t\0]*(?:[-—~·]{1,2}[ \0]*\d{1,4}[ \0]*[-—~·]{1,2}|第[ \0]*\d{1,3}[ \0]*页.{0,12}|\d{1,3})[ \t\0]*"
)
_OPENING = re.compile(
    r"[ \t\0]*(?:第[一二三四五六七八九十百\d]{1,4}[编篇章节条]|[一二三四五六七八九十]{1,3}[、.]"
    r"|\([一二三四五六七八九十\d]{1,3}\)"
    r"|\d{1,2}[.、](?!\d)|——|•|附[件表录]|[-—](?!\d))"
)
_GAP = re.compile(r"(?<=[^ \t\0\n])[ \0]{2,}(?=[^ \t\0\n])")
_HALF = re.compile(r"[\x21-\x7e]")
_STOPS = "。;:!?)"


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    width: float
    characters: int
    indented: bool
    cells: bool
    """A row of a table: gaps of several blanks inside."""
    opens: bool
    """Begins a paragraph by its shape: a heading's number, a bullet."""
    first: str
    last: str

    @property
    def reach(self) -> float:
        """Where it ends, counted from the left margin."""
        return self.width + (2 if self.indented else 0)


def blank_out_wraps(text: str) -> str:
    """The text with line ends that are only wraps made NUL, character for character; also the page numbers between."""
    if text.count("\n") < 8:
        return text
    lengths = sorted(len(line) for line in text.split("\n") if line)
    if not lengths or lengths[len(lengths) * 9 // 10] < NARROWEST:
        return text
    lines = [_line(text, found) for found in _LINE.finditer(text)]
    words = [line for line in lines if line.width > 0 and not _is_page_number(text, line)]
    full = _full_width(words)
    if full is None:
        return text
    most = sorted(line.characters for line in words)[len(words) * 9 // 10 - 1]
    indents = sum(line.indented for line in words) > max(2, len(words) // 20)
    gaps: list[tuple[int, int]] = []
    in_paragraph = False
    for line, following in pairwise(words):
        in_paragraph = line.indented or in_paragraph
        reaches = line.reach >= full - 2.5 or line.characters >= most - 1
        if indents:
            reaches = reaches or (in_paragraph and line.width >= full * 2 / 3 and line.last not in _STOPS)
            wrapped = reaches and not following.indented
        else:
            # Without indents a first line is shorter by what its indent was.
            within = line.last not in _STOPS or following.first == "("
            wrapped = within and (reaches or line.reach >= full - 4.5)
        in_paragraph = in_paragraph and wrapped
        if wrapped and not following.opens and not line.cells and not following.cells:
            gaps.append((line.end, following.start))
    return _blanked(text, gaps)


def cells_of(row: str) -> list[str]:
    """The cells of a row that is laid out by runs of blanks; a single cell where it is no such row."""
    row = row.strip(" \t\0")
    cells = _GAP.split(row) if "  " in row else [row]
    if len(cells) < 3 or (max(map(len, cells)) < 2 or not any(character.isdigit() for character in row)):
        return [row]
    return cells


def part_cells(text: str) -> str:
    """The text with a tab between the cells of rows that are laid out by blanks, character for character."""
    if "  " not in text:
        return text
    return "\n".join(
        _GAP.sub(lambda gap: "\t".ljust(len(gap[0]), "\0"), line) if len(cells_of(line)) > 2 else line
        for line in text.split("\n")
    )


def _is_page_number(text: str, line: "_Line") -> bool:
    return line.width < 9 and bool(_PAGE_NUMBER.fullmatch(text, line.start, line.end))


def _line(text: str, found: re.Match[str]) -> _Line:
    words = found[0].replace("\0", "").strip(" \t")
    return _Line(
        start=found.start(),
        end=found.end(),
        width=len(words) - len(_HALF.findall(words)) / 2,
        characters=len(words),
        indented=found[0][:1] in (" ", "\t"),
        cells=len(cells_of(found[0])) > 2,
        opens=bool(_OPENING.match(found[0])),
        first=words[:1],
        last=words[-1:],
    )


def _full_width(lines: Sequence[_Line]) -> float | None:
    """The width at which the lines are wrapped; None where they are not.

    Wrapped text has many lines of one width, none that is wider, and most of the full ones end within a sentence.
    """
    if len(lines) < 8:
        return None
    reaches = sorted(line.reach for line in lines)
    full = reaches[len(reaches) * 9 // 10 - 1]
    if not NARROWEST <= full <= WIDEST:
        return None
    too_wide = len(reaches) - bisect_left(reaches, full + 3)
    nearly_full = [line for line in lines if full - 2.5 <= line.reach < full + 3]
    broken = sum(line.last not in _STOPS for line in nearly_full)
    # Short lines are headings, and the furniture of a page that the text was copied with.
    long = sum(line.reach >= full / 2 for line in lines)
    many = len(nearly_full) * 5 >= long * 2 and broken * 2 >= len(nearly_full)
    return full if many and too_wide <= len(lines) // 12 else None


def _blanked(text: str, gaps: Sequence[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in gaps:
        pieces += (text[at:start], "\0" * (end - start))
        at = end
    return "".join((*pieces, text[at:]))
