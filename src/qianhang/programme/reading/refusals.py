"""Why a document cannot be read. Nothing of the web framework: the room's errors.py makes the sentences."""

from typing import Any

LONGEST_TEXT = 400_000
"""Characters of a document; a national five-year plan has less than 100 000."""

CODES = {
    "empty": "There is no text in it.",
    "too_large": "`bytes` of at most `limit`.",
    "too_long": "More text than a plan has: more than `limit` characters.",
    "too_many": "More findings than a plan has: `found`, more than `limit`.",
    "scanned": "A PDF of `pages` pages that are pictures, without a text layer.",
    "unreadable_fonts": "A PDF whose fonts do not say which characters they draw.",
    "encrypted": "It opens only with a password.",
    "damaged": "It breaks off, or is not what it says it is: `format`.",
    "hostile": "It unpacks to far more than it shows, or nests without end: `format`.",
    "too_slow": "Taking its text out took longer than `seconds` seconds: `format`.",
    "old_word": "A .doc or .wps file of the old kind; saved as .docx or PDF it can be read.",
    "other_format": "Neither text, web page, .docx nor PDF: `found`.",
    "unknown_encoding": "Bytes that are no text in UTF-8, UTF-16, GB18030 or Big5.",
}
"""Every code with the facts that go with it."""


class ReadingRefused(Exception):
    """`code` is a key of CODES; `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts
