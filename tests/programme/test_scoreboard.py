"""From a bound target to a number that opens to its evidence."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound
from qianhang.programme.errors import (
    AlreadyBound,
    FourEyes,
    NotRecomputable,
    SeriesUnreadable,
    UnitsDiffer,
    UnknownMeasure,
    ValueReviewed,
)
from qianhang.programme.models import Binding, Finding, Observation, Target
from qianhang.programme.observing import keep, today
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.services import (
    accept_findings,
    bind_target,
    edit_target,
    observe,
    open_manual_series,
    open_outside_series,
    record_manual_value,
    review_manual_value,
    send_outside_values,
    store_evidence,
    unbind_target,
)

from .world import World

D = Decimal
FLEET = "compute.fleet_pflops"


@pytest.fixture
def targets(world: World) -> dict[str, Target]:
    plan, *_rest = world.plan()
    found = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=found)
    return {one.indicator: one for one in Target.objects.all()}


def board_of(world: World, target: Target, **how: bool):
    board = scoreboard(actor=world.official, plan_id=target.plan_id, **how)
    return next(one for one in board.targets if one.id == target.id)


def test_a_target_is_bound_once_and_the_factor_follows_from_the_units(world, targets):
    target = targets["智能算力规模"]
    one = bind_target(actor=world.official, target_id=target.id, measure=FLEET)
    assert (one.factor, one.series) == (1, "measure:compute.fleet_pflops")
    assert bind_target(actor=world.official, target_id=target.id, measure=FLEET).id == one.id
    with pytest.raises(AlreadyBound):
        bind_target(actor=world.official, target_id=target.id, measure="compute.domestic_pflops")
    unbind_target(actor=world.official, target_id=target.id)
    bind_target(actor=world.official, target_id=target.id, measure="compute.domestic_pflops")
    assert Binding.objects.filter(target=target).count() == 2


def test_what_does_not_fit_is_not_bound(world, targets):
    target = targets["智能算力规模"]
    with pytest.raises(UnitsDiffer):
        bind_target(actor=world.official, target_id=target.id, measure="compute.users_served")
    with pytest.raises(UnknownMeasure):
        bind_target(actor=world.official, target_id=target.id, measure="compute.nothing")
    with pytest.raises(InvalidInput):
        bind_target(actor=world.official, target_id=target.id)
    with pytest.raises(Forbidden):
        bind_target(actor=world.department, target_id=target.id, measure=FLEET)
    assert not Binding.objects.exists()


def test_observing_twice_is_observing_once_and_a_restated_value_keeps_the_old_one(world):
    name = "measure:test"
    keep(name, today(), D("5"), unit="")
    assert not keep(name, today(), D("5.000"), unit="").is_new
    assert keep(name, today(), D("6"), unit="").is_new
    assert list(Observation.objects.filter(series=name).values_list("revision", "value")) == [(0, 5), (1, 6)]
    assert keep(name, today(), D("6"), unit="", query_version=2).observation.revision == 2


@pytest.mark.parametrize("change", [lambda rows: rows.update(value=1), lambda rows: rows.delete()])
def test_an_observation_cannot_be_changed_or_removed(world, change):
    keep("measure:test", today(), D("5"), unit="")
    with pytest.raises(DatabaseError), transaction.atomic():
        change(Observation.objects.all())
    assert Observation.objects.get().value == 5


def test_all_measures_are_counted_and_what_says_nothing_is_left_out(world):
    done = observe(actor=world.official)
    assert "compute.jobs_finished" in done.new
    assert set(done.silent) == {
        "compute.domestic_share", "compute.card_utilisation", "compute.cpu_utilisation", "compute.pue",
        "compute.green_share",
    }  # fmt: skip
    again = observe(actor=world.official)
    assert (again.new, set(again.same)) == ([], set(done.new))


def test_a_past_day_is_counted_only_by_measures_that_can(world):
    yesterday = today() - timedelta(days=1)
    done = observe(actor=world.official, day=yesterday)
    assert {"compute.jobs_finished", "funding.vouchers_issued"} <= set(done.new)
    assert FLEET not in {*done.new, *done.same, *done.silent}
    with pytest.raises(NotRecomputable):
        observe(actor=world.official, day=yesterday, codes=[FLEET])
    with pytest.raises(InvalidInput):
        observe(actor=world.official, day=today() + timedelta(days=1))
    with pytest.raises(Forbidden):
        observe(actor=world.department)


def test_the_board_shows_where_a_target_stands_in_its_own_unit(world, targets):
    target = targets["智能算力规模"]
    grey = board_of(world, target)
    assert (grey.light, grey.rule, grey.latest) == ("grey", "no_source", None)
    bind_target(actor=world.official, target_id=target.id, measure=FLEET)
    edit_target(actor=world.official, target_id=target.id, baseline=D(1000), baseline_on=date(2026, 1, 1))
    for days, value in ((20, "1500"), (10, "2000"), (0, "2500")):
        keep(f"measure:{FLEET}", today() - timedelta(days=days), D(value), unit="PFLOPS")
    shown = board_of(world, target)
    assert (shown.latest.value, shown.progress_percent, shown.met) == (2500, D("37.5"), False)
    assert [point.value for point in shown.points] == [1500, 2000, 2500]
    assert [(corner.day, corner.value) for corner in shown.path] == [
        (date(2026, 1, 1), 1000), (date(2027, 12, 31), 5000),
    ]  # fmt: skip
    assert shown.forecast.value == 2500 + 50 * (date(2027, 12, 31) - today()).days
    # The way is 4000 in 729 days; by today so many of them should be done.
    due = 1000 + D(4000) * (today() - date(2026, 1, 1)).days / 729
    assert abs(shown.expected - due) < D("0.000001")


def test_the_live_board_counts_at_once_what_feeds_a_target(world, targets):
    target = targets["服务企业"]
    bind_target(actor=world.official, target_id=target.id, measure="compute.users_served")
    shown = board_of(world, target, live=True)
    assert (shown.latest.value, shown.is_live, shown.points[-1].day) == (0, True, today())
    assert not Observation.objects.exists()


def test_the_board_asks_a_fixed_number_of_questions(world, targets, django_assert_num_queries):
    for name, measure in (("智能算力规模", FLEET), ("服务企业", "compute.users_served")):
        bind_target(actor=world.official, target_id=targets[name].id, measure=measure)
    observe(actor=world.official)
    actor, plan_id = world.official, targets["服务企业"].plan_id
    with django_assert_num_queries(11):
        scoreboard(actor=actor, plan_id=plan_id)


def test_a_department_sees_the_targets_under_its_tasks_and_a_firm_none(world, targets):
    plan_id = targets["服务企业"].plan_id
    seen = scoreboard(actor=world.department, plan_id=plan_id).targets
    assert [one.indicator for one in seen] == ["产业规模"]
    with pytest.raises(NotFound):
        scoreboard(actor=world.stranger, plan_id=plan_id)


def test_a_reported_value_counts_when_another_person_confirms_it(world, targets):
    series = open_manual_series(actor=world.official, name="产业规模", unit="亿元", reporter_id=world.data.id)
    target = targets["产业规模"]
    bind_target(actor=world.official, target_id=target.id, manual_id=series.id)
    proof = store_evidence(actor=world.department, name="../报表.pdf", data=b"%PDF-1.7")
    report = {"series_id": series.id, "day": today(), "value": D("123.5"), "evidence_id": proof.id}
    value = record_manual_value(actor=world.department, **report)
    assert record_manual_value(actor=world.department, **report).id == value.id
    assert board_of(world, target).latest is None
    with pytest.raises(Forbidden):
        review_manual_value(actor=world.department, value_id=value.id, confirm=True)
    review_manual_value(actor=world.official, value_id=value.id, confirm=True)
    assert board_of(world, target).latest.value == D("123.5")
    with pytest.raises(ValueReviewed):
        review_manual_value(actor=world.second_official, value_id=value.id, confirm=False)
    assert proof.name == "报表.pdf"


def test_nobody_confirms_a_value_of_their_own(world):
    series = open_manual_series(actor=world.official, name="产业规模", unit="亿元")
    proof = store_evidence(actor=world.official, name="a.pdf", data=b"x")
    value = record_manual_value(
        actor=world.official, series_id=series.id, day=today(), value=D(1), evidence_id=proof.id
    )
    with pytest.raises(FourEyes):
        review_manual_value(actor=world.official, value_id=value.id, confirm=True)
    assert not Observation.objects.exists()
    with pytest.raises(NotFound):
        record_manual_value(actor=world.department, series_id=series.id, day=today(), value=D(1), evidence_id=proof.id)


def test_a_file_of_values_becomes_observations_once_and_restated_ones_are_kept_beside(world):
    series = open_outside_series(
        actor=world.official, name="统计局", unit="亿元", date_column="月份", value_column="值"
    )
    first = "月份,值\n2026-01,10\n2026年2月,12.5\n".encode("gb18030")
    assert send_outside_values(actor=world.official, series_id=series.id, data=first) == 2
    assert send_outside_values(actor=world.official, series_id=series.id, data=first) == 0
    restated = '[{"月份": "2026-02-28", "值": 13}]'.encode()
    assert send_outside_values(actor=world.official, series_id=series.id, data=restated) == 1
    rows = Observation.objects.filter(series=f"outside:{series.id}").values_list("day", "revision", "value")
    assert list(rows) == [(date(2026, 1, 31), 0, 10), (date(2026, 2, 28), 0, D("12.5")), (date(2026, 2, 28), 1, 13)]


def test_a_file_that_cannot_be_read_names_its_row_and_writes_nothing(world):
    series = open_outside_series(actor=world.official, name="统计局")
    with pytest.raises(SeriesUnreadable) as refused:
        send_outside_values(actor=world.official, series_id=series.id, data=b"date,value\n2026-01-31,1\n2026-02-30,2\n")
    assert "2026-02-30" in str(refused.value)
    assert not Observation.objects.exists()


def test_an_outside_series_is_fetched_through_the_safe_client_alone(world):
    from qianhang.core.outgoing import AddressRefused
    from qianhang.programme.services import fetch_outside_series

    series = open_outside_series(actor=world.official, name="内网", url="http://127.0.0.1:8080/data.csv")
    with pytest.raises(AddressRefused):
        fetch_outside_series(actor=world.official, series_id=series.id)
    series.refresh_from_db()
    assert series.problem
    assert series.tried_at <= now()
    assert series.fetched_at is None
