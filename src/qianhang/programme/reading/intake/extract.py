"""The door: bytes in, text out, or a refusal with its reason. What a file is, its bytes say, not its name."""

import re
from dataclasses import dataclass, field

from qianhang.programme.reading.intake.bounded import read_bounded
from qianhang.programme.reading.intake.encodings import decode
from qianhang.programme.reading.intake.mojibake import repair
from qianhang.programme.reading.refusals import LONGEST_TEXT, ReadingRefused

LARGEST_FILE = 32 << 20
"""Bytes; the largest plan seen, with pictures, has a quarter of it."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """`text` is the original that every quote points into. Notes are codes of what was done to get it (see NOTES)."""

    text: str
    format: str
    """`txt`, `html`, `docx` or `pdf`."""
    encoding: str | None
    """Of the bytes, for text and web pages."""
    notes: list[str] = field(default_factory=list)


NOTES = {
    "mojibake_repaired": "Text that had been read in the wrong encoding was put right.",
    "characters_lost": "Some characters were already lost in the file.",
    "cut_off": "The file ends in the middle of a character.",
    "tracked_changes": "Tracked changes: insertions are in, deletions are out.",
    "footnotes_moved": "Footnotes stand below the text.",
    "hidden_text": "Hidden text was left out.",
    "lines_joined": "Lines wrapped by the page were joined.",
    "pages_without_text": "Some pages are pictures and hold no text.",
}
"""Every note, with what it tells."""

_OTHER = (
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"BM", "image"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
)
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|div|p|br|span|table|h[1-6])\b", re.IGNORECASE)


def extract(data: bytes, *, filename: str = "", media_type: str = "") -> Extracted:
    """The text of a file.

    Args:
        data: the whole file.
        filename, media_type: what a sender calls it; only told back, never believed.
    Raises:
        ReadingRefused: with one of the codes of refusals.py.
    """
    if len(data) > LARGEST_FILE:
        raise ReadingRefused("too_large", bytes=len(data), limit=LARGEST_FILE)
    if not data.strip(b"\0 \t\r\n"):
        raise ReadingRefused("empty")
    extracted = _by_kind(data, kind_of(data))
    if len(extracted.text) > LONGEST_TEXT:
        raise ReadingRefused("too_long", limit=LONGEST_TEXT)
    if not extracted.text.strip():
        raise ReadingRefused("empty")
    return extracted


def kind_of(data: bytes) -> str:
    """`pdf`, `zip`, `ole`, `html`, `txt`, or the name of something that holds no plan."""
    head = data[:1024]
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    for magic, kind in _OTHER:
        if head.startswith(magic) and (kind != "image" or b"\0" in head):
            return kind
    start = data[:65536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", errors="ignore").encode("ascii", errors="ignore")
    tags = _MARKUP.findall(start)
    return "html" if len(tags) >= 2 or (tags and start.lstrip().startswith(b"<")) else "txt"


def _by_kind(data: bytes, kind: str) -> Extracted:
    if kind in ("pdf", "zip", "html"):
        return Extracted(*read_bounded("docx" if kind == "zip" else kind, data))
    if kind == "ole":
        raise ReadingRefused("encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "old_word")
    if kind != "txt":
        raise ReadingRefused("other_format", found=kind)
    text, encoding, notes = decode(data)
    if len(text) > LONGEST_TEXT:
        raise ReadingRefused("too_long", limit=LONGEST_TEXT)
    text, more = repair(text)
    return Extracted(text.replace("\0", ""), "txt", encoding, notes + more)
