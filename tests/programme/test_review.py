"""From what was read to what the office works with, and that a new wording never undoes a person's decision."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qianhang.core.access import OrganisationKind
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import new_id
from qianhang.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from qianhang.programme.errors import FindingsStale
from qianhang.programme.models import (
    Finding,
    FindingState,
    Milestone,
    NamedSystem,
    Plan,
    ProgrammeTask,
    ResponsibleUnit,
    Target,
)
from qianhang.programme.services import accept_findings, add_finding, edit_finding, reject_findings
from qianhang.programme.taking import Changes, take_document
from qianhang.programme.units_of_plan import unit_links

from .world import PFLOPS, READING, USERS, World, changed, document, organisation


def ids(plan: Plan, **only: object) -> list:
    return list(Finding.objects.filter(plan=plan, **only).values_list("id", flat=True))


def accept_all(world: World, plan: Plan) -> None:
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=ids(plan))


def finding_of(plan: Plan, indicator: str) -> Finding:
    return Finding.objects.get(plan=plan, kind="target", content__indicator=indicator)


def test_what_was_read_waits_for_review_and_makes_nothing_live(world):
    plan, _document, changes = world.plan()
    assert changes == Changes(new=11, again=0, gone=0)
    assert set(Finding.objects.values_list("state", flat=True)) == {FindingState.PROPOSED}
    assert (Target.objects.count(), ProgrammeTask.objects.count()) == (0, 0)
    assert (plan.title, plan.issuer, plan.region) == ("某省人工智能行动方案", "某省人民政府", "某省")


def test_every_quote_is_the_original_at_its_offset(world):
    _plan, kept, _changes = world.plan()
    quotes = [quote for one in Finding.objects.all() for quote in one.quotes]
    assert len(quotes) == 11
    assert all(kept.text[one["offset"] :].startswith(one["text"]) for one in quotes)


def test_accepted_findings_become_a_tree_with_owners_targets_systems_and_milestones(world):
    plan, *_rest = world.plan()
    accept_all(world, plan)
    tasks = {task.path: task for task in ProgrammeTask.objects.all()}
    assert tasks["二/（一）/1"].parent == tasks["二/（一）"]
    # The list of units stands on the task above and covers the one below; nothing covers the goals.
    assert tasks["二/（一）/1"].covered_by_id == tasks["二/（一）"].covered_by_id is not None
    assert tasks["一"].covered_by is None
    units = ResponsibleUnit.objects.values_list("part", "name", "organisation_id")
    assert set(units) == {("lead", "省数据局", world.data.id), ("cooperating", "省财政厅", world.finance.id)}
    revenue = Target.objects.get(indicator="产业规模")
    assert (revenue.task, revenue.value, revenue.canonical_value) == (tasks["二/（一）/1"], 400, 4 * 10**10)
    assert (NamedSystem.objects.get().room, Milestone.objects.get().text) == ("compute", "接入存量算力")
    assert AuditEntry.objects.get(action="findings.accepted").after["count"] == 11


def test_accepting_again_changes_nothing(world):
    plan, *_rest = world.plan()
    accept_all(world, plan)
    before = set(Target.objects.values_list("id", flat=True))
    assert accept_findings(actor=world.official, plan_id=plan.id, finding_ids=ids(plan)) == []
    assert set(Target.objects.values_list("id", flat=True)) == before
    assert AuditEntry.objects.filter(action="findings.accepted").count() == 1


def test_accepting_takes_a_fixed_number_of_statements(world, django_assert_max_num_queries):
    plan, *_rest = world.plan()
    with django_assert_max_num_queries(40):
        accept_all(world, plan)


def test_an_edit_is_accepted_and_keeps_what_was_read(world):
    plan, *_rest = world.plan()
    one = finding_of(plan, "智能算力规模")
    edit_finding(actor=world.official, plan_id=plan.id, finding_id=one.id, changes={"value": "6000"}, note="更正")
    one.refresh_from_db()
    assert (one.state, one.content["value"], one.edited["value"]) == ("edited", "5000", "6000")
    live = Target.objects.get(finding=one)
    assert (live.value, live.canonical_value) == (6000, 6 * 10**18)
    entry = AuditEntry.objects.get(action="finding.edited")
    assert (entry.before["value"], entry.after["value"], entry.reason) == ("5000", "6000", "更正")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"value": "1e9"}, "value"),
        ({"value": "many"}, "value"),
        ({"value": "1" + "0" * 21}, "value"),
        ({"deadline": "2027-02-30"}, "deadline"),
        ({"deadline": []}, "deadline"),
        ({"comparator": "about"}, "comparator"),
        ({"comparator": "range"}, "value_max"),
        ({"comparator": "range", "value_max": "10"}, "value_max"),
        ({"indicator": "  "}, "indicator"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_edit_that_cannot_stand_names_its_field_and_writes_nothing(world, changes, path):
    plan, *_rest = world.plan()
    one = finding_of(plan, "智能算力规模")
    with pytest.raises(InvalidInput) as refused:
        edit_finding(actor=world.official, plan_id=plan.id, finding_id=one.id, changes=changes)
    assert [problem.path for problem in refused.value.problems] == [path]
    one.refresh_from_db()
    assert (one.state, one.edited, Target.objects.count()) == ("proposed", None, 0)


def test_a_rejected_target_is_withdrawn_and_can_be_taken_back(world):
    plan, *_rest = world.plan()
    accept_all(world, plan)
    one = finding_of(plan, "服务企业")
    reject_findings(actor=world.official, plan_id=plan.id, finding_ids=[one.id], note="口号")
    live = Target.objects.get(finding=one)
    assert not live.is_active
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=[one.id])
    live.refresh_from_db()
    assert live.is_active


def test_a_finding_written_by_hand_is_live_at_once_and_quotes_the_document(world):
    plan, kept, _changes = world.plan()
    offset = kept.text.index("服务企业达到200家")
    wish = {"indicator": "服务企业数", "comparator": "gte", "value": 200, "unit": "家", "deadline": "2027-12-31"}
    one = add_finding(
        actor=world.official,
        plan_id=plan.id,
        kind="target",
        content=wish,
        offset=offset,
        length=len("服务企业达到200家"),
    )
    assert one.quotes == [{"text": "服务企业达到200家", "offset": offset}]
    assert (one.state, one.origin, Target.objects.get().indicator) == ("added", "person", "服务企业数")
    with pytest.raises(Conflict):
        add_finding(actor=world.official, plan_id=plan.id, kind="target", content=wish)


def test_a_new_wording_keeps_decisions_and_says_what_is_new_and_what_is_gone(world):
    plan, *_rest = world.plan()
    accept_all(world, plan)
    edited, rejected = finding_of(plan, "智能算力规模"), finding_of(plan, "服务企业")
    edit_finding(actor=world.official, plan_id=plan.id, finding_id=edited.id, changes={"value": "6000"})
    reject_findings(actor=world.official, plan_id=plan.id, finding_ids=[rejected.id])
    more = replace(USERS, indicator="培育企业", value=Decimal(50))
    wording = document(changed(targets=[PFLOPS, USERS, more, READING.targets[3]]), sha256="b" * 64)
    kept, changes = take_document(world.official, plan, wording)
    assert changes == Changes(new=1, again=10, gone=1)
    states = dict(Finding.objects.filter(plan=plan, kind="target").values_list("content__indicator", "state"))
    assert states == {
        "智能算力规模": "edited",
        "服务企业": "rejected",
        "产业规模": "accepted",
        "培育企业": "proposed",
        "数据中心PUE": "accepted",
    }
    assert finding_of(plan, "数据中心PUE").is_gone
    assert Target.objects.get(finding=edited).value == 6000
    assert (kept.version, plan.documents.count(), Plan.objects.count()) == (2, 2, 1)


def test_findings_of_another_plan_are_refused_as_stale(world):
    plan, *_rest = world.plan()
    with pytest.raises(FindingsStale):
        accept_findings(actor=world.official, plan_id=plan.id, finding_ids=[new_id()])


def test_a_department_cannot_review_and_a_firm_does_not_see_the_plan(world):
    plan, *_rest = world.plan()
    with pytest.raises(Forbidden):
        accept_findings(actor=world.department, plan_id=plan.id, finding_ids=ids(plan))
    assert not Plan.objects.visible_to(world.stranger).exists()
    with pytest.raises(NotFound):
        Plan.objects.fetch(world.department, id=plan.id)
    accept_all(world, plan)
    assert Plan.objects.fetch(world.department, id=plan.id) == plan
    mine = ProgrammeTask.objects.visible_to(world.department).values_list("path", flat=True)
    assert set(mine) == {"二/（一）", "二/（一）/1"}


def test_an_agency_is_found_by_the_register_when_its_words_differ_and_never_in_another_region(world):
    ours = organisation(OrganisationKind.DEPARTMENT, "吉林省科学技术厅")
    organisation(OrganisationKind.DEPARTMENT, "江西省财政厅")
    plan, *_rest = world.plan()
    plan.region = "吉林省"
    health = organisation(OrganisationKind.DEPARTMENT, "吉林省卫生健康委员会")
    plan.dated = date(2017, 12, 24)
    links = unit_links(plan, ["省科技厅", "省財政廳", "省财政厅", "没有这个单位", "省卫生计生委"])
    # A body that has ended since is who took over from it; a traditional glyph is the same name.
    assert links["省卫生计生委"].organisation_id == health.id
    assert links["省財政廳"].organisation_id == world.finance.id
    assert links["省科技厅"].organisation_id == ours.id
    assert links["省科技厅"].agency == "省科学技术厅"
    # Not Jiangxi's, though its register entry is the same: the one with the very words.
    assert links["省财政厅"].organisation_id == world.finance.id
    assert links["没有这个单位"].organisation_id is None
