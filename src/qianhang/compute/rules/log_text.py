"""Turns the bytes a job wrote into text that is safe to show: on a page, in a terminal, piece by piece.

A log comes from a stranger's program. Raw, it can move the reader's cursor, change colours and titles, hide text by
writing from right to left, or be one line of a gigabyte.
"""

import codecs
import re

LINE_LIMIT = 4_096
"""Characters after which a line is broken."""
LINE_BREAK_MARK = "↩"

# ECMA-48 sequences, each bounded, so that one that never ends hides nothing: control sequences (CSI), control strings
# (OSC, DCS, SOS, PM, APC), and the short ones.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\n]{0,1024}(?:\x07|\x1b\\)"
    r"|\x1b[ -/]{1,8}[0-~]|\x1b[0-OQ-WYZ\\`-~]"
)
# The beginning of one at the end of a piece, or a carriage return whose newline may follow.
_UNFINISHED = re.compile(
    r"(?:(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}|\x1b[\]PX^_][^\x07\x1b\n]{0,1024}\x1b?|\x1b[ -/]{0,8}|\r)\Z"
)

_BIDI_AND_INVISIBLE = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF)
_VISIBLE: dict[int, str] = {
    # Control pictures, U+2400 on, show a control character by name.
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys(_BIDI_AND_INVISIBLE, "\ufffd"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    0x2028: "\n",
    0x2029: "\n",
}


class LogSanitiser:
    """The same text comes out however the bytes are cut into pieces."""

    def __init__(self, *, line_limit: int = LINE_LIMIT) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self._column = 0
        self._line_limit = line_limit

    def feed(self, data: bytes) -> str:
        """Safe text for the next piece; what might be the start of an escape sequence or a character waits."""
        return self._clean(self._decoder.decode(data), final=False)

    def close(self) -> str:
        """What still waited. The sanitiser starts afresh afterwards, but for its place in the line."""
        return self._clean(self._decoder.decode(b"", final=True), final=True)

    def _clean(self, text: str, *, final: bool) -> str:
        text = self._held + text
        self._held = ""
        if not final and (tail := _UNFINISHED.search(text)):
            self._held = tail.group()
            text = text[: tail.start()]
        text = _ESCAPE.sub("", text)
        # A progress bar returns to the start of its line; here each of its states gets a line of its own.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return self._wrap(text.translate(_VISIBLE))

    def _wrap(self, text: str) -> str:
        lines = []
        for index, line in enumerate(text.split("\n")):
            if index:
                self._column = 0
            lines.append(self._broken(line))
        return "\n".join(lines)

    def _broken(self, line: str) -> str:
        parts = []
        while self._column + len(line) > self._line_limit:
            room = self._line_limit - self._column
            parts.append(line[:room])
            line = line[room:]
            self._column = 0
        self._column += len(line)
        return f"{LINE_BREAK_MARK}\n".join([*parts, line])


def sanitise(data: bytes | str) -> str:
    """The whole of a log, or of a piece that stands alone. Never raises."""
    sanitiser = LogSanitiser()
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return sanitiser.feed(raw) + sanitiser.close()
