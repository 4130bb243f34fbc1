"""The small decisions: the order of the queue, what a report means, which figures are believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.compute.rules.figures import why_sparse
from qianhang.compute.rules.queue_order import queue_moment
from qianhang.compute.rules.spec_quantities import BadQuantity, read_duration_s, read_memory_mib
from qianhang.compute.rules.states import ENDED, NEXT, State, may_follow
from qianhang.compute.rules.syncing import next_state

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_higher_priority_goes_before_but_not_for_ever():
    urgent = queue_moment(submitted_at=NOON + timedelta(minutes=30), priority=5)
    patient = queue_moment(submitted_at=NOON, priority=0)
    late = queue_moment(submitted_at=NOON + timedelta(minutes=76), priority=5)
    assert urgent < patient < late


@pytest.mark.parametrize(
    ("text", "mib"),
    [("2GiB", 2048), ("0.5 GiB", 512), ("512MiB", 512), ("1TiB", 1_048_576), (64, 64), ("64", 64), ("16.1", 17)],
)
def test_memory_is_read_to_whole_mib_rounded_up(text, mib):
    assert read_memory_mib(text) == mib


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), (7, 7), ("7", 7)]
)
def test_durations_are_read_to_whole_seconds(text, seconds):
    assert read_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "1.5h", "10m1h", "-5s", "1e3", "٣s"])
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(BadQuantity):
        read_duration_s(text)


@given(st.sampled_from(State), st.sampled_from(State), st.booleans())
def test_a_report_never_moves_a_run_backwards_or_out_of_its_end(current, reported, cancelled):
    after = next_state(current, reported, cancel_requested=cancelled)
    if after is not None and current in {State.STARTING, State.RUNNING}:
        assert may_follow(current, after)
    if current in ENDED:
        assert after is None


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled():
    assert next_state(State.RUNNING, State.LOST, cancel_requested=True) is State.CANCELLED
    assert next_state(State.RUNNING, State.LOST, cancel_requested=False) is State.LOST


def test_a_late_starting_report_says_nothing_new_about_a_running_run():
    assert next_state(State.RUNNING, State.STARTING, cancel_requested=False) is None


def test_only_lost_jobs_go_on_after_an_end():
    assert {state for state in ENDED if NEXT[state]} == {State.LOST}
    assert NEXT[State.LOST] == {State.REQUEUED}


def test_a_figure_that_is_not_said_to_be_dense_is_refused():
    assert why_sparse(claimed_gflops=989_000, figure="sparse", known_dense_gflops=None) == "not_dense"


def test_the_double_of_the_known_dense_figure_is_the_sparse_one():
    assert why_sparse(claimed_gflops=1_979_000, figure="dense", known_dense_gflops=989_000) == "twice_the_dense"
    assert why_sparse(claimed_gflops=990_000, figure="dense", known_dense_gflops=989_000) == ""
