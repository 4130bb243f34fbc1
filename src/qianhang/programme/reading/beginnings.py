"""Where documents begin: from the first numbered heading upwards over the preamble to addressees and title."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qianhang.programme.reading.shapes import Page, Shape, order_of

FARTHEST_TITLE = 14
"""Lines between the first heading and the title above it; a preamble is shorter than that."""

_NOT_TITLE = re.compile(r"[,。;:!?]|文件$|公报$")
_MARK = re.compile("[,。;:]")
_OWN_WORDS = re.compile(r"制[定订]本|(?:提出|制定)(?:如下|以下|本)")
_NEWS = re.compile(
    r"(?:方案|计划|意见|措施|规划|《[^》]{1,60}》|文件|通知|纲要)[^。]{0,12}(?:指出|提出|明确|强调)[,:]"
    r"|(?:近日|日前|昨日|今日|获悉|记者|本报|本网|新华社|.{0,8}日(?:讯|电)|.{0,12}(?:印发|发布|出台|公布)(?:了)?《)"
)


def is_news(text: str) -> bool:
    """Whether a paragraph reports on a plan, rather than being part of it."""
    return bool(_NEWS.search(text)) and not _OWN_WORDS.search(text)


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    heading: int | None
    """Index of the first numbered heading."""
    stop: int
    """Index of the first line that is the next document's, or the number of lines."""


def documents_in(page: Page) -> Iterator[Span]:
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
        yield Span(start=start, heading=heading, stop=stop)


def _start(page: Page, heading: int, floor: int) -> int:
    """Index of the first line of the document whose first heading this is."""
    start = heading
    bare = False
    for index in range(heading - 1, max(floor, heading - FARTHEST_TITLE) - 1, -1):
        shape, text = page.shapes[index], page.lines[index].text
        if shape is Shape.TITLE:
            return _title_start(page, index, floor)
        if shape is Shape.ADDRESSEES:
            return head_start(page, index, floor)
        if shape in (Shape.NOTE, Shape.HEADING) or (shape is Shape.DATE and page.has(index - 1, Shape.ISSUER)):
            return start
        # Furniture may stand between a title and its preamble; above it only a title is looked for.
        bare = bare or shape is Shape.FURNITURE
        if shape is Shape.TEXT and not bare and _is_sentence(text) and not is_news(text):
            start = index
    return start


def _is_sentence(text: str) -> bool:
    """Prose, not a word of a menu."""
    return len(text) >= 20 or bool(_MARK.search(text))


def head_start(page: Page, addressees: int, floor: int) -> int:
    """From the addressees upwards over number, date and furniture to the title, where there is one."""
    for index in range(addressees - 1, max(floor, addressees - 8) - 1, -1):
        if page.shapes[index] is Shape.TITLE:
            return _title_start(page, index, floor)
        if page.shapes[index] in (Shape.TEXT, Shape.HEADING):
            break
    return addressees


def _title_start(page: Page, index: int, floor: int) -> int:
    """A title may be broken over lines: 某省人民政府关于加快推进 / 人工智能创新发展的实施意见."""
    while index - 1 >= floor and is_title_piece(page, index - 1) and not _is_whole_title(page.lines[index].text):
        index -= 1
    return index


_WHOLE_TITLE = re.compile(
    r"(?:中共|国务院|中华人民共和国|[\u3400-\u9fff]{2,12}?(?:省|自治区|市|县|州|盟|旗|特别行政区)|[\u3400-\u9fff]{1,12}(?:部|委员会|厅|局|办公厅|办公室)(?:关于|印发|办公))"
)


def _is_whole_title(text: str) -> bool:
    return bool(_WHOLE_TITLE.match(text))


def is_title_piece(page: Page, index: int) -> bool:
    text = page.lines[index].text
    if not page.has(index, Shape.TEXT, Shape.ISSUER) or len(text) > 45 or _NOT_TITLE.search(text):
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


def start_without_headings(page: Page) -> int:
    """A text without one numbered heading: after its title or its addressees, else at its first line of words."""
    titles = [index for index, shape in enumerate(page.shapes) if shape is Shape.TITLE]
    for index in titles:
        if any(page.has(after, Shape.TEXT) for after in range(index + 1, min(index + 4, len(page.lines)))):
            return index
    return 0
