"""The whole of reading: text in, findings out. Pure and deterministic; never raises on any text."""

import re
from collections.abc import Iterator

from qianhang.programme.reading.as_json import as_json
from qianhang.programme.reading.chrome import Layout, PartKind, find_layout
from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.findings import Reading
from qianhang.programme.reading.folds import normalise_unfolded
from qianhang.programme.reading.meta import read_meta
from qianhang.programme.reading.milestones import find_milestones
from qianhang.programme.reading.owners import find_responsibilities
from qianhang.programme.reading.structure import build_tree, tasks_of
from qianhang.programme.reading.systems import find_systems
from qianhang.programme.reading.targets import find_targets

__all__ = ["VERSION", "as_json", "read_plan"]

VERSION = "2"
"""Raised with every change of the rules that may change what is found."""

_YEARS = re.compile(r"(20\d\d)\s*年?\s*[-—–－─~～〜至到]{1,2}\s*(20\d\d)")


def read_plan(text: str) -> Reading:
    """Everything that a plan says, with the words it says it in."""
    normal = normalise_unfolded(text)
    layout = find_layout(normal)
    meta = read_meta(normal, layout)
    document = Document(normal, layout.main.lines, meta.date, _years_in(meta.title or meta.title_inferred or ""))
    tree = build_tree(document)
    annexes = sorted((*layout.outside, *_annexed(layout)), key=lambda line: line.start)
    targets = find_targets(document, tree, annexes)
    return Reading(
        original=text,
        meta=meta,
        targets=targets,
        milestones=find_milestones(document, tree),
        tasks=tasks_of(document, tree),
        responsibilities=find_responsibilities(document, tree, annexes),
        systems=find_systems(document, tree),
        version=VERSION,
    )


def _years_in(title: str) -> tuple[int, int] | None:
    """The years of a plan as its title states them: (2024—2026年)."""
    found = _YEARS.search(title)
    return (int(found[1]), int(found[2])) if found else None


def _annexed(layout: Layout) -> Iterator[Line]:
    """The lines of the annexes: a table of indicators may stand there."""
    for part in layout.parts:
        if part.kind is PartKind.ANNEX and part is not layout.main:
            yield from part.lines
