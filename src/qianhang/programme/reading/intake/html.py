"""Web pages: blocks become lines, cells are parted by tabs, and what a reader does not see is left out."""

import re

from lxml import etree  # type: ignore[import-untyped]

from qianhang.programme.reading.intake.encodings import decode
from qianhang.programme.reading.intake.mojibake import repair
from qianhang.programme.reading.intake.tables import lines_of_row
from qianhang.programme.reading.refusals import LONGEST_TEXT, ReadingRefused

MOST_TAGS = 400_000
"""A tree of lxml takes about 250 bytes for an element; a page of a plan has some thousands of tags."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]{2,20})", re.IGNORECASE)
_NAMES = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}

# fmt: off
_UNSEEN = frozenset((
    "script", "style", "head", "title", "meta", "link", "noscript", "template", "nav", "dialog",
    "svg", "math", "canvas", "iframe", "object", "embed", "applet", "audio", "video", "map", "area",
    "form", "select", "option", "datalist", "button", "input", "textarea", "rt", "rp",
))
_BLOCKS = frozenset((
    "html", "body", "main", "article", "section", "aside", "header", "footer", "div", "center", "p", "pre",
    "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "hr", "address", "blockquote", "figure", "figcaption", "details",
    "summary", "fieldset", "legend", "menu", "ol", "ul", "li", "dl", "dt", "dd",
    "table", "caption", "thead", "tbody", "tfoot", "tr",
))
# fmt: on
_CELLS = frozenset({"td", "th"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LIMITS = re.compile("depth|huge|too long|limit", re.IGNORECASE)
_BLANKS = re.compile(r"[ \f]*[\t\r\n][ \t\r\n\f]*")
# Runs of plain blanks stay: in text that was pasted into a page they part the cells of a table.


def read_html(data: bytes) -> tuple[str, str, str, list[str]]:
    """Text, format, encoding and notes of a web page.

    Raises:
        ReadingRefused: hostile, damaged, unknown_encoding.
    """
    declared = _CHARSET.search(data[:8192])
    name = declared[1].decode("ascii").lower() if declared is not None else None
    markup, encoding, notes = decode(data, declared=_NAMES.get(name, name) if name is not None else None)
    if markup.count("<") > MOST_TAGS:
        raise ReadingRefused("hostile", format="html")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(markup.replace("\0", "").encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ReadingRefused("damaged", format="html") from error
    if any(_LIMITS.search(entry.message) for entry in parser.error_log):
        raise ReadingRefused("hostile", format="html")
    if root is None:
        raise ReadingRefused("empty")
    text = _Reader().read(root)
    if len(text) > LONGEST_TEXT:
        raise ReadingRefused("too_long", limit=LONGEST_TEXT)
    text, more = repair(text)
    return text, "html", encoding, notes + more


class _Reader:
    """Walks a tree without recursion: a hostile page nests deeper than a stack reaches."""

    def __init__(self) -> None:
        self.frames: list[list[str]] = [[]]
        """The lines of the page, and of every table cell that is open."""
        self.rows: list[list[list[str]]] = []
        """The cells, as lines, of every table row that is open."""
        self.line: list[str] = []
        self.counts: list[int | None] = []
        """For every list that is open the number of its next item; None for a list without numbers."""
        self.preformatted = 0

    def read(self, root: etree._Element) -> str:
        skipped: etree._Element | None = None
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                if skipped is None and _is_unseen(tag, element):
                    skipped = element
                elif skipped is None:
                    self._begin(tag, element)
                    self._add(element.text)
                continue
            if skipped is None:
                self._finish(tag)
            elif skipped is element:
                skipped = None
            if skipped is None:
                self._add(element.tail)
        self._end_line()
        return "\n".join(self.frames[0])

    def _begin(self, tag: str, element: etree._Element) -> None:
        if tag == "br" or tag in _BLOCKS or tag in _CELLS:
            self._end_line()
        if tag == "tr":
            self.rows.append([])
        elif tag in _CELLS and self.rows:
            self.frames.append([])
        elif tag in ("ol", "ul"):
            self.counts.append(_first_number(element) if tag == "ol" else None)
        elif tag == "li" and self.counts and (number := self.counts[-1]) is not None:
            self.line.append(f"{number}. ")
            self.counts[-1] = number + 1
        elif tag == "pre":
            self.preformatted += 1

    def _finish(self, tag: str) -> None:
        if tag in _BLOCKS or tag in _CELLS:
            self._end_line()
        if tag in _CELLS and len(self.frames) > 1:
            self.rows[-1].append(self.frames.pop())
        elif tag == "tr" and self.rows:
            self.frames[-1] += lines_of_row(self.rows.pop())
        elif tag in ("ol", "ul") and self.counts:
            self.counts.pop()
        elif tag == "pre":
            self.preformatted -= 1

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if not self.preformatted:
            self.line.append(_BLANKS.sub(" ", text))
            return
        first, *rest = text.split("\n")
        self.line.append(first)
        for line in rest:
            self._end_line()
            self.line.append(line)

    def _end_line(self) -> None:
        line = "".join(self.line).strip(" \t")
        self.line.clear()
        if line:
            self.frames[-1].append(line)


def _is_unseen(tag: str, element: etree._Element) -> bool:
    return tag in _UNSEEN or element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style", "")))


def _first_number(element: etree._Element) -> int:
    start = element.get("start", "1")
    return int(start) if start.isascii() and start.isdecimal() and len(start) < 6 else 1
