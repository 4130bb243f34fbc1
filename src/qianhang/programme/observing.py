"""Writing observations: one a series and day, a new revision beside the old ones when the value is another."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from qianhang.core.clock import now
from qianhang.core.measures import Measure

from .errors import NotRecomputable
from .models import Observation, Source
from .models.series import series_name
from .rules.figures import rounded

PLACES = 12


@dataclass(frozen=True, slots=True)
class Written:
    observation: Observation
    is_new: bool


def today() -> date:
    """The day it is in the region's time zone."""
    return timezone.localdate()


def moment_of(day: date) -> datetime:
    """The last moment of a day that is over; now for the day that runs. In the region's time zone."""
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    return min(end - timedelta(microseconds=1), now())


def observe_measure(measure: Measure, day: date) -> Written | None:
    """Counts and keeps one measure. None where nothing can be said. Raises NotRecomputable."""
    if not measure.of_any_day and day != today():
        raise NotRecomputable(measure=measure.name, day=day.isoformat())
    counted = measure.count(moment_of(day))
    if counted.value is None:
        return None
    return keep(
        series_name(Source.MEASURE, measure.code),
        day,
        counted.value,
        unit=measure.unit,
        query_version=measure.version,
        rows=counted.rows,
    )


def keep(
    series: str,
    day: date,
    value: Decimal,
    *,
    unit: str,
    query_version: int = 1,
    rows: int = 1,
    reference: str = "",
) -> Written:
    """The same value by the same version of the query is kept once, however often it comes. In a transaction."""
    value = rounded(value, PLACES)
    with connection.cursor() as cursor:
        # Two observers of one series take turns; there may be no row yet to lock.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"programme:{series}"])
    last = Observation.objects.filter(series=series, day=day).order_by("-revision").first()
    if last is not None and last.value == value and last.query_version == query_version:
        return Written(last, is_new=False)
    observation = Observation.objects.create(
        series=series,
        day=day,
        revision=0 if last is None else last.revision + 1,
        value=value,
        unit=unit[:40],
        query_version=query_version,
        rows=rows,
        reference=reference,
    )
    return Written(observation, is_new=True)
