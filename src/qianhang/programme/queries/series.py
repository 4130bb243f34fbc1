"""Manual and outside series with their values."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch

from qianhang.core.access import Actor, Permission, authorize

from ..models import Binding, Evidence, ManualSeries, ManualValue, OutsideSeries, OutsideValue
from ..rules.figures import tidy

VALUES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ManualValueView:
    id: uuid.UUID
    day: date
    value: Decimal
    note: str
    state: str
    state_label: str
    evidence_id: uuid.UUID
    evidence: str
    recorded_by: str
    recorded_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    review_note: str
    may_review: bool
    """Whether this very actor may confirm or refuse it."""


@dataclass(frozen=True, slots=True)
class ManualSeriesView:
    id: uuid.UUID
    name: str
    unit: str
    reporter_id: uuid.UUID
    reporter: str
    values: tuple[ManualValueView, ...]
    """Newest first."""
    waiting: int
    feeds: tuple[str, ...]
    """Indicators of the targets it feeds."""


@dataclass(frozen=True, slots=True)
class OutsideSeriesView:
    id: uuid.UUID
    name: str
    unit: str
    url: str
    date_column: str
    value_column: str
    every_hours: int
    fetched_at: datetime | None
    tried_at: datetime | None
    problem: str
    values: int
    latest_day: date | None
    latest_value: Decimal | None
    feeds: tuple[str, ...]


def manual_series(*, actor: Actor) -> list[ManualSeriesView]:
    """The series `actor` may see, with their last hundred values. Four queries. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.PLAN_VIEW)
    values = ManualValue.objects.select_related("evidence", "recorded_by", "reviewed_by")
    rows = list(
        ManualSeries.objects.visible_to(actor)
        .select_related("reporter")
        .prefetch_related(Prefetch("values", queryset=values))
    )
    feeds = _feeds("manual")
    return [
        ManualSeriesView(
            id=one.id,
            name=one.name,
            unit=one.unit,
            reporter_id=one.reporter_id,
            reporter=one.reporter.name,
            values=tuple(_value(value, actor) for value in list(one.values.all())[:VALUES_SHOWN]),
            waiting=sum(value.state == ManualValue.State.WAITING for value in one.values.all()),
            feeds=feeds.get(one.id, ()),
        )
        for one in rows
    ]


def manual_values(*, actor: Actor, series_id: uuid.UUID) -> list[ManualValueView]:
    """All values of one series, newest first. Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_VIEW)
    series = ManualSeries.objects.fetch(actor, id=series_id)
    rows = series.values.select_related("evidence", "recorded_by", "reviewed_by")
    return [_value(one, actor) for one in rows]


def outside_series(*, actor: Actor) -> list[OutsideSeriesView]:
    """The outside series with their last value. Three queries. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.PLAN_OVERSEE)
    rows = list(OutsideSeries.objects.visible_to(actor))
    last = (
        OutsideValue.objects.filter(series__in=rows)
        .order_by("series", "-day", "-came_at")
        .distinct("series")
        .values_list("series", "day", "value")
    )
    latest = {series: (day, value) for series, day, value in last}
    days: dict[uuid.UUID, int] = {}
    for series, _day in OutsideValue.objects.filter(series__in=rows).order_by().values_list("series", "day").distinct():
        days[series] = days.get(series, 0) + 1
    feeds = _feeds("outside")
    return [
        OutsideSeriesView(
            id=one.id,
            name=one.name,
            unit=one.unit,
            url=one.url,
            date_column=one.date_column,
            value_column=one.value_column,
            every_hours=one.every_hours,
            fetched_at=one.fetched_at,
            tried_at=one.tried_at,
            problem=one.problem,
            values=days.get(one.id, 0),
            latest_day=latest[one.id][0] if one.id in latest else None,
            latest_value=tidy(latest[one.id][1]) if one.id in latest else None,
            feeds=feeds.get(one.id, ()),
        )
        for one in rows
    ]


def evidence_file(*, actor: Actor, evidence_id: uuid.UUID) -> Evidence:
    """A file to be sent with store.load. Raises NotFound."""
    return Evidence.objects.fetch(actor, id=evidence_id)


def _feeds(kind: str) -> dict[uuid.UUID, tuple[str, ...]]:
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    bound = Binding.objects.filter(ended_at=None, source=kind).order_by("target__position")
    for series, indicator in bound.values_list(kind, "target__indicator"):
        found[series] = (*found.get(series, ()), indicator)
    return found


def _value(one: ManualValue, actor: Actor) -> ManualValueView:
    return ManualValueView(
        id=one.id,
        day=one.day,
        value=tidy(one.value),
        note=one.note,
        state=one.state,
        state_label=str(ManualValue.State(one.state).label),
        evidence_id=one.evidence_id,
        evidence=one.evidence.name,
        recorded_by=one.recorded_by.name,
        recorded_at=one.recorded_at,
        reviewed_by=one.reviewed_by.name if one.reviewed_by else "",
        reviewed_at=one.reviewed_at,
        review_note=one.review_note,
        may_review=one.state == ManualValue.State.WAITING
        and actor.may(Permission.PLAN_MANAGE)
        and one.recorded_by_id != actor.user_id,
    )
