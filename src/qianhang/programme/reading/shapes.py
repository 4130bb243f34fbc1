"""The lines of a text, each with what it looks like by itself: the alphabet that chrome.py reads documents in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from qianhang.programme.reading import furniture
from qianhang.programme.reading.document import Line


class Shape(StrEnum):
    """What a line looks like by itself."""

    FURNITURE = "furniture"
    PAGE_NUMBER = "page_number"
    NOTE = "note"
    """（此件公开发布）"""
    DATE = "date"
    ISSUER = "issuer"
    NUMBER = "number"
    HEADING = "heading"
    TITLE = "title"
    TITLE_REST = "title_rest"
    """The years of a plan, on a line of their own: （2019—2021年）."""
    ADDRESSEES = "addressees"
    ATTACHED = "attached"
    CONTENTS = "contents"
    NEWS = "news"
    TEXT = "text"


_ATTACHED = re.compile(r"(?:附件|附表|附录|附)(?:\d{0,2}|[一二三四五六七八九十]?)(?:[:.、]|$)")
ATTACHED_ALONE = re.compile(r"附(?:件|表|录)?(?:\d{0,2}|[一二三四五六七八九十]?):?$")
_ATTACHED_MORE = re.compile(r"\d{1,2}[.、][^。]{2,60}$")
_TITLE_REST = re.compile(r"\([^()。]{2,30}\)$")
_CONTENTS = re.compile(r"目录$|目次$")


def _shape(text: str) -> Shape:
    if furniture.is_issued_note(text):
        return Shape.NOTE
    if furniture.is_contents_line(text) or _CONTENTS.match(text):
        return Shape.CONTENTS
    for shape, is_so in _BY_LINE:
        if is_so(text):
            return shape
    if furniture.title_kind(text):
        return Shape.TITLE
    return Shape.ISSUER if furniture.is_issuer_line(text) else Shape.TEXT


_BY_LINE = (
    (Shape.PAGE_NUMBER, furniture.is_page_number),
    (Shape.DATE, furniture.is_date_line),
    (Shape.NUMBER, furniture.is_number_line),
    (Shape.HEADING, furniture.is_heading),
    (Shape.FURNITURE, furniture.is_furniture),
    (Shape.ADDRESSEES, furniture.is_addressees),
    (Shape.ATTACHED, lambda text: len(text) < 80 and bool(_ATTACHED.match(text))),
    (Shape.TITLE_REST, lambda text: bool(_TITLE_REST.fullmatch(text))),
)


@dataclass(slots=True)
class Page:
    """The lines of a text and the shape of each."""

    lines: Sequence[Line]
    shapes: list[Shape] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shapes = [_shape(line.text) for line in self.lines]
        self._mark_contents()
        self._mark_attachment_lists()

    def _mark_contents(self) -> None:
        """Entries of a table of contents without page numbers: lines after 目录 that come again later."""
        for index, line in enumerate(self.lines[:400]):
            if not _CONTENTS.match(line.text):
                continue
            later = {each.text[:40] for each in self.lines[index + 1 :]}
            seen: set[str] = set()
            for entry in range(index + 1, min(index + 300, len(self.lines))):
                text = self.lines[entry].text
                if self.shapes[entry] is Shape.CONTENTS:
                    continue
                if len(text) > 60 or text in seen or text[:40] not in later or text.endswith("。"):
                    break
                seen.add(text)
                if any(each.text.startswith(text) for each in self.lines[entry + 1 : entry + 2000]):
                    self.shapes[entry] = Shape.CONTENTS
                else:
                    break
            return

    def _mark_attachment_lists(self) -> None:
        for index in range(1, len(self.lines)):
            if self.shapes[index - 1] is not Shape.ATTACHED or ATTACHED_ALONE.match(self.lines[index - 1].text):
                continue
            if _ATTACHED_MORE.match(self.lines[index].text) and len(self.lines[index].text) < 60:
                self.shapes[index] = Shape.ATTACHED

    def has(self, index: int, *shapes: Shape) -> bool:
        return 0 <= index < len(self.shapes) and self.shapes[index] in shapes


_STYLES = (
    re.compile(r"第(?P<n>[一二三四五六七八九十百\d]+)(?:[编篇章]|部分)"),
    re.compile(r"第(?P<n>[一二三四五六七八九十百\d]+)条"),
    re.compile(r"(?P<n>[一二三四五六七八九十]{1,3})[、.]"),
    re.compile(r"\((?P<n>[一二三四五六七八九十]{1,3})\)"),
    re.compile(r"(?P<n>\d{1,2})[.、](?!\d)"),
)
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}


def order_of(text: str) -> tuple[int, int] | None:
    """Style (0 the highest) and number of a heading."""
    for style, pattern in enumerate(_STYLES):
        if found := pattern.match(text):
            numeral = found["n"]
            if numeral.isdigit():
                return style, int(numeral)
            tens, ten, ones = numeral.rpartition("十")
            return style, (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
    return None
