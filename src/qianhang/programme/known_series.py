"""The history of series, kept in memory between requests.

A scoreboard of two hundred targets stands on some hundred thousand observations. They are immutable and only ever
added, so what was read once stays true: one cheap question (how many there are, and which is the newest) tells whether
anything came since, and a second one which series it was for.
"""

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from .models import Observation
from .rules.figures import tidy
from .rules.progress import Point

# Some 50 MB at most. A region with more than that reads anew what is not kept.
MOST_POINTS = 300_000

Series = Sequence[Point]


class SeriesMemory:
    """One of these per process. `of` may be called from several threads."""

    def __init__(self, *, most_points: int = MOST_POINTS) -> None:
        self._most = most_points
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Point, ...]] = {}
        self._count = 0
        self._newest: uuid.UUID | None = None
        self._points = 0

    def of(self, wanted: Iterable[str]) -> Mapping[str, Series]:
        """The last revision of every day of each series, oldest first; series without any are left out.

        One query when nothing has come since, two more at most otherwise.
        """
        names = set(wanted)
        if not names:
            return {}
        with self._lock:
            self._forget_what_changed()
            missing = names - self._kept.keys()
            found = {name: self._kept[name] for name in names - missing}
            if missing:
                read = _read(missing)
                found |= read
                self._keep(read)
        return {name: points for name, points in found.items() if points}

    def _forget_what_changed(self) -> None:
        count, newest = _stamp()
        if (count, newest) == (self._count, self._newest):
            return
        since = Observation.objects.filter(id__gt=self._newest) if self._newest else Observation.objects.none()
        came = list(since.order_by().values_list("series", flat=True)[: self._most])
        if self._newest is not None and self._count + len(came) == count:
            for name in set(came):
                self._points -= len(self._kept.pop(name, ()))
        else:
            # Something came in another order than its identifiers, or a test's transaction was undone.
            self._kept, self._points = {}, 0
        self._count, self._newest = count, newest

    def _keep(self, read: Mapping[str, tuple[Point, ...]]) -> None:
        more = sum(len(points) for points in read.values())
        if self._points + more > self._most:
            self._kept, self._points = {}, 0
        if more <= self._most:
            self._kept.update(read)
            self._points += more


def _stamp() -> tuple[int, uuid.UUID | None]:
    """Both in one question; identifiers grow with time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM programme_observation),"
            " (SELECT id FROM programme_observation ORDER BY id DESC LIMIT 1)"
        )
        count, newest = cursor.fetchone()
    return count, newest


def _read(names: set[str]) -> dict[str, tuple[Point, ...]]:
    rows = (
        Observation.objects.filter(series__in=names)
        .order_by("series", "day", "-revision")
        .distinct("series", "day")
        .values_list("series", "day", "value")
    )
    found: dict[str, list[Point]] = {name: [] for name in names}
    for name, day, value in rows.iterator(chunk_size=10_000):
        found[name].append(Point(day, tidy(value)))
    return {name: tuple(points) for name, points in found.items()}


MEMORY = SeriesMemory()
