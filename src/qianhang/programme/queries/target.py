"""One target: every observation with its revisions, the rows that prove the latest, and what could feed it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.measures import EvidenceRow
from qianhang.core.measures import Measure as CoreMeasure

from ..bindings import offered_by, wanted_by
from ..measures import all_measures, measure
from ..models import Binding, Evidence, ManualValue, Milestone, Observation, OutsideValue, Plan, Source, Target
from ..observing import moment_of, today
from ..rules.binding import suggest
from ..rules.figures import tidy
from .board import BindingView, TargetView, binding_view, target_views

EVIDENCE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ObservationView:
    """`value` is in the target's unit, `counted` in the source's."""

    id: uuid.UUID
    day: date
    revision: int
    value: Decimal
    counted: Decimal
    counted_unit: str
    query_version: int
    rows: int
    observed_at: datetime
    is_latest: bool
    """False for a value that was restated later."""


@dataclass(frozen=True, slots=True)
class SuggestionView:
    code: str
    name: str
    unit: str
    factor: Decimal
    percent: int
    """How like the words are, 0 to 100."""


@dataclass(frozen=True, slots=True)
class StageView:
    deadline: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class TargetDetail:
    target: TargetView
    quote: str
    """The words of the plan it stands on."""
    observations: tuple[ObservationView, ...]
    """Newest day first, within a day the newest revision first."""
    evidence: tuple[EvidenceRow, ...]
    """Behind the latest value, as far as `actor` may see it."""
    measure: "MeasureView | None"
    past_bindings: tuple[BindingView, ...]
    suggestions: tuple[SuggestionView, ...]
    """Empty once something feeds it, and for who may not bind."""
    stages: tuple[StageView, ...]


@dataclass(frozen=True, slots=True)
class MeasureView:
    code: str
    unit: str
    name: str
    definition: str
    counted: str
    version: int
    of_any_day: bool


def measure_view(one: CoreMeasure) -> MeasureView:
    return MeasureView(
        code=one.code,
        unit=one.unit,
        name=str(one.name),
        definition=str(one.definition),
        counted=str(one.counted),
        version=one.version,
        of_any_day=one.of_any_day,
    )


def measures_list() -> list[MeasureView]:
    """Every measure, by its code. What is counted is no secret; the numbers are."""
    return [measure_view(one) for _code, one in sorted(all_measures().items())]


def target_detail(*, actor: Actor, target_id: uuid.UUID) -> TargetDetail:
    """Raises NotFound."""
    rows = Target.objects.select_related("plan", "task", "owner", "finding").active()
    row = rows.fetch(actor, id=target_id)
    view = target_views([row], live=True)[0]
    bindings = list(row.bindings.select_related("manual", "outside").order_by("-bound_at"))
    current = next((one for one in bindings if one.ended_at is None), None)
    shown = measure(current.measure) if current and current.measure in all_measures() else None
    stages = Milestone.objects.filter(target=row, is_active=True, value__isnull=False).order_by("deadline")
    quotes = row.finding.quotes
    return TargetDetail(
        target=view,
        quote=quotes[0]["text"] if quotes else "",
        observations=observations_of(current),
        evidence=tuple(evidence_behind(actor, current)) if current else (),
        measure=None if shown is None else measure_view(shown),
        past_bindings=tuple(binding_view(one) for one in bindings if one.ended_at is not None),
        suggestions=suggestions_for(row) if current is None and actor.may(Permission.PLAN_MANAGE) else (),
        stages=tuple(
            StageView(one.deadline, tidy(one.value))
            for one in stages
            if one.deadline is not None and one.value is not None
        ),
    )


def observations_of(binding: Binding | None) -> tuple[ObservationView, ...]:
    if binding is None:
        return ()
    rows = Observation.objects.filter(series=binding.series).order_by("-day", "-revision")[:1000]
    seen: set[date] = set()
    found = []
    for one in rows:
        found.append(
            ObservationView(
                id=one.id,
                day=one.day,
                revision=one.revision,
                value=tidy(one.value * binding.factor),
                counted=tidy(one.value),
                counted_unit=one.unit,
                query_version=one.query_version,
                rows=one.rows,
                observed_at=one.observed_at,
                is_latest=one.day not in seen,
            )
        )
        seen.add(one.day)
    return tuple(found)


def evidence_of(*, actor: Actor, target_id: uuid.UUID, day: date | None = None) -> Sequence[EvidenceRow]:
    """The rows behind a target's value on a day, today by default. Raises NotFound."""
    row = Target.objects.active().fetch(actor, id=target_id)
    binding = row.bindings.select_related("manual", "outside").filter(ended_at=None).first()
    return [] if binding is None else evidence_behind(actor, binding, day)


def evidence_behind(actor: Actor, binding: Binding, day: date | None = None) -> Sequence[EvidenceRow]:
    """For somebody who is not signed in there is none: a published number is published, its rows are not."""
    if actor.is_anonymous:
        return []
    if binding.source == Source.MEASURE:
        known = all_measures().get(binding.measure)
        return [] if known is None else known.evidence(actor, moment_of(day or today()), EVIDENCE_SHOWN)
    if binding.source == Source.MANUAL:
        return _reported(actor, binding, day)
    return _fetched(actor, binding, day)


def _reported(actor: Actor, binding: Binding, day: date | None) -> list[EvidenceRow]:
    rows = ManualValue.objects.filter(series=binding.manual_id, state=ManualValue.State.CONFIRMED)
    if day is not None:
        rows = rows.filter(day=day)
    if not (actor.is_system or actor.may(Permission.PLAN_OVERSEE)):
        rows = rows.filter(evidence__in=Evidence.objects.visible_to(actor))
    return [
        EvidenceRow(
            kind="evidence",
            reference=str(one.evidence_id),
            label=f"{one.evidence.name} · {one.day.isoformat()}",
            value=tidy(one.value),
            unit=one.series.unit,
            at=one.reviewed_at,
            organisation_id=one.series.reporter_id,
        )
        for one in rows.select_related("evidence", "series")[:EVIDENCE_SHOWN]
    ]


def _fetched(actor: Actor, binding: Binding, day: date | None) -> list[EvidenceRow]:
    if not (actor.is_system or actor.may(Permission.PLAN_OVERSEE)):
        return []
    rows = OutsideValue.objects.filter(series=binding.outside_id).select_related("series")
    if day is not None:
        rows = rows.filter(day=day)
    return [
        EvidenceRow(
            kind="outside",
            reference=one.sha256,
            label=f"{one.series.name} · {one.day.isoformat()}",
            value=tidy(one.value),
            unit=one.series.unit,
            at=one.came_at,
        )
        for one in rows.order_by("-day", "-came_at")[:EVIDENCE_SHOWN]
    ]


def suggestions_for(row: Target) -> tuple[SuggestionView, ...]:
    known = all_measures()
    return tuple(
        SuggestionView(
            code=one.code,
            name=str(known[one.code].name),
            unit=known[one.code].unit,
            factor=tidy(one.factor),
            percent=int(one.score * 100),
        )
        for one in suggest(wanted_by(row), (offered_by(measure) for measure in known.values()))
    )


def suggested_bindings(*, actor: Actor, plan_id: uuid.UUID) -> dict[uuid.UUID, tuple[SuggestionView, ...]]:
    """For every target of a plan that nothing feeds: what could, the best first. Three queries.

    Raises Unauthenticated, Forbidden, NotFound.
    """
    authorize(actor, Permission.PLAN_OVERSEE)
    plan_id = Plan.objects.fetch(actor, id=plan_id).id
    rows = Target.objects.visible_to(actor).active().filter(plan_id=plan_id)
    bound = Binding.objects.filter(target__plan=plan_id, ended_at=None).values("target")
    return {row.id: suggestions_for(row) for row in rows.exclude(id__in=bound)}
