"""REST: plans side by side, a search across all, and two wordings of one plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from qianhang.core.web.pages import actor_of

from .queries import comparing
from .queries.comparing import Hit
from .rules.alignment import Named, Row, Stated
from .rules.wording_diff import Found

router = Router()


@dataclass(frozen=True, slots=True)
class ComparedPlan:
    id: UUID
    title: str
    region: str
    dated: date | None


@dataclass(frozen=True, slots=True)
class StatedOut:
    """A target as one plan states it; id is its finding."""

    id: str
    indicator: str
    comparator: str
    value: Decimal
    value_max: Decimal | None
    unit: str
    deadline: date | None
    period: str
    aim: bool


@dataclass(frozen=True, slots=True)
class TargetRowOut:
    """One indicator; `plans` has those that state it, by their id."""

    name: str
    plans: Mapping[str, Sequence[StatedOut]]


@dataclass(frozen=True, slots=True)
class NamedRowOut:
    name: str
    plans: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ComparisonOut:
    plans: Sequence[ComparedPlan]
    targets: Sequence[TargetRowOut]
    tasks: Sequence[NamedRowOut]
    systems: Sequence[NamedRowOut]
    unreviewed: int


@dataclass(frozen=True, slots=True)
class FoundOut:
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangedOut:
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class DiffOut:
    """Empty lists and one version while a plan has one wording only."""

    before: int | None
    after: int | None
    added: Sequence[FoundOut]
    removed: Sequence[FoundOut]
    changed: Sequence[ChangedOut]
    same: int


@router.get("/compare", response=ComparisonOut, tags=["compare"])
def compare(
    request: HttpRequest,
    plan_id: Annotated[list[UUID], Query(max_length=comparing.MOST_COMPARED)] = [],  # noqa: B006 -- as below
) -> ComparisonOut:
    """Several plans side by side: targets by indicator and unit, tasks and systems by name. Repeat plan_id."""
    found = comparing.compare_plans(actor=actor_of(request), plan_ids=plan_id)
    return ComparisonOut(
        plans=[ComparedPlan(one.id, one.title, one.region, one.dated) for one in found.plans],
        targets=[target_row(row) for row in found.targets],
        tasks=[named_row(row) for row in found.tasks],
        systems=[named_row(row) for row in found.systems],
        unreviewed=found.unreviewed,
    )


@router.get("/search", response=list[Hit], tags=["compare"])
def search_plans(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=120)] = "",
    plan_id: Annotated[list[UUID], Query(max_length=50)] = [],  # noqa: B006 -- read by the framework, never changed
) -> list[Hit]:
    """Where these words stand, in the newest wording of each plan, in either script."""
    return list(comparing.search_plans(actor=actor_of(request), words=q.strip(), plan_ids=plan_id))


@router.get("/plans/{plan_id}/diff", response=DiffOut, tags=["compare"])
def get_diff(
    request: HttpRequest,
    plan_id: UUID,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    after: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> DiffOut:
    """What changed from one wording of a plan to another; by default the last two."""
    found = comparing.wordings(actor=actor_of(request), plan_id=plan_id, before=before, after=after)
    if found is None:
        return DiffOut(None, 1, (), (), (), 0)
    return DiffOut(
        before=found.before.version,
        after=found.after.version,
        added=[_found(one) for one in found.findings.added],
        removed=[_found(one) for one in found.findings.removed],
        changed=[
            ChangedOut(one.after.kind, one.before.content, one.after.content, one.fields)
            for one in found.findings.changed
        ],
        same=found.findings.same,
    )


def target_row(row: Row[Stated]) -> TargetRowOut:
    return TargetRowOut(
        row.name,
        {
            plan: [
                StatedOut(
                    one.id,
                    one.indicator,
                    one.comparator,
                    one.value,
                    one.value_max,
                    one.unit,
                    one.deadline,
                    one.period,
                    one.aim,
                )
                for one in stated
            ]
            for plan, stated in row.of.items()
        },
    )


def named_row(row: Row[Named]) -> NamedRowOut:
    return NamedRowOut(row.name, {plan: [one.name for one in names] for plan, names in row.of.items()})


def _found(one: Found) -> FoundOut:
    return FoundOut(one.kind, one.content)
