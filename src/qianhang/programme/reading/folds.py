"""Plans whose page lost its line ends: whole sections on one line, paragraphs parted by a blank.

The blank that stood for a line end becomes one again, character for character, so that every position stays.
"""

import re
from dataclasses import replace

from qianhang.programme.reading.normal import Normal, normalise

_LONG = 1200
"""No paragraph of a plan is as long, in characters."""

_CN = "[一二三四五六七八九十]"
_MARK = rf"(?:{_CN}{{1,3}}、|[（(]{_CN}{{1,3}}[)）]|\d{{1,2}}[.．、](?!\d)|第{_CN}{{1,3}}[章节条])"
_FOLD = re.compile(rf"[ \u3000](?={_MARK})|(?<=[。：；:;])[ \u3000](?=\S)")
_TITLE = re.compile(rf"(^{_MARK}[^ \u3000。\n]{{2,40}})[ \u3000](?=\S)", re.MULTILINE)
_HEADINGS = re.compile(rf"[ \u3000]{_MARK}")


def normalise_unfolded(original: str) -> Normal:
    """The reading copy of a text, with the line ends that its page lost."""
    lines = original.split("\n")
    if all(len(line) < _LONG for line in lines):
        return normalise(original)
    unfolded = "\n".join(_unfold(line) for line in lines)
    return replace(normalise(unfolded), original=original)


def _unfold(line: str) -> str:
    """A long line with three headings inside is no paragraph."""
    if len(line) < _LONG or sum(1 for _ in _HEADINGS.finditer(line)) < 3:
        return line
    return _TITLE.sub(r"\1\n", _FOLD.sub("\n", line))
