"""Several plans beside each other, a search across all of them, and two wordings of one plan."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from qianhang.core.access import Actor, Permission, authorize

from ..models import Finding, FindingKind, FindingOrigin, FindingState, Plan, PlanDocument
from ..reading.normal import normalise
from ..rules.alignment import Named, Row, Stated, align_names, align_targets
from ..rules.wording_diff import FindingsDiff, Found, Line, diff_findings, diff_lines

MOST_COMPARED = 5
MOST_HITS = 100
# In one plan. One character can stand in a text as often as it has room.
MOST_PLACES = 500
AROUND = 36


@dataclass(frozen=True, slots=True)
class Comparison:
    plans: Sequence[Plan]
    targets: Sequence[Row[Stated]]
    tasks: Sequence[Row[Named]]
    systems: Sequence[Row[Named]]
    unreviewed: int
    """Findings that are compared although nobody has reviewed them yet."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of a line of a plan in which the words stand, once or more."""

    plan_id: uuid.UUID
    plan_title: str
    parts: Sequence[tuple[str, bool]]
    """The stretch in order; true where it is the words."""
    kinds: Sequence[str]
    """The kinds of findings that stand where the words are."""


@dataclass(frozen=True, slots=True)
class WordingsDiff:
    plan: Plan
    documents: Sequence[PlanDocument]
    before: PlanDocument
    after: PlanDocument
    findings: FindingsDiff
    lines: Sequence[Line] | None
    """None when the texts are too long to be compared line by line."""


def choosable(*, actor: Actor) -> Sequence[Plan]:
    """Every plan that can be compared, the newest first."""
    authorize(actor, Permission.PLAN_OVERSEE)
    return list(Plan.objects.visible_to(actor).order_by("-created_at", "-id")[:500])


def compare_plans(*, actor: Actor, plan_ids: Iterable[uuid.UUID]) -> Comparison:
    """What the plans say, as reviewed so far: what was rejected, is gone or only a model proposes is left out.

    Two queries. Raises Unauthenticated, Forbidden, NotFound when one of the plans is not there.
    """
    authorize(actor, Permission.PLAN_OVERSEE)
    plans = [Plan.objects.fetch(actor, id=plan_id) for plan_id in dict.fromkeys(plan_ids)][:MOST_COMPARED]
    kinds = (FindingKind.TARGET, FindingKind.TASK, FindingKind.SYSTEM)
    findings = list(
        Finding.objects.visible_to(actor)
        .filter(plan__in=plans, kind__in=kinds, is_gone=False)
        .exclude(state=FindingState.REJECTED)
        .exclude(state=FindingState.PROPOSED, origin=FindingOrigin.MODEL)
        .order_by("position", "id")
    )
    # In the order of the plans as they were chosen, so that rows come as the first plan has them.
    place = {plan.id: number for number, plan in enumerate(plans)}
    findings.sort(key=lambda one: place[one.plan_id])
    return Comparison(
        plans=plans,
        targets=align_targets(stated for stated in map(_stated, _of(findings, FindingKind.TARGET)) if stated),
        tasks=align_names(_named(one, "title") for one in _of(findings, FindingKind.TASK)),
        systems=align_names(_named(one, "name") for one in _of(findings, FindingKind.SYSTEM)),
        unreviewed=sum(one.state == FindingState.PROPOSED for one in findings),
    )


def _of(findings: Sequence[Finding], kind: str) -> Iterable[Finding]:
    return (one for one in findings if one.kind == kind)


def _named(finding: Finding, field: str) -> Named:
    return Named(str(finding.plan_id), _simplified(str(finding.effective[field])), str(finding.id))


def _stated(finding: Finding) -> Stated | None:
    """None for a number that no column could hold, which review would refuse."""
    content = finding.effective
    canonical = content.get("canonical")
    try:
        return Stated(
            plan=str(finding.plan_id),
            indicator=_simplified(content["indicator"]),
            comparator=content["comparator"],
            value=Decimal(content["value"]),
            value_max=None if content["value_max"] is None else Decimal(content["value_max"]),
            unit=_simplified(content["unit"] or ""),
            canonical=Decimal(canonical["v"]) if canonical else None,
            base=canonical["u"] if canonical else "",
            deadline=date.fromisoformat(content["deadline"]) if content["deadline"] else None,
            period=content["period"] or "",
            aim=bool(content["aim"]),
            id=str(finding.id),
        )
    except InvalidOperation:
        return None


def _simplified(text: str) -> str:
    """One script, so that the same name in both is the same name."""
    return normalise(text).text


@cache
def _to_traditional() -> Any:
    from opencc import OpenCC  # loaded late: only a search needs its tables

    return OpenCC("s2t")


def _traditional(text: str) -> str:
    return str(_to_traditional().convert(text))


def search_plans(*, actor: Actor, words: str, plan_ids: Sequence[uuid.UUID] = ()) -> Sequence[Hit]:
    """Where the newest wording of each plan has these words, in either script. At most MOST_HITS places."""
    authorize(actor, Permission.PLAN_OVERSEE)
    if not words:
        return []
    variants = list(dict.fromkeys([words, _simplified(words), _traditional(words)]))
    newest = PlanDocument.objects.filter(plan=OuterRef("pk")).order_by("-version").values("id")[:1]
    plans = Plan.objects.visible_to(actor).annotate(newest=Subquery(newest))
    if plan_ids:
        plans = plans.filter(id__in=plan_ids)
    documents = PlanDocument.objects.filter(id__in=plans.values("newest")).filter(
        reduce(or_, (Q(text__icontains=variant) for variant in variants))
    )
    hits: list[Hit] = []
    for document in documents.select_related("plan").defer("found").order_by("-plan__created_at"):
        standing = _standing(document)
        for window in _windows(document.text, _places(document.text, variants)):
            hits.append(_hit(document, window, standing))
            if len(hits) == MOST_HITS:
                return hits
    return hits


def _places(text: str, variants: Sequence[str]) -> Sequence[tuple[int, int]]:
    """Where any variant stands, without overlaps, in order; of each the first MOST_PLACES."""
    lower, found, end = text.lower(), set(), 0
    for variant in variants:
        at, left = lower.find(variant.lower()), MOST_PLACES
        while at != -1 and left:
            found.add((at, len(variant)))
            at, left = lower.find(variant.lower(), at + 1), left - 1
    places = []
    for at, length in sorted(found):
        if at >= end:
            places.append((at, length))
            end = at + length
    return places


@dataclass(slots=True)
class _Window:
    start: int
    end: int
    places: list[tuple[int, int]]


def _windows(text: str, places: Sequence[tuple[int, int]]) -> Sequence[_Window]:
    """The places with what is around them in their line; those that would overlap are one."""
    windows: list[_Window] = []
    for at, length in places:
        line_end = text.find("\n", at + length)
        start = max(text.rfind("\n", 0, at) + 1, at - AROUND)
        end = min(len(text) if line_end == -1 else line_end, at + length + AROUND)
        if windows and start <= windows[-1].end:
            windows[-1].end = end
            windows[-1].places.append((at, length))
        else:
            windows.append(_Window(start, end, [(at, length)]))
    return windows


def _hit(document: PlanDocument, window: _Window, standing: Sequence[tuple[int, int, str]]) -> Hit:
    text = document.text
    starts_inside = window.start > 0 and text[window.start - 1] != "\n"
    ends_inside = window.end < len(text) and text[window.end] != "\n"
    parts, done = [("…" if starts_inside else "", False)], window.start
    for at, length in window.places:
        parts += [(text[done:at], False), (text[at : at + length], True)]
        done = at + length
    parts += [(text[done : window.end], False), ("…" if ends_inside else "", False)]
    return Hit(
        plan_id=document.plan_id,
        plan_title=document.plan.title,
        parts=[part for part in parts if part[0]],
        kinds=tuple(
            dict.fromkeys(
                kind
                for first, last, kind in standing
                if any(first < at + length and at < last for at, length in window.places)
            )
        ),
    )


def _standing(document: PlanDocument) -> Sequence[tuple[int, int, str]]:
    rows = (
        Finding.objects.filter(document=document, is_gone=False)
        .exclude(state=FindingState.REJECTED)
        .values_list("kind", "quotes")
    )
    return [(quote["offset"], quote["offset"] + len(quote["text"]), kind) for kind, quotes in rows for quote in quotes]


def wordings(
    *, actor: Actor, plan_id: uuid.UUID, before: int | None = None, after: int | None = None
) -> WordingsDiff | None:
    """What changed from one wording to another, by default the last two; None while there is only one.

    Raises Unauthenticated, Forbidden, NotFound.
    """
    authorize(actor, Permission.PLAN_OVERSEE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    documents = list(plan.documents.defer("text", "found").order_by("-version"))
    if len(documents) < 2:
        return None
    versions: Mapping[int, PlanDocument] = {one.version: one for one in documents}
    new = versions.get(after or 0, documents[0])
    old = versions.get(before or 0, next((one for one in documents if one.version < new.version), documents[1]))
    return WordingsDiff(
        plan=plan,
        documents=documents,
        before=old,
        after=new,
        findings=diff_findings(_found(old), _found(new)),
        lines=diff_lines(old.text, new.text),
    )


def _found(document: PlanDocument) -> list[Found]:
    return [Found(one["kind"], one["key"], one["content"]) for one in document.found]
