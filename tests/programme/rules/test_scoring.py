"""Progress, path, forecast and light: exact on examples, and lawful on anything."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading.findings import Comparator
from qianhang.programme.rules.dependencies import cycle_with
from qianhang.programme.rules.figures import tidy
from qianhang.programme.rules.forecast import forecast, student_t
from qianhang.programme.rules.light import Light, Rule, Signal, Standing, signal
from qianhang.programme.rules.nature import falls_by_nature
from qianhang.programme.rules.progress import Aim, Point, is_met, percent, progress
from qianhang.programme.rules.trajectory import expected, path

D = Decimal
NEW_YEAR = date(2026, 1, 1)
numbers = st.decimals(min_value=D("-1e12"), max_value=D("1e12"), places=3)
tasks = st.integers(0, 8)
positive = st.decimals(min_value=D("0.001"), max_value=D("1e12"), places=3)
comparators = st.sampled_from(sorted(set(Comparator) - {Comparator.RANGE}))


@pytest.mark.parametrize(
    ("comparator", "value", "met"),
    [
        (Comparator.GT, "100", False), (Comparator.GT, "100.001", True), (Comparator.GTE, "100", True),
        (Comparator.EQ, "99.999", False), (Comparator.EQ, "100", True), (Comparator.EQ, "101", True),
        (Comparator.LT, "100", False), (Comparator.LT, "99.999", True), (Comparator.LTE, "100", True),
        (Comparator.APPROX, "95", True), (Comparator.APPROX, "94.999", False),
        (Comparator.RANGE, "99", False), (Comparator.RANGE, "100", True), (Comparator.RANGE, "500", True),
    ],
)  # fmt: skip
def test_a_target_of_one_hundred_is_met_by_what_its_comparator_says(comparator, value, met):
    assert is_met(Aim(comparator, D(100), value_max=D(200)), D(value)) is met


@pytest.mark.parametrize(
    ("aim", "value", "share"),
    [
        (Aim(Comparator.GT, D(5000)), "1250", "25"),
        (Aim(Comparator.GT, D(5000)), "4999.9", "99.9"),
        (Aim(Comparator.GT, D(5000)), "-3", "0"),
        (Aim(Comparator.GT, D(5000), baseline=D(1000), baseline_on=NEW_YEAR), "2000", "25"),
        (Aim(Comparator.LT, D("1.25")), "2.5", "50"),
        (Aim(Comparator.LT, D("1.25"), baseline=D("1.65"), baseline_on=NEW_YEAR), "1.45", "50"),
        (Aim(Comparator.LT, D("1.25"), baseline=D("1.65"), baseline_on=NEW_YEAR), "1.80", "0"),
        (Aim(Comparator.GTE, D(0)), "0", "100"),
        (Aim(Comparator.LTE, D(5)), "0", "100"),
    ],
)
def test_progress_is_the_share_of_the_way(aim, value, share):
    assert percent(progress(aim, D(value))) == D(share)


@given(comparators, positive, positive)
def test_progress_is_never_negative_and_whole_at_the_target(comparator, goal, value):
    aim = Aim(comparator, goal)
    assert progress(aim, value) >= 0
    assert progress(aim, goal) == 1


@given(comparators, positive, positive, positive)
def test_a_better_value_is_never_less_progress(comparator, goal, one, other):
    aim = Aim(comparator, goal)
    worse, better = sorted([one, other], reverse=aim.lower_is_better)
    assert progress(aim, better) >= progress(aim, worse)


def test_the_path_is_straight_between_start_milestones_and_deadline():
    aim = Aim(Comparator.GT, D(100), deadline=NEW_YEAR + timedelta(days=100))
    corners = path(aim, Point(NEW_YEAR, D(0)), [Point(NEW_YEAR + timedelta(days=50), D(20))])
    values = [expected(corners, NEW_YEAR + timedelta(days=n)) for n in (-1, 0, 25, 50, 75, 100, 200)]
    assert values == [0, 0, 10, 20, 60, 100, 100]


def test_without_a_deadline_or_with_a_late_start_there_is_no_path():
    assert path(Aim(Comparator.GT, D(1)), Point(NEW_YEAR, D(0))) == ()
    assert path(Aim(Comparator.GT, D(1), deadline=NEW_YEAR), Point(NEW_YEAR, D(0))) == ()
    assert expected((), NEW_YEAR) is None


@given(positive, numbers, st.integers(1, 3000), st.integers(-10, 4000))
def test_the_path_stays_between_its_ends(goal, start, length, day):
    aim = Aim(Comparator.GTE, goal, deadline=NEW_YEAR + timedelta(days=length))
    value = expected(path(aim, Point(NEW_YEAR, start)), NEW_YEAR + timedelta(days=day))
    assert min(start, goal) - D("1e-9") <= value <= max(start, goal) + D("1e-9")


def test_a_straight_line_is_forecast_exactly_and_without_a_band():
    points = [Point(NEW_YEAR + timedelta(days=n), D(10 + 2 * n)) for n in range(0, 50, 10)]
    found = forecast(points, NEW_YEAR + timedelta(days=100))
    assert (found.value, found.low, found.high, found.points) == (210, 210, 210, 5)


def test_the_band_is_the_textbook_prediction_interval():
    # x = 0, 1, 2, 3 and y = 1, 3, 2, 4: slope 0.8, intercept 1.3, s^2 = 0.9, Sxx = 5, t(2) = 4.303.
    points = [Point(NEW_YEAR + timedelta(days=x), D(y)) for x, y in enumerate((1, 3, 2, 4))]
    found = forecast(points, NEW_YEAR + timedelta(days=4))
    band = D("4.303") * (D("0.9") * (1 + D("0.25") + D("2.5") ** 2 / 5)).sqrt()
    assert found.value == D("4.5")
    assert found.high - found.value == band.quantize(D("0.000001"))
    assert found.value - found.low == found.high - found.value


@given(st.lists(st.tuples(st.integers(0, 400), numbers), max_size=12), st.integers(-100, 5000))
def test_a_forecast_never_fails_and_lies_in_its_band(points, ahead):
    found = forecast([Point(NEW_YEAR + timedelta(days=n), y) for n, y in points], NEW_YEAR + timedelta(days=ahead))
    assert found is None or found.low <= found.value <= found.high


def test_students_t_is_never_taken_too_small():
    assert [student_t(n) for n in (1, 2, 22, 30, 39, 10_000)] == [
        D("12.706"), D("4.303"), D("2.086"), D("2.042"), D("2.042"), D("1.962"),
    ]  # fmt: skip


AIM = Aim(Comparator.GTE, D(100), deadline=date(2026, 12, 31))
TODAY = date(2026, 7, 1)


def lit(value, *, bound=True, start="0", due="50", today=TODAY, aim=AIM) -> Signal:
    to = [None if one is None else D(one) for one in (value, start, due)]
    return signal(aim, Standing(today, bound, to[0], to[1], to[2], None))


def test_the_light_shows_the_first_rule_that_holds():
    later = date(2027, 1, 1)
    assert lit("60", bound=False) == Signal(Light.GREY, Rule.NO_SOURCE)
    assert lit(None) == Signal(Light.GREY, Rule.NO_VALUE)
    assert lit("100") == Signal(Light.GREEN, Rule.MET)
    assert lit("60", aim=Aim(Comparator.GTE, D(100))) == Signal(Light.GREY, Rule.NO_DEADLINE)
    assert lit("60", today=later) == Signal(Light.RED, Rule.OVERDUE)
    assert lit("60", due=None) == Signal(Light.GREY, Rule.TOO_EARLY)
    assert lit("50") == Signal(Light.GREEN, Rule.ON_PATH)
    assert lit("45") == Signal(Light.YELLOW, Rule.SLIGHTLY_BEHIND)
    assert lit("44.9") == Signal(Light.RED, Rule.BEHIND)
    assert lit("0", due="0") == Signal(Light.GREEN, Rule.ON_PATH)


def test_on_the_first_day_no_pace_is_judged_unless_a_baseline_is_stated():
    first = Standing(TODAY, True, D(50), D(50), D(50), None, days=1)
    assert signal(AIM, first) == Signal(Light.GREY, Rule.TOO_EARLY)
    from_baseline = Aim(Comparator.GTE, D(100), deadline=AIM.deadline, baseline=D(0), baseline_on=NEW_YEAR)
    assert signal(from_baseline, first).rule == Rule.ON_PATH
    assert signal(AIM, Standing(TODAY, True, D(100), D(100), D(100), None, days=1)).rule == Rule.MET


@pytest.mark.parametrize(
    ("indicator", "unit", "falls"),
    [
        ("城市算力网时延", "ms", True), ("省域算力网時延", "ms", True), ("数据中心PUE", "", True),
        ("電能利用效率", "", True), ("误识率", "%", True), ("用电成本", "元/千瓦时", True), ("单位能耗", "吨", True),
        ("能耗降低率", "%", False), ("企业用算成本下降", "%", False), ("办理时间压缩", "%", False),
        ("智能算力规模", "PFLOPS", False), ("年减排量", "吨", False), ("培训时长", "小时", False),
    ],
)  # fmt: skip
def test_delays_costs_and_losses_fall_by_nature_and_their_fall_does_not(indicator, unit, falls):
    assert falls_by_nature(indicator, unit) is falls


def test_what_falls_by_nature_is_met_at_the_value_or_below():
    delay = Aim(Comparator.EQ, D(1), deadline=AIM.deadline, falls_by_nature=True)
    assert [is_met(delay, D(value)) for value in ("0.85", "1", "1.01")] == [True, True, False]
    assert percent(progress(delay, D(2))) == 50
    about = Aim(Comparator.APPROX, D(100), falls_by_nature=True)
    assert [is_met(about, D(value)) for value in ("20", "105", "105.1")] == [True, True, False]
    # What a plan writes goes before what things are like.
    assert is_met(Aim(Comparator.GTE, D(1), falls_by_nature=True), D(2))
    assert lit("0.85", aim=delay, start="3", due="2") == Signal(Light.GREEN, Rule.MET)
    assert lit("2.5", aim=delay, start="3", due="2").rule == Rule.BEHIND


def test_where_lower_is_better_the_light_looks_the_other_way():
    aim = Aim(Comparator.LT, D("1.25"), deadline=date(2026, 12, 31))
    assert lit("1.45", aim=aim, start="1.65", due="1.45").rule == Rule.ON_PATH
    assert lit("1.46", aim=aim, start="1.65", due="1.45").rule == Rule.SLIGHTLY_BEHIND
    assert lit("1.60", aim=aim, start="1.65", due="1.45").rule == Rule.BEHIND


def test_a_circle_of_tasks_is_found_and_named():
    needs = {"b": ["c"], "c": ["d"], "d": []}
    assert cycle_with(needs, "d", "b") == ["d", "b", "c", "d"]
    assert cycle_with(needs, "a", "b") == []
    assert cycle_with({}, "a", "a") == ["a", "a"]


@given(
    st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4)), st.integers(0, 8), st.integers(0, 8)
)
def test_a_named_circle_is_one_step_after_the_other(needs, task, needed):
    circle = cycle_with(needs, task, needed)
    if circle:
        assert circle[0] == circle[-1] == task
        assert circle[1] == needed
        assert all(after in needs[before] for before, after in pairwise(circle[1:]))


def test_figures_lose_their_empty_decimals_and_nothing_else():
    written = ["5000.000", "1.250", "0.000", "1E+3"]
    assert [str(tidy(D(one))) for one in written] == ["5000", "1.25", "0", "1000"]


def test_percent_is_cut_and_not_rounded_up():
    assert percent(Fraction(9996, 10000)) == D("99.9")
