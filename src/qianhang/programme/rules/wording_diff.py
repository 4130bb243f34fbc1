"""What changed between two wordings of one plan: in its findings, and in its text line by line."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from .alignment import closeness, core

# How alike two findings' names are for one to be the other, changed.
SAME_FINDING = 0.6
# Longer documents are compared by their findings alone: comparing lines takes the square of their number.
MOST_LINES = 4000
_LONG_LINE = 1500
# A number or a Latin word changes as a whole; Chinese changes by the character.
_TOKEN = re.compile(r"[0-9A-Za-z.,%]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as a document keeps it (rules/drafts.py)."""

    kind: str
    key: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        content = self.content
        for field in ("indicator", "title", "name", "quote"):
            if content.get(field):
                return str(content[field])
        units = [*content.get("lead", ()), *content.get("cooperating", ()), *content.get("responsible", ())]
        return "、".join(units) or str(content.get("generic") or "")


@dataclass(frozen=True, slots=True)
class Changed:
    before: Found
    after: Found
    fields: tuple[str, ...]
    """The names of the fields that differ."""


@dataclass(frozen=True, slots=True)
class FindingsDiff:
    added: Sequence[Found]
    removed: Sequence[Found]
    changed: Sequence[Changed]
    same: int


def diff_findings(before: Sequence[Found], after: Sequence[Found]) -> FindingsDiff:
    """Findings with one key are the same; of the rest, those of one kind with the closest names are one, changed."""
    kept = {one.key for one in before} & {one.key for one in after}
    lost = [one for one in before if one.key not in kept]
    new = [one for one in after if one.key not in kept]
    pairs = _paired(lost, new)
    changed = [Changed(lost[i], new[j], _differing(lost[i], new[j])) for i, j in sorted(pairs.items())]
    taken = set(pairs.values())
    return FindingsDiff(
        added=[one for j, one in enumerate(new) if j not in taken],
        removed=[one for i, one in enumerate(lost) if i not in pairs],
        changed=changed,
        same=len(kept),
    )


def _paired(lost: Sequence[Found], new: Sequence[Found]) -> dict[int, int]:
    """Which of the lost became which of the new, closest first; each at most once."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    cores = [core(one.name) for one in new]
    for j, one in enumerate(new):
        by_kind[one.kind].append(j)
    scores = []
    for i, one in enumerate(lost):
        name = core(one.name)
        for j in by_kind[one.kind]:
            # A list of owners stays the list of its task, whoever is on it.
            own = one.kind == "responsibility" and one.content.get("task") == new[j].content.get("task")
            score = 1.0 if own else closeness(name, cores[j])
            if score >= SAME_FINDING:
                scores.append((-score, abs(i - j), i, j))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _score, _apart, i, j in sorted(scores):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _differing(before: Found, after: Found) -> tuple[str, ...]:
    names = dict.fromkeys([*before.content, *after.content])
    return tuple(name for name in names if before.content.get(name) != after.content.get(name))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters of a line: `same`, `gone` or `new`."""

    text: str
    sign: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either wording. `sign` is same, gone, new or changed; `skipped` counts unchanged lines left out."""

    sign: str
    stretches: Sequence[Stretch] = ()
    skipped: int = 0


def diff_lines(before: str, after: str, *, around: int = 1) -> list[Line] | None:
    """The lines that differ with `around` unchanged ones about them; None when the texts are too long for it."""
    old, new = _lines(before), _lines(after)
    if len(old) > MOST_LINES or len(new) > MOST_LINES:
        return None
    lines: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [Line("same", (Stretch(text, "same"),)) for text in old[a:b]]
            continue
        pairs = min(b - a, d - c)
        lines += [_changed(old[a + n], new[c + n]) for n in range(pairs)]
        lines += [Line("gone", (Stretch(text, "gone"),)) for text in old[a + pairs : b]]
        lines += [Line("new", (Stretch(text, "new"),)) for text in new[c + pairs : d]]
    return _folded(lines, around)


def _lines(text: str) -> list[str]:
    """Lines without the blanks around them; empty ones say nothing."""
    return [line for line in (line.strip() for line in text.splitlines()) if line]


def _changed(old: str, new: str) -> Line:
    if max(len(old), len(new)) > _LONG_LINE:
        return Line("changed", (Stretch(old, "gone"), Stretch(new, "new")))
    stretches: list[Stretch] = []
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, came = "".join(before[a:b]), "".join(after[c:d])
        if tag == "equal":
            stretches.append(Stretch(gone, "same"))
            continue
        stretches += [one for one in (Stretch(gone, "gone"), Stretch(came, "new")) if one.text]
    return Line("changed", tuple(stretches))


def _folded(lines: Sequence[Line], around: int) -> list[Line]:
    """Long runs of unchanged lines become one line that counts them."""
    near = {at + by for at, line in enumerate(lines) if line.sign != "same" for by in range(-around, around + 1)}
    shown: list[Line] = []
    for at, line in enumerate(lines):
        if line.sign != "same" or at in near:
            shown.append(line)
        elif shown and shown[-1].skipped:
            shown[-1] = Line("same", skipped=shown[-1].skipped + 1)
        else:
            shown.append(Line("same", skipped=1))
    return shown
