"""Which lines of a text are a plan, and which are the page it was found on.

A file may hold a news item that repeats the targets, a notice, the plan that the notice sends out, annexes, a sign-off
and the furniture of a web page. `find_layout` cuts the text into such parts. It works from the inside out: the numbered
headings are the one thing that a page does not have, so a document is looked for around them, upwards to its title and
downwards to its sign-off; everything else is outside.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qianhang.programme.reading import furniture
from qianhang.programme.reading.document import Line, lines_between
from qianhang.programme.reading.normal import Normal
from qianhang.programme.reading.shapes import ATTACHED_ALONE, Page, Shape, order_of

FARTHEST_TITLE = 14
"""Lines between the first heading and the title above it; a preamble is shorter than that."""


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
    spans = list(_documents(page))
    if not spans:
        spans = [_Span(start=_start_without_headings(page), heading=None, stop=len(page.lines))]
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


_OWN_WORDS = re.compile(r"制[定订]本|(?:提出|制定)(?:如下|以下|本)")
_NEWS = re.compile(
    r"(?:方案|计划|意见|措施|规划|《[^》]{1,60}》|文件|通知|纲要)[^。]{0,12}(?:指出|提出|明确|强调)[,:]"
    r"|(?:近日|日前|昨日|今日|获悉|记者|本报|本网|新华社|.{0,8}日(?:讯|电)|.{0,12}(?:印发|发布|出台|公布)(?:了)?《)"
)


def _is_news(text: str) -> bool:
    """Whether a paragraph reports on a plan, rather than being part of it."""
    return bool(_NEWS.search(text)) and not _OWN_WORDS.search(text)


# --- Where documents begin -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    heading: int | None
    """Index of the first numbered heading."""
    stop: int
    """Index of the first line that is the next document's, or the number of lines."""


_FIRST = re.compile(r"(?:第一[编篇章条]|一[、.]|\(一\)|1[.、]|\(1\))")


def _documents(page: Page) -> Iterator[_Span]:
    """Documents around numbered headings, in order."""
    headings = [index for index, shape in enumerate(page.shapes) if shape is Shape.HEADING]
    if not headings:
        return
    styles = {order[0] for index in headings if (order := order_of(page.lines[index].text)) is not None}
    top = min(styles, default=0)
    firsts = [index for index in headings if order_of(page.lines[index].text) == (top, 1)]
    begins: list[tuple[int, int]] = []
    for heading in firsts or headings[:1]:
        floor = begins[-1][1] + 1 if begins else 0
        start = _start(page, heading, floor)
        if not begins or _begins_anew(page, start, floor):
            begins.append((start, heading))
    if begins[0][1] > headings[0] and not _begins_anew(page, begins[0][0], headings[0] + 1):
        begins[0] = (_start(page, headings[0], 0), headings[0])
    stops = [start for start, _ in begins[1:]] + [len(page.lines)]
    for (start, heading), stop in zip(begins, stops, strict=True):
        yield _Span(start=start, heading=heading, stop=stop)


def _start(page: Page, heading: int, floor: int) -> int:
    """Index of the first line of the document whose first heading this is."""
    start = heading
    for index in range(heading - 1, max(floor, heading - FARTHEST_TITLE) - 1, -1):
        shape = page.shapes[index]
        if shape is Shape.TITLE:
            return _title_start(page, index, floor)
        if shape is Shape.ADDRESSEES:
            return _head_start(page, index, floor)
        if shape is Shape.NOTE or (shape is Shape.DATE and page.has(index - 1, Shape.ISSUER)):
            return start
        if shape is Shape.HEADING:
            return start
        if shape is Shape.TEXT and not _is_news(page.lines[index].text):
            start = index
    return start


def _head_start(page: Page, addressees: int, floor: int) -> int:
    """From the addressees upwards over number, date and furniture to the title, where there is one."""
    for index in range(addressees - 1, max(floor, addressees - 8) - 1, -1):
        if page.shapes[index] is Shape.TITLE:
            return _title_start(page, index, floor)
        if page.shapes[index] in (Shape.TEXT, Shape.HEADING):
            break
    return addressees


def _title_start(page: Page, index: int, floor: int) -> int:
    """A title may be broken over lines: 某省人民政府关于加快推进 / 人工智能创新发展的实施意见."""
    while index - 1 >= floor and _is_title_piece(page, index - 1) and not _is_whole_title(page.lines[index].text):
        index -= 1
    return index


_WHOLE_TITLE = re.compile(
    r"(?:中共|国务院|中华人民共和国|[\u3400-\u9fff]{2,12}?(?:省|自治区|市|县|州|盟|旗|特别行政区)|[\u3400-\u9fff]{1,12}(?:部|委员会|厅|局|办公厅|办公室)(?:关于|印发|办公))"
)


def _is_whole_title(text: str) -> bool:
    return bool(_WHOLE_TITLE.match(text))


def _is_title_piece(page: Page, index: int) -> bool:
    text = page.lines[index].text
    if not page.has(index, Shape.TEXT, Shape.ISSUER) or len(text) > 45 or re.search(r"[,。;:!?]", text):
        return False
    return page.has(index, Shape.ISSUER) or "关于" in text or "印发" in text or _is_whole_title(text)


def _begins_anew(page: Page, start: int, floor: int) -> bool:
    """Whether a document begins at `start`, after what began before `floor`: its title, or the end of the other."""
    if not page.has(start, Shape.TITLE, Shape.ISSUER, Shape.ADDRESSEES, Shape.TEXT):
        return False
    if page.has(start, Shape.TITLE) and len(page.lines[start].text) >= 8:
        return True
    before = range(max(floor, start - 4), start)
    return any(page.has(index, Shape.NOTE, Shape.DATE, Shape.ATTACHED) for index in before)


def _start_without_headings(page: Page) -> int:
    """A text without one numbered heading: after its title or its addressees, else at its first line of words."""
    titles = [index for index, shape in enumerate(page.shapes) if shape is Shape.TITLE]
    for index in titles:
        if any(page.has(after, Shape.TEXT) for after in range(index + 1, min(index + 4, len(page.lines)))):
            return index
    return 0


# --- Where they end --------------------------------------------------------------------------------------------------


def _part(page: Page, span: _Span) -> tuple[Part, int]:
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
    return tuple(line for line in lines if line.start >= heading or not _is_news(line.text))


@dataclass(slots=True)
class _Head:
    title: Line | None = None
    addressees: Line | None = None
    number: Line | None = None
    issuers: tuple[Line, ...] = ()
    signed: Line | None = None


def _after_head(page: Page, span: _Span) -> tuple[int, _Head]:
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
    while ahead < limit and ahead < index + 3 and _is_title_piece(page, ahead):
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
    if page.has(index, Shape.NOTE, Shape.FURNITURE, Shape.DATE, Shape.ATTACHED):
        return True
    return page.has(index, Shape.ISSUER) and any(
        page.has(after, Shape.DATE) and all(page.has(between, Shape.ISSUER) for between in range(index, after))
        for after in range(index + 1, min(index + 12, len(page.lines)))
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
    if addressed is None and (sends is None or _is_news(page.lines[sends].text)):
        return None
    anchor = addressed if addressed is not None else sends
    if anchor is None:
        return None
    start = _head_start(page, anchor, floor)
    body, head = _after_head(page, _Span(start=start, heading=None, stop=stop))
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
