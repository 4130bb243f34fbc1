"""Who owns which task.

    find_places       brackets, labelled lines, prose -> statements with their words
    _task_of          the task that a statement covers
    find_responsibilities   the findings, names as written, doubts flagged

A statement belongs to the innermost task in which it stands. One on a line of its own behind the last of several
sub-tasks, none of which has its own, covers all of them: it belongs to their parent. `covering` answers for tasks that
say nothing themselves: the nearest ancestor's owners hold.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date

from qianhang.programme.reading.agencies import match_agency
from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.findings import Quote, Responsibility
from qianhang.programme.reading.owner_lists import Span
from qianhang.programme.reading.owner_places import OFFICE, Place, find_places, find_prose
from qianhang.programme.reading.owner_tables import find_owner_tables
from qianhang.programme.reading.structure import Node, Tree

MOST_REPEATS = 20
"""Of places with the same words a finding names so many: each of n alike naming all n would be n squared."""


def find_responsibilities(document: Document, tree: Tree, annexes: Sequence[Line] = ()) -> tuple[Responsibility, ...]:
    """Every statement of ownership with the task it covers, in the order of the text.

    Args:
        annexes: lines outside the plan's own; only tables of who does what are read in them.
    """
    places = find_places(document)
    places = tuple(sorted((*places, *find_prose(document, places)), key=lambda place: place.start))
    stated = [*zip(places, _tasks_of(places, tree), strict=True)]
    stated += [(place, node.path) for place, node in find_owner_tables(document, tree, annexes)]
    stated = _without_spare(stated)
    alike: dict[str, list[Quote]] = {}
    own: list[Quote] = []
    for place, _ in stated:
        quote = document.quote(place.start, min(place.end, len(document.text)))
        own.append(quote)
        alike.setdefault(quote.text, []).append(quote)
    return tuple(
        _finding(document, place, task, [quote, *_others(quote, alike[quote.text])])
        for (place, task), quote in zip(stated, own, strict=True)
        if task is not None
    )


def _without_spare(stated: Sequence[tuple[Place, str | None]]) -> list[tuple[Place, str | None]]:
    """Without the seat of an office (办公室设在市科技局) where the task states its owners besides."""
    owned = {task for place, task in stated if place.rule != OFFICE}
    return [(place, task) for place, task in stated if place.rule != OFFICE or task not in owned]


def _others(quote: Quote, alike: Sequence[Quote]) -> list[Quote]:
    return [other for other in alike[: MOST_REPEATS + 1] if other is not quote][:MOST_REPEATS]


def owner_spans(document: Document) -> tuple[tuple[int, int], ...]:
    """Where owners are stated in brackets or on lines of their own, as (start, end) in `document.text`."""
    return tuple((place.start, place.end) for place in find_places(document))


def covering(
    path: str, responsibilities: Sequence[Responsibility], parents: Mapping[str, str | None]
) -> tuple[Responsibility, ...]:
    """The owners of a task: its own statements, or those of the nearest ancestor that has any.

    `parents` maps a task's path to its parent's (None at the top).
    """
    at: str | None = path
    seen: set[str] = set()
    while at is not None and at not in seen:
        seen.add(at)
        own = tuple(item for item in responsibilities if item.task == at)
        if own:
            return own
        at = parents.get(at)
    return ()


def _finding(document: Document, place: Place, task: str, quotes: Sequence[Quote]) -> Responsibility:
    said = place.statement
    flags = _flags(said.units, document.made_on)
    return Responsibility(
        task=task,
        mode="prose" if place.rule.startswith("owners.prose") else said.mode,
        lead=_written(document, said.lead),
        cooperating=_written(document, said.cooperating),
        responsible=_written(document, said.responsible),
        open_list=said.open_list,
        generic="、".join(_written(document, said.generic)) or None,
        quotes=tuple(quotes),
        rule=place.rule,
        confidence=place.confidence - (0.1 if flags else 0.0),
        flags=flags,
    )


def _written(document: Document, spans: Sequence[Span]) -> tuple[str, ...]:
    """The names in the original's own glyphs, without what line wraps and page ends left inside."""
    return tuple("".join(document.words(span.start, span.end).split()) for span in spans)


def _flags(units: Sequence[Span], on: date | None) -> tuple[str, ...]:
    """Doubts about names: one or two letters off the register, or not the agency's name at the plan's date."""
    flags = []
    for unit in units:
        match = match_agency(unit.text, on=on)
        if match is None:
            continue
        if match.typo:
            flags.append(f"typo:{unit.text}={match.canonical}")
        elif match.valid is False:
            flags.append(f"outdated:{unit.text}={match.successor or match.canonical}")
    return tuple(dict.fromkeys(flags))


def _tasks_of(places: Sequence[Place], tree: Tree) -> list[str | None]:
    """The path of the task each statement covers; None where no task has begun."""
    starts = [node.start for node in tree.nodes]
    homes = [tree.nodes[at - 1] if (at := bisect_right(starts, place.start)) else None for place in places]
    covers = _siblings_to_cover([home for home in homes if home is not None])
    settled = {home.style for home in homes if home is not None and id(home) not in covers}
    return [_covered(place, home, covers, settled) for place, home in zip(places, homes, strict=True)]


def _covered(place: Place, home: Node | None, covers: frozenset[int], settled: set[str]) -> str | None:
    """The home of a statement, or its parent: never where other tasks of the same style have owners of their own."""
    if home is None:
        return None
    stands_for_all = (place.alone or home.kind == "labelled") and not place.rule.startswith("owners.prose")
    if stands_for_all and home.parent is not None and home.style not in settled and id(home) in covers:
        return home.parent.path
    return home.path


def _siblings_to_cover(homes: Sequence[Node]) -> frozenset[int]:
    """The homes that are the last of several siblings, none of the others having owners in it."""
    holders = {id(above) for home in homes for above in (home, *home.ancestors())}
    return frozenset(
        id(home)
        for home in {id(home): home for home in homes}.values()
        if home.parent is not None
        and len(home.parent.children) > 1
        and home.parent.children[-1] is home
        and not any(id(child) in holders for child in home.parent.children[:-1])
    )
