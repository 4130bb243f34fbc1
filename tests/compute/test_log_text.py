"""Whatever bytes a job writes, the page and the terminal get harmless text, the same for every way of cutting it."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.compute.rules.log_text import LINE_LIMIT, LogSanitiser, sanitise

# Pieces that make trouble at their borders, mixed with anything.
_AWKWARD = st.sampled_from(
    [b"\x1b", b"\x1b[", b"\x1b[31", b"m", b"\x1b]0;t", b"\x07", b"\x1b\\", b"\r", b"\n", b"\xe5\xae", b"\x9b",
     b"\xc2\x9b1m", b"\x1bP", b"\x1b(", b"B", b"]" * 3, b"x" * 1100, b"\x00", "三".encode()]
)  # fmt: skip
_LOGS = st.lists(_AWKWARD | st.binary(max_size=12), max_size=30).map(b"".join)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain\ttext\n", "plain\ttext\n"),
        ("训练 ✓\n".encode(), "训练 ✓\n"),
        (b"bad \xff\xfe bytes", "bad \ufffd\ufffd bytes"),
        (b"cut \xe8\xae", "cut \ufffd"),
        (b"\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[K", "red green"),
        (b"\x1b]0;owned\x07title", "title"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bPq#0~\x1b\\sixel", "sixel"),
        (b"\x1b(Bset \x1bcreset", "set reset"),
        (b"\xc2\x9b31mred", "red"),
        (b"nul \x00 bell \x07 back \x08 del \x7f", "nul ␀ bell ␇ back ␈ del ␡"),
        (b"10%\r20%\r100%\r\n", "10%\n20%\n100%\n"),
        ("a\u202egnp.exe\u2066b\u200b".encode(), "a\ufffdgnp.exe\ufffdb\ufffd"),
        ("one\u2028two\u2029three".encode(), "one\ntwo\nthree"),
        (b"never ending \x1b]0;" + b"x" * 2000, "never ending ␛]0;" + "x" * 2000),
        (b"last \x1b[3", "last ␛[3"),
        (b"last \x1b", "last ␛"),
        (b"", ""),
    ],
)
def test_what_is_shown_for_what_was_written(raw: bytes, shown: str) -> None:
    assert sanitise(raw) == shown


def test_a_line_of_a_megabyte_is_broken_and_nothing_of_it_lost() -> None:
    text = sanitise(b"x" * 1_000_000 + b"\nshort\n")
    lines = text.split("\n")
    assert max(len(line) for line in lines) == LINE_LIMIT + 1
    assert text.count("x") == 1_000_000
    assert lines[-2:] == ["short", ""]
    assert all(line.endswith("↩") for line in lines[:-3])


def test_a_line_of_exactly_the_limit_is_left_whole() -> None:
    assert sanitise(b"x" * LINE_LIMIT + b"\n") == "x" * LINE_LIMIT + "\n"


def test_text_is_taken_as_well_as_bytes() -> None:
    assert sanitise("a\x1b[1mb\ud800") == "ab\ufffd\ufffd\ufffd"


@given(_LOGS, st.lists(st.integers(0, 400), max_size=12))
def test_pieces_give_the_same_text_as_the_whole(raw: bytes, cuts: list[int]) -> None:
    sanitiser = LogSanitiser(line_limit=50)
    whole = LogSanitiser(line_limit=50)
    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    pieces = [sanitiser.feed(raw[start:end]) for start, end in itertools.pairwise(edges)]
    assert "".join([*pieces, sanitiser.close()]) == whole.feed(raw) + whole.close()


@given(_LOGS)
def test_nothing_that_steers_a_terminal_or_turns_text_around_is_left(raw: bytes) -> None:
    text = sanitise(raw)
    assert {unicodedata.category(character) for character in text if character not in "\n\t"}.isdisjoint({"Cc", "Cs"})
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    text.encode("utf-8")
