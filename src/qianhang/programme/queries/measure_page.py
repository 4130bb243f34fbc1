"""Measures as people look them up: what each counts, what it said last, and the rows behind it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.measures import EvidenceRow

from ..board_parts import history_of
from ..measures import all_measures, measure
from ..models import Binding, Observation, Source
from ..models.series import series_name
from ..rules.figures import tidy_or_none
from ..rules.progress import Point
from .target import EVIDENCE_SHOWN, MeasureView, measure_view


@dataclass(frozen=True, slots=True)
class Fed:
    """A target that a measure feeds."""

    id: uuid.UUID
    indicator: str
    plan_title: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    measure: MeasureView
    last: Point | None
    """The last observation; None for who may not see the numbers."""
    feeds: int


@dataclass(frozen=True, slots=True)
class MeasureDetail:
    measure: MeasureView
    value: Decimal | None
    """Counted for this very answer."""
    rows: int
    points: tuple[Point, ...]
    evidence: tuple[EvidenceRow, ...]
    feeds: tuple[Fed, ...]
    may_see: bool
    """Whether the reader is told the numbers."""


def measure_rows(*, actor: Actor) -> Sequence[MeasureRow]:
    """Every measure by its code; two queries. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.PLAN_VIEW)
    known = sorted(all_measures().items())
    names = {code: series_name(Source.MEASURE, code) for code, _one in known}
    last: dict[str, Point] = {}
    feeds: dict[str, int] = {}
    if actor.may(Permission.PLAN_OVERSEE):
        newest = (
            Observation.objects.filter(series__in=names.values())
            .order_by("series", "-day", "-revision")
            .distinct("series")
            .values_list("series", "day", "value")
        )
        last = {series: Point(day, value) for series, day, value in newest}
        for code in Binding.objects.filter(ended_at=None, source=Source.MEASURE).values_list("measure", flat=True):
            feeds[code] = feeds.get(code, 0) + 1
    return [MeasureRow(measure_view(one), last.get(names[code]), feeds.get(code, 0)) for code, one in known]


def measure_detail(*, actor: Actor, code: str) -> MeasureDetail:
    """Raises Unauthenticated, Forbidden, UnknownMeasure."""
    authorize(actor, Permission.PLAN_VIEW)
    one = measure(code)
    if not actor.may(Permission.PLAN_OVERSEE):
        return MeasureDetail(measure_view(one), None, 0, (), (), (), may_see=False)
    moment, series = now(), series_name(Source.MEASURE, code)
    counted = one.count(moment)
    fed = Binding.objects.filter(ended_at=None, measure=code).select_related("target__plan")
    return MeasureDetail(
        measure=measure_view(one),
        value=tidy_or_none(counted.value),
        rows=counted.rows,
        points=tuple(history_of([series]).get(series, ())),
        evidence=tuple(one.evidence(actor, moment, EVIDENCE_SHOWN)),
        feeds=tuple(Fed(row.target_id, row.target.indicator, row.target.plan.title) for row in fed),
        may_see=True,
    )
