"""The memory of series: it says what the database says, whatever came since and in whatever order."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qianhang.core.clock import new_id
from qianhang.programme.known_series import SeriesMemory
from qianhang.programme.models import Observation
from qianhang.programme.rules.progress import Point

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)


def seen(series: str, value: str, *, day: date = DAY, revision: int = 1, id: object = None) -> Observation:
    return Observation.objects.create(
        id=id or new_id(), series=series, day=day, revision=revision, value=Decimal(value), unit="个"
    )


def test_nothing_new_costs_one_question(django_assert_num_queries) -> None:
    seen("a", "1")
    memory = SeriesMemory()
    assert memory.of(["a", "b"]) == {"a": (Point(DAY, Decimal(1)),)}
    with django_assert_num_queries(1):
        assert memory.of(["a", "b"]) == {"a": (Point(DAY, Decimal(1)),)}


def test_a_new_day_and_a_new_revision_are_seen_and_other_series_are_not_read_again(django_assert_num_queries) -> None:
    seen("a", "1")
    seen("b", "5")
    memory = SeriesMemory()
    memory.of(["a", "b"])
    seen("a", "2", revision=2)
    seen("a", "3", day=DAY + timedelta(days=1))
    with django_assert_num_queries(3):
        found = memory.of(["a", "b"])
    assert [point.value for point in found["a"]] == [2, 3]
    with django_assert_num_queries(1):
        assert [point.value for point in memory.of(["b"])["b"]] == [5]


def test_what_was_written_earlier_and_committed_later_is_seen() -> None:
    early = new_id()
    seen("a", "1")
    memory = SeriesMemory()
    memory.of(["a"])
    seen("a", "9", day=DAY - timedelta(days=1), id=early)
    assert [point.value for point in memory.of(["a"])["a"]] == [9, 1]


def test_more_than_it_keeps_is_answered_all_the_same() -> None:
    for place in range(5):
        seen("a", str(place), day=DAY + timedelta(days=place))
    memory = SeriesMemory(most_points=3)
    assert len(memory.of(["a"])["a"]) == 5
    assert len(memory.of(["a"])["a"]) == 5
