"""What the scoreboard is made of: the history of series, and measures counted for this very answer."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from .measures import all_measures
from .models import Observation
from .observing import moment_of, today
from .rules.figures import tidy
from .rules.progress import Point

Series = Sequence[Point]


def history_of(series: Iterable[str]) -> Mapping[str, Series]:
    """The last revision of every day of each series, oldest first. One query."""
    wanted = set(series)
    if not wanted:
        return {}
    rows = (
        Observation.objects.filter(series__in=wanted)
        .order_by("series", "day", "-revision")
        .distinct("series", "day")
        .values_list("series", "day", "value")
    )
    found: dict[str, list[Point]] = {}
    for name, day, value in rows:
        found.setdefault(name, []).append(Point(day, tidy(value)))
    return found


def live_values(codes: Iterable[str]) -> Mapping[str, Decimal]:
    """What these measures count at this moment, in their own units; those that say nothing are left out."""
    known = all_measures()
    moment = moment_of(today())
    found = {}
    for code in sorted(set(codes)):
        counted = known[code].count(moment) if code in known else None
        if counted is not None and counted.value is not None:
            found[code] = tidy(counted.value)
    return found


def measure_name(code: str) -> tuple[str, str]:
    """Name and unit; a measure that is registered no more is shown by its code."""
    found = all_measures().get(code)
    return (str(found.name), found.unit) if found else (code, "")
