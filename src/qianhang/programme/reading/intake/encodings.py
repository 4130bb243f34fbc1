"""Which encoding bytes are text in: told by a mark at their beginning, by validity, or by what they say if read so."""

import codecs
import re

from qianhang.programme.reading.intake.plausible import plausibility
from qianhang.programme.reading.refusals import ReadingRefused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES = ("gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
SAMPLE = 1 << 16
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str, list[str]]:
    """Text, the name of its encoding, and notes.

    Args:
        data: the bytes of a text.
        declared: what the text itself claims to be in, believed if it reads well.
    Raises:
        ReadingRefused: unknown_encoding.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            text, lost = _read(data[len(mark) :], name)
            return text, name, ["characters_lost"] if lost else []
    if b"\0" not in data[:SAMPLE]:
        text, lost = _read(data, "utf-8")
        if not lost:
            return text, "utf-8", []
        if lost == 1 and _only_cut_off(data):
            return text.rstrip("\ufffd"), "utf-8", ["cut_off"]
        if lost * 200 < len(text):
            return text, "utf-8", ["characters_lost"]
    encoding = _most_plausible(data, declared)
    text, lost = _read(data, encoding)
    return text, encoding, ["characters_lost"] if lost else []


def _read(data: bytes, encoding: str) -> tuple[str, int]:
    """The text, and how many of its characters the bytes did not give."""
    try:
        return data.decode(encoding), 0
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
        return text, max(text.count("\ufffd"), 1)


def _only_cut_off(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(data) and len(data) - error.start < 4
    return False


def _most_plausible(data: bytes, declared: str | None) -> str:
    sample = data[:SAMPLE]
    names = [*_CANDIDATES]
    if declared is not None:
        names.insert(0, declared)
    best, best_score = "", 0.25
    for name in dict.fromkeys(names):
        if name.startswith("utf-16") and len(data) % 2:
            continue
        try:
            text, lost = _read(sample, name)
        except LookupError:
            continue
        if lost > 1 + len(text) // 50 or len(_CONTROLS.findall(text)) > len(text) // 100:
            continue
        score = plausibility(text) - lost / max(len(text), 1)
        if score > best_score:
            best, best_score = name, score
    if not best:
        raise ReadingRefused("unknown_encoding")
    return best
