"""Text that was once decoded in the wrong encoding: put right where every byte can be had back."""

import re

from qianhang.programme.reading.intake.plausible import plausibility

_WRONG_WAYS = (
    ("gb18030", "utf-8"),
    ("web-1252", "utf-8"),
    ("latin-1", "utf-8"),
    ("latin-1", "gb18030"),
    ("web-1252", "gb18030"),
    ("big5hkscs", "utf-8"),
    ("gb18030", "big5hkscs"),
    ("big5hkscs", "gb18030"),
)
_SUSPICIOUS = 0.35
"""Chinese as it is written is above 0.6, and short lines of names above 0.4; wrongly decoded text is below 0.2."""

_LOST = re.compile("锟斤拷|\ufffd|(?<=[\u3400-\u9fff])\\?{2,}(?=[\u3400-\u9fffA-Za-z])")


def repair(text: str) -> tuple[str, list[str]]:
    """The text put right, and notes. A text that reads well is returned as it is."""
    if plausibility(text[:200_000]) < _SUSPICIOUS and (whole := _reread(text)) is not None:
        mended = whole
    elif any(_is_wrong(line) for line in text.split("\n")):
        mended = "\n".join(_reread(line) or line if _is_wrong(line) else line for line in text.split("\n"))
    else:
        mended = text
    notes = ["mojibake_repaired"] if mended != text else []
    return mended, [*notes, "characters_lost"] if _LOST.search(mended) else notes


def _is_wrong(line: str) -> bool:
    return sum(character > "\x7f" for character in line) >= 6 and plausibility(line) < _SUSPICIOUS / 2


def _reread(text: str) -> str | None:
    """What the bytes say in the right encoding; None where they cannot be had back, or say nothing better."""
    before = plausibility(text)
    for wrong, right in _WRONG_WAYS:
        try:
            again = _bytes(text, wrong).decode(right)
        except UnicodeError:
            continue
        if plausibility(again) > max(before + 0.3, _SUSPICIOUS):
            return again
    return _reread_in_part(text, before)


def _reread_in_part(text: str, before: float) -> str | None:
    """UTF-8 read as GB18030 loses the byte before each Latin character: the rest is worth having."""
    again = text.replace("\ufffd", "?").encode("gb18030", errors="ignore").decode("utf-8", errors="replace")
    if again.count("\ufffd") * 8 > len(again) or plausibility(again) < max(before + 0.3, _SUSPICIOUS):
        return None
    return again


_WEB_1252 = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_TO_LATIN_1 = {ord(character): code for code, character in _WEB_1252.items()}


def _bytes(text: str, encoding: str) -> bytes:
    """`web-1252` is what browsers take for Windows-1252: bytes that it leaves undefined are those of Latin-1."""
    if encoding == "web-1252":
        return text.translate(_TO_LATIN_1).encode("latin-1")
    return text.encode(encoding)
