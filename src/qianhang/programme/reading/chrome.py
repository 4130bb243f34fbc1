"""Which lines of a text are a plan, and which are the page it was found on.

A file may hold a news item that repeats the targets, a notice, the plan that the notice sends out, annexes, a sign-off
and the furniture of a web page. `find_layout` cuts the text into such parts. It works from the inside out: the numbered
headings are the one thing that a page does not have, so a document is looked for around them, upwards to its title and
downwards to its sign-off; everything else is outside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qianhang.programme.reading import furniture
from qianhang.programme.reading.beginnings import (
    Span,
    documents_in,
    head_start,
    is_news,
    is_title_piece,
    start_without_headings,
)
from qianhang.programme.reading.document import Line, lines_between
from qianhang.programme.reading.normal import Normal
from qianhang.programme.reading.shapes import ATTACHED_ALONE, Page, Shape, order_of


class PartKind(StrEnum):
    PLAN = "plan"
    NOTICE = "notice"
    ANNEX = "annex"


@dataclass(frozen=True, slots=True)
class Part:
    """One document of the file. `lines` are its own words only: no title, no addressees, no sign-off."""

    kind: PartKind
    lines: Sequence[Line]
    title: Line | None = None
    """All lines of the title as one; `text` is without the line ends."""
    addressees: Line | None = None
    number: Line | None = None
    issuers: Sequence[Line] = ()
    signed: Line | None = None
    """The line with the date of the sign-off."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`main` is the part to read for findings; `outside` are the lines that belong to no document."""

    parts: Sequence[Part]
    main: Part
    outside: Sequence[Line]


def find_layout(normal: Normal) -> Layout:
    """Cut a text into its documents. Linear in its length; any text has a main part, if an empty one."""
    page = Page(tuple(lines_between(normal.text, 0, len(normal.text))))
    spans = list(documents_in(page))
    if not spans:
        spans = [Span(start=start_without_headings(page), heading=None, stop=len(page.lines))]
    parts: list[Part] = []
    floor = 0
    for span in spans:
        notice = _notice(page, floor, span.start)
        if notice is not None:
            parts.append(notice)
        part, after = _part(page, span)
        parts.append(part)
        floor = after
        annex = _annex(page, after, span.stop)
        if annex is not None:
            parts.append(annex)
    plans = [part for part in parts if part.kind is PartKind.PLAN]
    main = max(plans, key=lambda part: sum(furniture.is_heading(line.text) for line in part.lines))
    inside = {line.start for part in parts for line in part.lines}
    outside = tuple(line for line in page.lines if line.start not in inside)
    return Layout(parts=tuple(parts), main=main, outside=outside)


# --- Where they end --------------------------------------------------------------------------------------------------


def _part(page: Page, span: Span) -> tuple[Part, int]:
    """The document of a span, and the index of the first line after its words."""
    body, head = _after_head(page, span)
    end = span.stop if span.heading is None else _end(page, span.heading, span.stop)
    lines = _own_lines(page, body, end, head.title)
    if span.heading is not None:
        lines = _without_news(lines, page.lines[span.heading].start)
    issuers, signed, _ = _sign_off(page, end, span.stop)
    part = Part(
        kind=PartKind.PLAN,
        lines=lines,
        title=head.title,
        addressees=head.addressees,
        number=head.number,
        issuers=issuers or head.issuers,
        signed=signed or head.signed,
    )
    return part, end


def _without_news(lines: tuple[Line, ...], heading: int) -> tuple[Line, ...]:
    """A report on the plan between its title and its first heading is not the plan's preamble."""
    return tuple(line for line in lines if line.start >= heading or not is_news(line.text))


@dataclass(slots=True)
class _Head:
    title: Line | None = None
    addressees: Line | None = None
    number: Line | None = None
    issuers: tuple[Line, ...] = ()
    signed: Line | None = None


def _after_head(page: Page, span: Span) -> tuple[int, _Head]:
    """Title, number, date and addressees at the top of a document; and the index of its first line of words."""
    head = _Head()
    limit = span.heading if span.heading is not None else span.stop
    index = span.start
    pieces: list[Line] = []
    while index < limit and (page.has(index, Shape.TITLE) or (not pieces and _title_follows(page, index, limit))):
        pieces.append(page.lines[index])
        index += 1
    if pieces and page.has(index, Shape.TITLE_REST):
        pieces.append(page.lines[index])
        index += 1
    if pieces:
        head.title = Line(pieces[0].start, pieces[-1].end, "".join(piece.text for piece in pieces))
    while index < limit and not page.has(index, Shape.TEXT):
        line = page.lines[index]
        if page.has(index, Shape.ADDRESSEES):
            head.addressees = line
        elif page.has(index, Shape.NUMBER):
            head.number = line
        elif page.has(index, Shape.DATE):
            head.signed = line
        elif page.has(index, Shape.ISSUER):
            head.issuers = (*head.issuers, line)
        index += 1
    return index, head


def _title_follows(page: Page, index: int, limit: int) -> bool:
    ahead = index
    while ahead < limit and ahead < index + 3 and is_title_piece(page, ahead):
        ahead += 1
    return ahead > index and page.has(ahead, Shape.TITLE)


def _end(page: Page, begin: int, stop: int) -> int:
    """Index of the first line after a document's words: where it is signed, or where the page's foot begins."""
    last_heading = begin
    seen: dict[int, int] = {}
    previous = (0, 0)
    end = stop
    for index in range(begin, stop):
        shape = page.shapes[index]
        if shape is Shape.HEADING:
            order = order_of(page.lines[index].text)
            if order is None:
                continue
            if end < stop and not _goes_on(order, seen, previous):
                break
            seen = {style: number for style, number in seen.items() if style < order[0]} | {order[0]: order[1]}
            previous = order
            last_heading, end = index, stop
        elif end == stop and _may_end(page, index):
            end = index
    return _without_loose_tail(page, last_heading, end)


def _goes_on(order: tuple[int, int], seen: dict[int, int], previous: tuple[int, int]) -> bool:
    """Whether a heading after a possible end goes on with the numbers before it."""
    style, number = order
    if style in seen and number == seen[style] + 1:
        return True
    return number == 1 and style > previous[0] and style not in seen


def _may_end(page: Page, index: int) -> bool:
    if page.has(index, Shape.NOTE, Shape.DATE, Shape.ATTACHED):
        return True
    if page.has(index, Shape.FURNITURE):
        return furniture.begins_foot(page.lines[index].text) or not _prose_follows(page, index)
    return page.has(index, Shape.ISSUER) and any(
        page.has(after, Shape.DATE) and all(page.has(between, Shape.ISSUER) for between in range(index, after))
        for after in range(index + 1, min(index + 12, len(page.lines)))
    )


def _prose_follows(page: Page, index: int) -> bool:
    """Whether the document goes on below a line of furniture in its midst."""
    following = page.lines[index + 1 : index + 3]
    return any(
        len(line.text) >= 40 and line.text[-1] in "。)" and page.has(after, Shape.TEXT)
        for after, line in enumerate(following, start=index + 1)
    )


_SENTENCE_END = re.compile(r"[。;:,、.!?)】%\d\t]|[”》]$")


def _without_loose_tail(page: Page, last_heading: int, end: int) -> int:
    """Short lines without any mark after the last sentence: what a page holds below a document."""
    index = end
    while index - 1 > last_heading and not _SENTENCE_END.search(page.lines[index - 1].text[-1:] or " "):
        if len(page.lines[index - 1].text) > 24 or page.has(index - 1, Shape.HEADING):
            break
        index -= 1
    return index if index - 1 > last_heading else end


_DROPPED = frozenset({Shape.FURNITURE, Shape.PAGE_NUMBER, Shape.NOTE, Shape.CONTENTS, Shape.ATTACHED})


def _own_lines(page: Page, begin: int, end: int, title: Line | None) -> tuple[Line, ...]:
    repeated = title.text if title is not None else None
    return tuple(
        page.lines[index]
        for index in range(begin, end)
        if page.shapes[index] not in _DROPPED and page.lines[index].text != repeated
    )


def _sign_off(page: Page, end: int, stop: int) -> tuple[tuple[Line, ...], Line | None, int]:
    """Issuers and date of a sign-off at `end`, and the index after it."""
    issuers: list[Line] = []
    index = end
    while index < min(end + 12, stop):
        if page.has(index, Shape.ISSUER):
            issuers.append(page.lines[index])
        elif page.has(index, Shape.DATE):
            return tuple(issuers), page.lines[index], index + 1
        elif not page.has(index, Shape.ATTACHED, Shape.NOTE):
            break
        index += 1
    return tuple(issuers), None, index


# --- Notices and annexes ---------------------------------------------------------------------------------------------

_SENDS_OUT = re.compile(
    r"现?(?:将|把)?《[^》]{2,80}》.{0,60}(?:印发|转发|公布|发给)|现(?:予|将)?.{0,20}(?:印发|转发|公布)"
)


def _notice(page: Page, floor: int, stop: int) -> Part | None:
    """The notice that sends out the document which begins at `stop`."""
    sends = next(
        (
            index
            for index in range(stop - 1, floor - 1, -1)
            if page.has(index, Shape.TEXT) and _SENDS_OUT.search(page.lines[index].text)
        ),
        None,
    )
    addressed = next((index for index in range(floor, stop) if page.has(index, Shape.ADDRESSEES)), None)
    if addressed is None and (sends is None or is_news(page.lines[sends].text)):
        return None
    anchor = addressed if addressed is not None else sends
    if anchor is None:
        return None
    start = head_start(page, anchor, floor)
    body, head = _after_head(page, Span(start=start, heading=None, stop=stop))
    end = next((index for index in range(body, stop) if _may_end(page, index)), stop)
    issuers, signed, _ = _sign_off(page, end, stop)
    return Part(
        kind=PartKind.NOTICE,
        lines=_own_lines(page, body, end, head.title),
        title=head.title,
        addressees=head.addressees,
        number=head.number,
        issuers=issuers or head.issuers,
        signed=signed or head.signed,
    )


def _annex(page: Page, begin: int, stop: int) -> Part | None:
    """What stands after a line 附件 below the sign-off, such as a table of indicators."""
    marked = next(
        (
            index
            for index in range(begin, stop)
            if page.has(index, Shape.ATTACHED) and ATTACHED_ALONE.match(page.lines[index].text)
        ),
        None,
    )
    if marked is None:
        return None
    end = next((index for index in range(marked + 1, stop) if page.has(index, Shape.FURNITURE)), stop)
    lines = _own_lines(page, marked + 1, end, None)
    return Part(kind=PartKind.ANNEX, lines=lines) if lines else None
