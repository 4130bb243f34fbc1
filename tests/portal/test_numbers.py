"""How numbers, times and states look, and where a chart puts them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from qianhang.core.clock import now
from qianhang.portal import charts, states
from qianhang.portal.templatetags import qianhang as filters


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("micro", "shown"),
    [
        (1_234_567_890_000, "1,234,567.89"),
        (0, "0.00"),
        (-10_000, "-0.01"),
        (36_123_400, "36.1234"),
        (1, "0.000001"),
        (None, "–"),
    ],
)
def test_money_shows_fen_and_a_finer_price_shows_what_it_needs(micro, shown) -> None:
    assert filters.yuan(micro) == shown


def test_money_names_its_unit_in_the_readers_language() -> None:
    assert filters.money(5_000_000) == "5.00 yuan"
    with translation.override("zh-hans"):
        assert filters.money(5_000_000) == "5.00 元"


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (48_200, "48.2 s"),
        (59_999, "60.0 s"),
        (60_000, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (3_900_000, "1 h 5 min"),
        (93_600_000, "1 d 2 h"),
    ],
)
def test_a_duration_has_at_most_two_units(milliseconds, shown) -> None:
    assert filters.duration(milliseconds) == shown
    assert filters.duration(timedelta(milliseconds=milliseconds)) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1_610_612_736, "1.50 GiB"), (123 * 1024**2, "123 MiB")],
)
def test_bytes_are_binary_and_have_three_figures(size, shown) -> None:
    assert filters.bytes_(size) == shown


def test_hours_of_a_short_run_do_not_vanish() -> None:
    assert filters.hours(3_600_000) == "1.0000"
    assert filters.hours(100) == "0.000028"
    assert filters.hours(0) == "0.0000"


def test_hours_on_a_receipt_times_the_price_give_the_amount() -> None:
    assert filters.billed_hours(5_163) == "0.001434167"
    assert round(Decimal(filters.billed_hours(5_163)) * 36, 6) == Decimal("0.051630")
    assert filters.billed_hours(3_600_000) == "1.0000"
    assert filters.billed_hours(5_400_000_000) == "1,500.0000"


def test_a_share_in_millionths_has_no_idle_zeros() -> None:
    assert [filters.ppm_percent(ppm) for ppm in (500_000, 333_333, 1_000_000)] == ["50%", "33.3333%", "100%"]


def test_a_relative_time_stands_beside_the_absolute_one() -> None:
    shown = filters.moment(now() - timedelta(minutes=42))
    assert "42 minutes ago" in shown
    assert "<time datetime=" in shown
    assert filters.ago(now() + timedelta(days=3, seconds=5)) == "in 3 days"
    assert filters.moment(None) == "–"


def test_every_described_state_has_a_tone_and_a_drawing() -> None:
    for state in states.described_states():
        tone, shape = states.tone_of(state)
        assert tone in {"wait", "move", "good", "bad", "warn", "off", "note"}
        assert shape in states.SHAPES
    assert states.tone_of("never heard of") == ("note", "dash")


def test_a_chart_begins_at_zero_and_keeps_a_gap() -> None:
    series = [charts.Series(name="CPU", points=[(0, 1.0), (5, None), (10, 2.0)])]
    chart = charts.line_chart(series, limit=2.0)
    assert [tick.label for tick in chart.y_ticks] == ["0", "0.5", "1", "1.5", "2"]
    assert (chart.y_ticks[0].at, chart.limit_y) == (chart.bottom, chart.top)
    assert chart.lines[0].paths == [f"{chart.left}.0,102.0", f"{chart.right}.0,12.0"]
    assert [cells for _x, cells in chart.rows] == [["1"], ["–"], ["2"]]


def test_a_chart_of_nothing_draws_nothing() -> None:
    assert charts.line_chart([]).lines == []
    assert charts.sparkline([]).points == ""
    assert charts.sparkline([3]).last == 3


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=2, max_size=50))
def test_a_sparkline_stays_in_its_box(values) -> None:
    drawn = charts.sparkline(values)
    for point in drawn.points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= charts.SPARK_WIDTH
        assert 2 <= y <= charts.SPARK_HEIGHT - 2


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_an_axis_has_few_round_steps(span) -> None:
    step = charts.nice_step(span)
    assert 1.5 <= span / step <= 10


@given(st.integers(), st.integers(min_value=0))
def test_a_meter_is_never_below_empty_or_above_full(value, most) -> None:
    assert 0 <= charts.meter(value, most).width <= 100
