"""Where findings stand in a document: the text cut into pieces, each with all the findings that cover it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` belong to finding number `number`; `copy` counts its places in the document."""

    start: int
    end: int
    number: int
    kind: str = ""
    copy: int = 1


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    spans: tuple[Span, ...]
    """Those that cover the whole piece, the longest first."""
    begins: tuple[Span, ...]
    """Those of them that begin with this piece."""


def pieces(text: str, spans: Iterable[Span]) -> Iterator[Piece]:
    """The whole text in order: no character is lost or repeated, and no piece goes over a line's end.

    Spans may overlap in any way; what lies outside the text, or is empty, is left out, and one given twice counts once.
    """
    kept = sorted({one for one in spans if 0 <= one.start < one.end <= len(text)})
    cuts = {0, len(text)}
    cuts.update(one.start for one in kept)
    cuts.update(one.end for one in kept)
    at = text.find("\n")
    while at != -1:
        cuts.add(at + 1)
        at = text.find("\n", at + 1)
    edges = sorted(cuts)
    waiting = 0
    open_: list[Span] = []
    for start, end in pairwise(edges):
        open_ = [one for one in open_ if one.end > start]
        begins = []
        while waiting < len(kept) and kept[waiting].start == start:
            begins.append(kept[waiting])
            waiting += 1
        open_ += begins
        yield Piece(
            text=text[start:end],
            spans=tuple(sorted(open_, key=lambda one: (one.start - one.end, one.number))),
            begins=tuple(begins),
        )
