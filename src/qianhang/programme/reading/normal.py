"""One reading copy of a text, every character of which knows its place in the original.

Grammar rules read `Normal.text`: simplified script, one width of each letter, digit and mark, no indents, no blanks
inside Chinese words, no annotations of pronunciation. Quotes are cut from the original by the index map, so what a
person sees is what the document says, glyph for glyph.

What the reading copy looks like:
- digits, Latin letters and the marks `, : ; ( ) ! ? % + - / .` are half-width; `。、“”‘’《》〔〕【】` are as they are;
- a range is `2-3`, whatever dash or wave the original has; a dash in prose stays `—`, a bullet of two dashes `——`;
- quotation marks are `“”`, opening and closing in turn within a line;
- a full stop that follows a heading's number is `.`, whichever dot was typed; one that ends a sentence is `。`;
- a tab between two words stays, and a row laid out by blanks gets tabs: they part the cells of a table;
- every other blank beside a Chinese character goes;
- lines end in a single newline character; lines wrapped at a fixed width are joined (see wraps.py).

Script: OpenCC's t2s table (https://github.com/BYVoid/OpenCC), which maps character to character; the map stays exact
because a stretch whose conversion has another length is converted character by character, or left alone.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle

from qianhang.programme.reading.findings import Quote
from qianhang.programme.reading.glyphs import EXPANSIONS, FOLDED, VARIANTS
from qianhang.programme.reading.pinyin import blank_out_pinyin
from qianhang.programme.reading.wraps import blank_out_wraps, part_cells


@dataclass(frozen=True, slots=True)
class Normal:
    """The reading copy of `original`."""

    original: str
    text: str
    origin: "array[int]"
    """For every character of `text` its index in `original`, plus the length of `original` at the end. Never falls."""

    def quote(self, start: int, end: int) -> Quote:
        """The original's words for `text[start:end]`: with the blanks dropped inside it, without those around it."""
        start = min(max(start, 0), len(self.text))
        if end <= start:
            return Quote("", self.origin[start])
        offset = self.origin[start]
        return Quote(self.original[offset : self.origin[min(end, len(self.text)) - 1] + 1], offset)

    def words(self, start: int, end: int) -> str:
        """The original's characters for `text[start:end]` without those dropped inside: for names, not for quotes."""
        indices = self.origin[max(start, 0) : max(end, 0)]
        return "".join([self.original[index] for index in dict.fromkeys(indices) if index < len(self.original)])

    def position(self, offset: int) -> int:
        """Where in `text` the character at `offset` of the original is, or the first kept one after it."""
        return bisect_left(self.origin, offset, 0, len(self.text))


def normalise(original: str) -> Normal:
    """The reading copy of any text. Linear in its length; never raises.

    Args:
        original: any string, also with lone surrogates, controls or no Chinese at all.
    """
    folded = _fold(original)
    pieces: list[str] = []
    origin = array("I")
    for start, end, text in _kept(folded):
        pieces.append(text)
        if len(text) == end - start:
            origin.extend(range(start, end))
        else:
            origin.extend([start] * len(text))
    origin.append(len(original))
    return Normal(original=original, text=_simplified("".join(pieces)), origin=origin)


# --- Character for character: the result has the original's length ---------------------------------------------------

_RANGE = re.compile(r"([0-9%‰万亿]\0*)[~—](?=\0*[0-9])")
_DASHES = re.compile(r"(?m)^([ \t\0]*)(?:--|~~)(?!-)")
_QUOTE_MARK = re.compile(r"[“”]")
_NUMBER_DOT = re.compile(r"(?m)^([ \t\0]*[(]?[0-9]{1,3})[·。](?![0-9])")
_SENTENCE_DOT = re.compile(r"([\u3400-\u9fff”)])\.(?=[ \t\0]*(?:$|[\u3400-\u9fff“(]))", re.MULTILINE)
_NUMERAL_BEFORE = re.compile(r"(?:^|[\n(])[ \t\0]*第?[一二三四五六七八九十百]+$")
_ROUND_ZERO = re.compile(r"(?<=[一二三四五六七八九〇])[•○oO0](?=[一二三四五六七八九〇○年])")
_YEAR_BRACKETS = re.compile(r"[\[【(](?=[ \0]*(?:19|20)[0-9]{2}[ \0]*[\]】)][ \0]*(?:第[ \0]*)?[0-9]{1,5}[ \0]*号)")
_YEAR_CLOSING = re.compile(r"(〔[ \0]*(?:19|20)[0-9]{2}[ \0]*)[\]】)]")


def _fold(original: str) -> str:
    """One width, one mark for each meaning; what has to go becomes NUL. Same length as the original."""
    text = original.translate(FOLDED).replace("\r\n", "\0\n").replace("\r", "\n")
    text = part_cells(blank_out_wraps(blank_out_pinyin(text)))
    text = _DASHES.sub(r"\1——", text)
    text = _RANGE.sub(r"\1-", text)
    text = _NUMBER_DOT.sub(r"\1.", text)
    text = _SENTENCE_DOT.sub(_as_full_stop, text)
    text = _ROUND_ZERO.sub("〇", text)
    if "号" in text or "號" in text:
        text = _YEAR_CLOSING.sub(r"\1〕", _YEAR_BRACKETS.sub("〔", text.replace("號", "号")))
    return "\n".join(_paired_quotes(line) for line in text.split("\n"))


def _as_full_stop(found: re.Match[str]) -> str:
    before = found.string[max(found.start() - 8, 0) : found.start() + 1]
    return found[0] if _NUMERAL_BEFORE.search(before) else f"{found[1]}。"


def _paired_quotes(line: str) -> str:
    """Opening and closing in turn; a line with a mark left over keeps what it has."""
    if (line.count("“") + line.count("”")) % 2:
        return line
    marks = cycle("“”")
    return _QUOTE_MARK.sub(lambda _: next(marks), line)


# --- What stays ------------------------------------------------------------------------------------------------------

_LOOSE = re.compile(f"[ \t\0]+|[{''.join(EXPANSIONS)}]")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff“”‘’—…·•]")
_AGENCY_ENDS = frozenset("厅局委办院会府行处司部")
_AGENCY_BEGINS = frozenset("省市县区州各国")


def _kept(folded: str) -> Iterator[tuple[int, int, str]]:
    """The stretches that stay, as (start, end, text); a text of another length than its stretch stands at `start`."""
    kept_to = 0
    for found in _LOOSE.finditer(folded):
        start, end = found.span()
        if start > kept_to:
            yield kept_to, start, folded[kept_to:start]
        kept_to = end
        if (expansion := EXPANSIONS.get(found[0])) is not None:
            yield start, end, expansion
        elif blank := _blank_left(folded, start, end):
            yield start, start + 1, blank
    if kept_to < len(folded):
        yield kept_to, len(folded), folded[kept_to:]


def _blank_left(folded: str, start: int, end: int) -> str:
    """What remains of a run of blanks: nothing, one blank, a tab between cells, or the comma of a list of agencies."""
    before, after = folded[start - 1 : start], folded[end : end + 1]
    blanks = folded[start:end].replace("\0", "")
    if not blanks or before in ("", "\n") or after in ("", "\n"):
        return ""
    if "\t" in blanks and before not in "、.。,:;(“《" and after not in "。、,;:)”》":
        return "\t"
    if _WIDE.match(before) or _WIDE.match(after):
        return "、" if _parts_agencies(folded, start, before, after) else ""
    if (before.isdigit() and after.isalpha()) or not (before.isalnum() or after.isalnum()):
        return ""
    return "" if after in "%,.;:)" or before in "(+" else " "


def _parts_agencies(folded: str, start: int, before: str, after: str) -> bool:
    """Whether the blank at `start` stands between two agencies, as in 责任单位：省科技厅 省教育厅."""
    if before not in _AGENCY_ENDS or after not in _AGENCY_BEGINS:
        return False
    reach = folded[max(start - 200, 0) : start]
    reach = reach[max(reach.rfind(stop) for stop in "。;)\n") + 1 :]
    return "单位" in reach or "部门" in reach or "單位" in reach or "部門" in reach


# --- Script ----------------------------------------------------------------------------------------------------------


def _simplified(text: str) -> str:
    """Simplified script, of the same length."""
    text = text.translate(VARIANTS)
    converted = _convert(text)
    if len(converted) == len(text):
        return converted
    lines = text.split("\n")
    return "\n".join(_simplified_line(line) for line in lines)


def _simplified_line(line: str) -> str:
    converted = _convert(line)
    if len(converted) == len(line):
        return converted
    characters = [(character, _convert(character)) for character in line]
    return "".join(converted if len(converted) == 1 else character for character, converted in characters)


@cache
def _converter() -> "object":
    from opencc import OpenCC

    return OpenCC("t2s")


def _convert(text: str) -> str:
    return str(_converter().convert(text))  # type: ignore[attr-defined]
