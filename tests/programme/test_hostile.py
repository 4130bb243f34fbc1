"""What somebody with ill will, or a text made for it, could try."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from qianhang.core.errors import InvalidInput, NotFound
from qianhang.core.people.models import User
from qianhang.programme.errors import DocumentUnreadable
from qianhang.programme.exports import _number, safe_cell
from qianhang.programme.models import (
    Evidence,
    ExpertOpinion,
    Finding,
    ManualValue,
    Milestone,
    PlanDocument,
    ProgrammeTask,
    ProgressReport,
    Target,
)
from qianhang.programme.observing import today
from qianhang.programme.portal.review_text import Span, marked_text
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.queries.comparing import MOST_PLACES, _places, search_plans
from qianhang.programme.queries.plan_pages import contents_of
from qianhang.programme.queries.plans import newest_text, plan_detail
from qianhang.programme.queries.public import public_plans
from qianhang.programme.queries.work import milestones_of
from qianhang.programme.reading_port import read_file
from qianhang.programme.services import (
    accept_findings,
    bind_target,
    edit_target,
    give_opinion,
    open_manual_series,
    publish_plan,
    record_manual_value,
    report_progress,
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


def test_a_text_with_more_findings_than_any_plan_is_refused_in_words():
    text = "某市行动方案\n一、目标\n到2027年," + ",".join(f"建成算力中心{n}个" for n in range(1, 3200)) + "。\n"
    with pytest.raises(DocumentUnreadable, match="3000") as refused:
        read_file(text.encode(), filename="")
    assert refused.value.why == "too_many"


def test_a_published_plan_shows_strangers_neither_its_wordings_nor_the_review(world):
    plan, *_rest = world.plan()
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[])
    assert plan_detail(actor=world.stranger, plan_id=plan.id).documents == ()
    with pytest.raises(NotFound):
        newest_text(actor=world.stranger, plan_id=plan.id)
    assert newest_text(actor=world.official, plan_id=plan.id)[0] == 1
    assert plan_detail(actor=world.official, plan_id=plan.id).documents[0].version == 1
    assert plan_detail(actor=world.official, plan_id=plan.id).plan.waiting > 0
    [row] = public_plans()
    assert (row.waiting, row.targets) == (0, 0)


def test_a_department_sees_its_own_milestones_and_not_those_of_other_tasks(world, targets):
    task = ProgrammeTask.objects.of_unit(world.data.id).first()
    other = ProgrammeTask.objects.exclude(id__in=ProgrammeTask.objects.of_unit(world.data.id).values("id")).first()
    Milestone.objects.create(plan=task.plan, task=task, text="自己的")
    Milestone.objects.create(plan=task.plan, task=other, text="别人的")

    def seen(actor) -> set[str]:
        listed = {one.text for one in milestones_of(actor=actor, plan_id=task.plan_id)}
        assert listed == {one.text for one in contents_of(actor=actor, plan=task.plan).milestones}
        return listed & {"自己的", "别人的"}

    assert seen(world.department) == {"自己的"}
    assert seen(world.official) == {"自己的", "别人的"}


def test_open_data_come_in_the_two_forms_there_are(world):
    plan, *_rest = world.plan()
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[])
    assert Client().get(f"/open/{plan.id}/data.csv").status_code == 200
    assert Client().get(f"/open/{plan.id}/data.xml").status_code == 404


def test_a_file_of_evidence_is_kept_by_no_cache(world):
    proof = store_evidence(actor=world.official, name="a.html", data=b"<script>")
    answer = client_of(world.official).get(reverse("evidence", args=[proof.id]))
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "application/octet-stream")
    assert answer["Content-Disposition"].startswith("attachment")
    assert client_of(world.department).get(reverse("evidence", args=[proof.id])).status_code == 404


def test_a_row_of_a_thousand_years_is_quoted_sixty_times_at_most():
    years = "\t".join(f"{2030 + n % 50}年" for n in range(1000))
    row = "\t".join(str(n) for n in range(1000))
    text = f"某市行动方案\n一、目标\n指标名称\t单位\t{years}\n平台数量\t个\t{row}\n"
    _text, reading = read_file(text.encode(), filename="")
    assert 0 < len(reading.targets) <= 60


def test_findings_on_the_same_words_do_not_multiply_the_page():
    page = marked_text("建设平台", [Span(0, 4, number, "system") for number in range(1, 1001)])
    assert page.count("<mark") == page.count("</mark>") == 12
    assert page.count('class="doc-number') == 1000


def test_searching_for_one_character_or_none_ends(world):
    world.plan()
    assert search_plans(actor=world.official, words="") == []
    assert len(search_plans(actor=world.official, words="省")) > 0
    assert len(_places("的" * 100_000, ["的"])) == MOST_PLACES


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (PlanDocument, {"text": "anders"}),
        (PlanDocument, {"sha256": "0" * 64}),
        (Evidence, {"stored_as": "programme/evidence/00/other"}),
        (ProgressReport, {"percent": 100}),
        (ExpertOpinion, {"verdict": "support"}),
        (ManualValue, {"value": 1}),
        (ManualValue, {"state": "refused"}),
    ],
)
def test_what_was_handed_in_is_never_rewritten_or_removed(world, targets, app_role, model, change):
    task = ProgrammeTask.objects.of_unit(world.data.id).first()
    confirmed(world, targets["智能算力规模"], D(7), D(1))
    report_progress(actor=world.department, task_id=task.id, percent=10, text="已启动")
    give_opinion(actor=world.official, plan_id=task.plan_id, verdict="concern", text="偏慢")
    with app_role():
        with pytest.raises(DatabaseError, match=r"stays|reviewed"), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.filter(id=model.objects.first().id)._raw_delete("default")
        # Somebody who reported it may still leave.
        if model is ProgressReport:
            assert model.objects.update(made_by=None) == 1


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠"])
def test_no_text_of_a_plan_is_a_formula_in_open_data(sign):
    assert safe_cell(f"{sign}HYPERLINK(1)") == f"'{sign}HYPERLINK(1)"
    assert safe_cell(f"平台{sign}") == f"平台{sign}"


@pytest.mark.parametrize(
    ("value", "told"), [("0.1", 0.1), ("5", 5), ("12345678901234567.1", "12345678901234567.1"), ("9" * 21, 10**21 - 1)]
)
def test_open_data_hold_every_digit(value, told):
    assert _number(D(value)) == told
