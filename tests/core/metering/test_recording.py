"""Usage is recorded once, never changed, and a report that contradicts an earlier one is told apart."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from qianhang.core.clock import derived_id, new_id
from qianhang.core.errors import InvalidInput
from qianhang.core.metering import UsageConflict, UsageRecord, record_usage, usage_of

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def usage(**more: object) -> dict:
    return {
        "source": "cluster:local",
        "key": str(new_id()),
        "organisation_id": new_id(),
        "reference": new_id(),
        "item": "card_ms",
        "quantity": 90_000,
        "unit": "card_ms",
        "started_at": START,
        "ended_at": START + timedelta(seconds=90),
        "attributes": {"cards": 1},
        **more,
    }


@pytest.mark.django_db
def test_a_record_keeps_what_was_measured_under_a_derived_id() -> None:
    said = usage(key="run-1:card_ms")
    record = record_usage(**said)
    assert record.id == derived_id("usage", "cluster:local", "run-1:card_ms")
    assert {name: getattr(record, name) for name in said} == said


@pytest.mark.django_db
def test_the_same_report_again_returns_the_first_record() -> None:
    said = usage()
    first = record_usage(**said)
    again = record_usage(**said)
    assert (again.id, again.recorded_at) == (first.id, first.recorded_at)
    assert UsageRecord.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"quantity": 90_001}, "quantity"),
        ({"reference": new_id()}, "reference"),
        ({"ended_at": START + timedelta(seconds=91), "unit": "cpu_ms"}, "unit, ended_at"),
        ({"attributes": {"cards": 2}}, "attributes"),
        ({"organisation_id": new_id()}, "organisation_id"),
    ],
)
def test_a_report_that_contradicts_the_first_is_refused_and_changes_nothing(change: dict, fields: str) -> None:
    said = usage()
    record_usage(**said)
    with pytest.raises(UsageConflict) as refusal:
        record_usage(**{**said, **change})
    assert refusal.value.facts["fields"] == fields
    (kept,) = UsageRecord.objects.all()
    assert {name: getattr(kept, name) for name in said} == said


@pytest.mark.django_db
def test_the_same_key_of_another_source_is_another_record() -> None:
    said = usage()
    record_usage(**said)
    record_usage(**{**said, "source": "cluster:other"})
    assert UsageRecord.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": 2**63}, "quantity"),
        ({"ended_at": START - timedelta(microseconds=1)}, "ended_at"),
        ({"source": ""}, "source"),
        ({"key": "k" * 201}, "key"),
        ({"item": ""}, "item"),
        ({"unit": "u" * 41}, "unit"),
    ],
)
def test_an_impossible_measurement_is_refused_by_field_and_writes_nothing(wrong: dict, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        record_usage(**usage(**wrong))
    assert [problem.path for problem in refusal.value.problems] == [path]
    assert UsageRecord.objects.count() == 0


@pytest.mark.django_db
def test_nothing_used_in_no_time_is_a_record_too() -> None:
    record = record_usage(**usage(quantity=0, ended_at=START))
    assert (record.quantity, record.ended_at) == (0, START)


@pytest.mark.django_db
def test_usage_of_a_reference_comes_by_start_then_item() -> None:
    reference = new_id()
    late = record_usage(**usage(reference=reference, started_at=START + timedelta(seconds=1)))
    cpu = record_usage(**usage(reference=reference, item="cpu_ms"))
    card = record_usage(**usage(reference=reference, item="card_ms"))
    record_usage(**usage())
    assert [record.id for record in usage_of(reference)] == [card.id, cpu.id, late.id]
    assert usage_of(new_id()) == []


@pytest.mark.django_db(transaction=True)
def test_eight_reporters_of_one_measurement_make_one_record() -> None:
    said, start = usage(), threading.Barrier(8)

    def report(_: int) -> object:
        try:
            start.wait(timeout=30)
            return record_usage(**said).id
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(report, range(8))) == {derived_id("usage", said["source"], said["key"])}
    assert UsageRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["qianhang_app", "qianhang_owner", "postgres"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE metering_usagerecord SET quantity = 0",
        "DELETE FROM metering_usagerecord",
        "TRUNCATE metering_usagerecord",
    ],
)
def test_a_record_cannot_be_changed_or_removed(
    connect_as: Callable[..., psycopg.Connection], role: str, change: str
) -> None:
    said = usage()
    record_usage(**said)
    with pytest.raises(errors.InsufficientPrivilege), connect_as(role) as raw:
        raw.execute(change.encode())
    assert UsageRecord.objects.get().quantity == 90_000
