"""Word files: the text as a reader of the page sees it, automatic numbers included.

Office Open XML (ISO/IEC 29500-1, WordprocessingML). Parts are read from the archive one by one with a bound on what
they unpack to; a document type declaration, which the standard forbids and entity bombs need, is refused.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from qianhang.programme.reading.intake.numbering import Numbering
from qianhang.programme.reading.intake.tables import lines_of_row
from qianhang.programme.reading.refusals import ReadingRefused

LARGEST_PART = 24 << 20
MOST_TAGS = 500_000
MOST_ENTRIES = 5_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, KeyError)


def read_docx(data: bytes) -> tuple[str, str, None, list[str]]:
    """Text, format, encoding (none) and notes of a .docx file.

    Raises:
        ReadingRefused: other_format for another kind of archive, hostile, damaged, encrypted.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise ReadingRefused("damaged", format="docx") from error
    with archive:
        names = archive.namelist()
        if len(names) > MOST_ENTRIES:
            raise ReadingRefused("hostile", format="docx")
        if "word/document.xml" not in names:
            raise ReadingRefused("other_format", found=_kind_of_archive(names))
        body = _part(archive, "word/document.xml")
        reader = _Reader(
            Numbering(_optional(archive, "word/numbering.xml", names), _optional(archive, "word/styles.xml", names))
        )
        lines = list(reader.lines(body))
        footnotes = _optional(archive, "word/footnotes.xml", names) if reader.footnotes else None
        if footnotes is not None:
            lines += reader.footnote_lines(footnotes)
    return "\n".join(lines), "docx", None, sorted(reader.notes)


def _kind_of_archive(names: list[str]) -> str:
    first = {name.split("/", 1)[0] for name in names}
    return next(
        (kind for folder, kind in (("xl", "xlsx"), ("ppt", "pptx"), ("OFD.xml", "ofd")) if folder in first), "archive"
    )


def _optional(archive: zipfile.ZipFile, name: str, names: list[str]) -> etree._Element | None:
    return _part(archive, name) if name in names else None


def _part(archive: zipfile.ZipFile, name: str) -> etree._Element:
    try:
        with archive.open(name) as file:
            xml = file.read(LARGEST_PART + 1)
    except RuntimeError as error:
        raise ReadingRefused("encrypted") from error
    except _DAMAGED as error:
        raise ReadingRefused("damaged", format="docx") from error
    if len(xml) > LARGEST_PART or xml.count(b"<") > MOST_TAGS or b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise ReadingRefused("hostile", format="docx")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml.replace(_STRICT, _W[1:-1].encode()), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ReadingRefused("damaged", format="docx") from error
    if root.getroottree().docinfo.doctype:
        raise ReadingRefused("hostile", format="docx")
    return root


class _Reader:
    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.notes: set[str] = set()
        self.footnotes: list[str] = []
        self.carried = ""
        """The words of a paragraph whose mark was deleted: they belong to the next."""

    def lines(self, root: etree._Element) -> Iterator[str]:
        body = root.find(f"{_W}body")
        for block in () if body is None else self._blocks(body):
            yield from self._lines_of(block)

    def _lines_of(self, block: etree._Element) -> list[str]:
        if block.tag == f"{_W}tbl":
            return [line for row in self._rows(block) for line in row]
        text, boxes = self._paragraph(block)
        return [line for line in (*text.split("\n"), *boxes) if line.strip()]

    def _blocks(self, parent: etree._Element) -> Iterator[etree._Element]:
        """Paragraphs and tables in order, also inside content controls and tracked insertions."""
        stack = [iter(parent)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            elif child.tag in (f"{_W}p", f"{_W}tbl"):
                yield child
            elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo"):
                stack.append(iter(child))

    def _rows(self, table: etree._Element) -> Iterator[list[str]]:
        for row in table.iter(f"{_W}tr"):
            if row.find(f"{_W}trPr/{_W}del") is not None:
                self.notes.add("tracked_changes")
                continue
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue
            cells: list[list[str]] = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is row:
                    cells.append(self._cell(cell))
            yield lines_of_row(cells)

    def _cell(self, cell: etree._Element) -> list[str]:
        lines: list[str] = []
        for block in self._blocks(cell):
            if block.tag == f"{_W}tbl":
                lines += [" ".join(words.text or "" for words in row.iter(f"{_W}t")) for row in block.iter(f"{_W}tr")]
            else:
                lines += self._lines_of(block)
        return lines

    def _paragraph(self, paragraph: etree._Element) -> tuple[str, list[str]]:
        """The text of a paragraph with its number, and the lines of the text boxes that hang on it."""
        pieces: list[str] = []
        boxes: list[str] = []
        self._runs(paragraph, pieces, boxes)
        words = "".join(pieces)
        if paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None:
            self.notes.add("tracked_changes")
            self.carried += words
            return "", boxes
        words, self.carried = self.carried + words, ""
        number = self.numbering.next_number(paragraph) if words.strip() else ""
        return number + words, boxes

    def _runs(self, parent: etree._Element, pieces: list[str], boxes: list[str]) -> None:
        """Walks without recursion what a paragraph holds."""
        stack = [iter(parent)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            elif child.tag in _LETTERS:
                pieces.append(_LETTERS[child.tag] or child.text or "")
            elif child.tag == f"{_W}txbxContent":
                boxes += [line for block in self._blocks(child) for line in self._lines_of(block)]
            elif not self._is_left_out(child):
                # Two ways of drawing the same thing: the first is for those who know how.
                choice = child.find(f"{_MC}Choice") if child.tag == f"{_MC}AlternateContent" else None
                stack.append(iter(child if choice is None else choice))

    def _is_left_out(self, child: etree._Element) -> bool:
        if child.tag in _CHANGES:
            self.notes.add("tracked_changes")
        if child.tag == f"{_W}footnoteReference":
            self.footnotes.append(child.get(f"{_W}id", ""))
        if child.tag == f"{_W}r" and child.find(f"{_W}rPr/{_W}vanish") is not None:
            self.notes.add("hidden_text")
            return True
        return child.tag in _DROPPED

    def footnote_lines(self, root: etree._Element) -> list[str]:
        """The footnotes that the text refers to, below a line that says so."""
        wanted = {identity: index for index, identity in enumerate(self.footnotes, start=1)}
        lines: list[str] = []
        for note in root.iter(f"{_W}footnote"):
            index = wanted.get(note.get(f"{_W}id", ""))
            if index is not None:
                words = " ".join(line for block in self._blocks(note) for line in self._lines_of(block))
                lines.append(f"[{index}] {words.strip()}")
        self.notes.add("footnotes_moved")
        return ["脚注", *lines] if lines else []


_CHANGES = frozenset(f"{_W}{name}" for name in ("ins", "moveTo", "del", "moveFrom"))
_DROPPED = frozenset(
    f"{_W}{name}"
    for name in "del moveFrom pPr rPr instrText delText delInstrText rt rubyPr sdtPr fldData".split()  # noqa: SIM905
)
_LETTERS = {
    f"{_W}t": "",
    f"{_W}tab": "\t",
    f"{_W}ptab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
    f"{_W}sym": "•",
}
