"""What the scoreboard is made of: the history of series, and measures counted for this very answer."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from .known_series import MEMORY, Series
from .measures import all_measures
from .observing import moment_of, today
from .rules.figures import tidy


def history_of(series: Iterable[str]) -> Mapping[str, Series]:
    """The last revision of every day of each series, oldest first. One query when nothing was observed since."""
    return MEMORY.of(series)


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
