"""PDF files with a text layer: positioned pieces of text by pypdf, put together by page_lines.py.

Only called in the bounded process (bounded.py): pypdf interprets whatever a file tells it to.
"""

import io
import math
from typing import Any

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import FileNotDecryptedError, WrongPasswordError

from qianhang.programme.reading.intake.mojibake import repair
from qianhang.programme.reading.intake.page_lines import Piece, text_of_pages
from qianhang.programme.reading.intake.plausible import plausibility
from qianhang.programme.reading.refusals import LONGEST_TEXT, ReadingRefused

MOST_PAGES = 2_000

READABLE = 0.2
"""Below this plausibility the fonts carry no map to Unicode, and what is drawn cannot be told."""


def read_pdf(data: bytes) -> tuple[str, str, None, list[str]]:
    """Text, format, encoding (none) and notes of a PDF file.

    Raises:
        ReadingRefused: encrypted, scanned, unreadable_fonts, hostile, too_long, empty.
        Exception: whatever pypdf raises over a damaged file.
    """
    try:
        pages = _pages(PdfReader(io.BytesIO(data)))
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise ReadingRefused("encrypted") from error
    empty = sum(not any(piece.text.strip() for piece in page) for page in pages)
    if not pages:
        raise ReadingRefused("empty")
    if empty == len(pages):
        raise ReadingRefused("scanned", pages=len(pages))
    text, joined = text_of_pages(pages)
    if not _is_latin(text) and plausibility(text) < READABLE:
        text, repaired = repair(text)
        if "mojibake_repaired" not in repaired:
            raise ReadingRefused("unreadable_fonts")
    notes = ["lines_joined"] if joined else []
    return text, "pdf", None, [*notes, "pages_without_text"] if empty else notes


def _is_latin(text: str) -> bool:
    return sum(character > "\u024f" for character in text) * 20 < len(text)


def _pages(reader: PdfReader) -> list[list[Piece]]:
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise ReadingRefused("encrypted")
    if len(reader.pages) > MOST_PAGES:
        raise ReadingRefused("hostile", format="pdf")
    pages: list[list[Piece]] = []
    total = 0
    for page in reader.pages:
        pages.append(_pieces(page))
        total += sum(len(piece.text) for piece in pages[-1])
        if total > LONGEST_TEXT:
            raise ReadingRefused("too_long", limit=LONGEST_TEXT)
    return pages


def _pieces(page: PageObject) -> list[Piece]:
    """What is drawn on a page, in the order in which it is drawn; positions and sizes in points."""
    pieces: list[Piece] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        if not text:
            return
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = abs(size) * math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
        if all(map(math.isfinite, (x, y, height))):
            pieces.append(Piece(round(x, 1), round(y, 1), round(height, 1), text))

    page.extract_text(visitor_text=visit)
    return pieces
