"""What of a model's proposals can be shown to a reviewer: only what the text really says, in the shape of its kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .canonical import with_canonical
from .contents import read_content
from .drafts import Draft
from .keys import finding_key
from .quoting import find_quote

KINDS = frozenset({"target", "system", "milestone"})
# A model's word weighs less than any rule's.
CONFIDENCE = 0.3
STRETCH = 6000


@dataclass(frozen=True, slots=True)
class Proposed:
    kind: str
    content: Mapping[str, Any]
    quote: str


def stretches_of(text: str, size: int = STRETCH) -> list[str]:
    """The text in pieces of at most `size` characters, cut at line ends where there is one."""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = min(at + size, len(text))
        if end < len(text):
            cut = text.rfind("\n", at + size // 2, end)
            end = cut + 1 if cut != -1 else end
        pieces.append(text[at:end])
        at = end
    return [piece for piece in pieces if piece.strip()]


def checked(text: str, proposals: Iterable[Proposed], *, known: Iterable[str], rule: str) -> list[Draft]:
    """Drafts of those that are new, well-formed, and stand in the text in these very words; each once."""
    seen = set(known)
    drafts = []
    for one in proposals:
        place = find_quote(text, one.quote) if one.kind in KINDS else None
        if place is None:
            continue
        content, problems = read_content(one.kind, with_canonical(one.kind, {}, one.content))
        if problems:
            continue
        key = finding_key(one.kind, content)
        if key in seen:
            continue
        seen.add(key)
        offset, length = place
        drafts.append(
            Draft(
                kind=one.kind,
                key=key,
                content=content,
                quotes=[{"text": text[offset : offset + length], "offset": offset}],
                section=str(content.get("section") or ""),
                rule=rule[:80],
                confidence=CONFIDENCE,
            )
        )
    return drafts
