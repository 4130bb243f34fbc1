"""A plan as the readers see it: normalised text, cut into the lines that are the plan's own.

Positions are indices into `Document.text` (normalised). Only `Document.quote` leads back to the original's words and
offsets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from qianhang.programme.reading.deadlines import Deadline, find_deadlines
from qianhang.programme.reading.findings import Quote


class NormalText(Protocol):
    """What the readers need of a normalised text (see normal.py)."""

    @property
    def text(self) -> str: ...

    def quote(self, start: int, end: int) -> Quote: ...

    def words(self, start: int, end: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its outer blanks: `document.text[start:end] == text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One plan: where it stands in the text, line by line, and when it was made."""

    normal: NormalText
    lines: Sequence[Line]
    made_on: date | None = None
    """The document's own date; deadlines such as 三年内 count from it."""
    years: tuple[int, int] | None = None
    """The first and last year of the plan where its title states them: 三年内 is then these, and names no date."""

    @property
    def text(self) -> str:
        return self.normal.text

    @property
    def begins_in(self) -> int | None:
        """The year before which nothing is promised."""
        known = [year for year in (self.made_on and self.made_on.year, self.years and self.years[0]) if year]
        return min(known, default=None)

    def deadlines_in(self, text: str) -> list[Deadline]:
        """The dates of one paragraph of the document, in order."""
        return find_deadlines(text, self.made_on, self.years)

    def quote(self, start: int, end: int) -> Quote:
        return self.normal.quote(start, end)

    def words(self, start: int, end: int) -> str:
        """The original's own characters without what was dropped inside: a name, however it was broken over lines."""
        return self.normal.words(start, end)


def lines_between(text: str, start: int, end: int) -> Iterator[Line]:
    """The lines of `text[start:end]` that hold more than blanks, in order."""
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        whole = text[at:stop]
        words = whole.strip()
        if words:
            begin = at + len(whole) - len(whole.lstrip())
            yield Line(begin, begin + len(words), words)
        at = stop + 1
