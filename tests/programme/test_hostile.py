"""What somebody with ill will, or a text made for it, could try."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from qianhang.core.errors import InvalidInput
from qianhang.core.people.models import User
from qianhang.programme.models import Finding, Target
from qianhang.programme.observing import today
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.services import (
    accept_findings,
    bind_target,
    edit_target,
    open_manual_series,
    record_manual_value,
    review_manual_value,
    set_stage,
    store_evidence,
    unbind_target,
)

from .world import World

D = Decimal
# The longest that is taken: all the 28 digits that `decimal` counts in, so that two more decimals are too many for it.
LONGEST = D("9" * 21 + "." + "9" * 7)


@pytest.fixture
def targets(world: World) -> dict[str, Target]:
    plan, *_rest = world.plan()
    found = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=found)
    return {one.indicator: one for one in Target.objects.all()}


def client_of(actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id))
    return client


def confirmed(world: World, target: Target, value: Decimal, factor: Decimal) -> None:
    series = open_manual_series(actor=world.official, name="规模", unit="")
    bind_target(actor=world.official, target_id=target.id, manual_id=series.id, factor=factor)
    proof = store_evidence(actor=world.official, name="a.txt", data=b"a")
    row = record_manual_value(actor=world.official, series_id=series.id, day=today(), value=value, evidence_id=proof.id)
    assert row.value == value
    review_manual_value(actor=world.second_official, value_id=row.id, confirm=True)


def test_the_longest_numbers_are_kept_to_the_last_digit_and_leave_the_board_readable(world, targets):
    target = targets["智能算力规模"]
    confirmed(world, target, LONGEST, D(1))
    edit_target(actor=world.official, target_id=target.id, baseline=-LONGEST, baseline_on=today() - timedelta(days=30))
    set_stage(actor=world.official, target_id=target.id, deadline=today() + timedelta(days=3), value=LONGEST)
    [view] = [one for one in scoreboard(actor=world.official, plan_id=target.plan_id).targets if one.id == target.id]
    assert view.latest.value == LONGEST
    client = client_of(world.official)
    for page in ("plan_board", "plan_report", "plan_wall"):
        assert client.get(reverse(page, args=[target.plan_id])).status_code == 200
    assert client.get(reverse("target", args=[target.id])).status_code == 200


@pytest.mark.parametrize("factor", ["1e-31", "0", "-1", "1e30", "NaN"])
def test_a_factor_that_no_column_holds_is_refused_in_words(world, targets, factor):
    with pytest.raises(InvalidInput):
        bind_target(
            actor=world.official, target_id=targets["智能算力规模"].id, measure="compute.clusters", factor=D(factor)
        )


@pytest.mark.parametrize("factor", ["1e-30", "1e29", "0." + "3" * 59, "9" * 29 + "." + "9" * 30])
def test_a_factor_at_the_edge_is_kept_and_shown(world, targets, factor):
    target = targets["智能算力规模"]
    confirmed(world, target, LONGEST, D(factor))
    assert scoreboard(actor=world.official, plan_id=target.plan_id).targets[0].binding.factor > 0
    unbind_target(actor=world.official, target_id=target.id)
