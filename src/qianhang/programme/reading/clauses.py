"""Sentences and clauses of a paragraph, and the stretches a grammar of numbers must not look into."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MASK = "\ue000"

_ASIDE = re.compile(r"《[^《》\n]{0,80}》|〔[^〔〕\n]{0,20}〕|\([^()\n]{0,120}\)|【[^【】\n]{0,40}】")
_QUOTED = re.compile(r"“[^“”\n]{0,40}”")
JOINT = re.compile(
    r"以及|、|(?<![普涉惠触波以])及(?![时格其至])|(?<![共亲调饱总])和(?![谐平睦])|(?<![参赋给])与(?![会时])"
    r"|(?<![合兼])并(?![购网行发列轨])|或"
)
"""What joins the parts of a row; not the 及 of 普及 nor the 与 of 参与."""
_SENTENCE_END = re.compile(r"[。!?!?]")
_CLAUSE_END = re.compile(r"[,;:。!?!?;:]|,(?!\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Clause:
    start: int
    end: int


def mask_asides(text: str) -> str:
    """The text with what stands in brackets, titles and quotation marks blanked out; every position is kept."""
    text = _ASIDE.sub(_masked_aside, text)
    return _QUOTED.sub(lambda found: f"“{MASK * (len(found.group()) - 2)}”", text)


def _masked_aside(found: re.Match[str]) -> str:
    """(其中省级20家) goes on counting; other asides are blanked."""
    words = found.group()
    if words.startswith(("(其中", "(含", "(包括", "(年均", "(力争")):
        return f",{words[1:-1]},"
    return MASK * len(words)


def sentences_of(masked: str) -> Iterator[Clause]:
    """Stretches that end in a full stop."""
    yield from _cut(masked, _SENTENCE_END, 0, len(masked))


def clauses_of(masked: str, sentence: Clause) -> Iterator[Clause]:
    """Stretches of a sentence that end in a comma, semicolon or colon."""
    yield from _cut(masked, _CLAUSE_END, sentence.start, sentence.end)


def _cut(text: str, at: re.Pattern[str], start: int, end: int) -> Iterator[Clause]:
    for found in at.finditer(text, start, end):
        if found.start() > start:
            yield Clause(start, found.start())
        start = found.end()
    if start < end:
        yield Clause(start, end)
