"""Tasks move through their states, are reported with evidence, reminded of, and seen by whom they concern."""

from datetime import date, timedelta
from decimal import Decimal

import jsonschema
import pytest
from django.core import mail

from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound
from qianhang.programme import exports
from qianhang.programme.errors import DependencyCycle, TaskStateRefused, TaskWaits
from qianhang.programme.models import Finding, Milestone, NamedSystem, Plan, ProgrammeTask, Reminder, Target
from qianhang.programme.observing import keep, today
from qianhang.programme.queries import public, report, systems, wall, work
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.queries.target import suggested_bindings, target_detail
from qianhang.programme.rules.periods import period_of, read_period
from qianhang.programme.rules.reminding import reminder_reason
from qianhang.programme.services import (
    accept_findings,
    ask_reminders,
    bind_target,
    give_opinion,
    link_tasks,
    mark_system,
    observe,
    publish_plan,
    reach_milestone,
    report_progress,
    set_stage,
    staff_task,
    store_evidence,
    unpublish_plan,
    update_task,
)
from qianhang.programme.services.update_task import TaskChange

from .world import World, person


@pytest.fixture
def plan(world: World) -> Plan:
    plan, *_rest = world.plan()
    found = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=found)
    return plan


def task(path: str) -> ProgrammeTask:
    return ProgrammeTask.objects.get(path=path)


def step(actor, of: ProgrammeTask, state: str, reason: str = "") -> ProgrammeTask:
    return update_task(actor=actor, task_id=of.id, change=TaskChange(state=state, reason=reason))


def test_a_department_moves_its_own_task_along_the_table_and_no_other(world, plan):
    one = task("二/（一）/1")
    assert step(world.department, one, "under_way").state == "under_way"
    with pytest.raises(TaskStateRefused):
        step(world.department, one, "not_started")
    with pytest.raises(InvalidInput):
        step(world.department, one, "blocked")
    assert step(world.department, one, "blocked", "等待批复").state_reason == "等待批复"
    with pytest.raises(NotFound):
        step(world.department, task("一"), "under_way")
    with pytest.raises(Forbidden):
        step(world.stranger, one, "under_way")
    steps = AuditEntry.objects.filter(action="task.updated").order_by("seq").values_list("after__state", flat=True)
    assert list(steps) == ["under_way", "blocked"]


def test_owner_and_dates_are_the_offices_to_set(world, plan):
    one = task("二/（一）/1")
    change = TaskChange(fields={"owner_id": world.finance.id, "due_on": date(2027, 6, 30)})
    with pytest.raises(Forbidden):
        update_task(actor=world.department, task_id=one.id, change=change)
    changed = update_task(actor=world.official, task_id=one.id, change=change)
    assert (changed.owner_id, changed.due_on) == (world.finance.id, date(2027, 6, 30))
    wrong = TaskChange(fields={"starts_on": date(2027, 7, 1)})
    with pytest.raises(InvalidInput):
        update_task(actor=world.official, task_id=one.id, change=wrong)


def test_a_task_is_not_done_before_what_it_needs_and_no_circle_is_made(world, plan):
    one, other = task("二/（一）/1"), task("二/（一）")
    link_tasks(actor=world.official, task_id=one.id, needs=[other.id])
    with pytest.raises(DependencyCycle):
        link_tasks(actor=world.official, task_id=other.id, needs=[one.id])
    step(world.official, one, "under_way")
    with pytest.raises(TaskWaits):
        step(world.official, one, "done")
    assert work.task_views([one], actor=world.official)[0].waits_for == ("建设算力平台",)
    step(world.official, other, "under_way")
    step(world.official, other, "done")
    assert step(world.official, one, "done").percent == 100


def test_a_report_names_its_evidence_and_stays(world, plan):
    one = task("二/（一）/1")
    proof = store_evidence(actor=world.department, name="合同.pdf", data=b"%PDF")
    report_progress(actor=world.department, task_id=one.id, percent=40, text="已接入两家", evidence_ids=[proof.id])
    detail = work.task_detail(actor=world.official, task_id=one.id)
    assert (detail.task.percent, detail.reports[0].text, detail.reports[0].evidence) == (
        40, "已接入两家", ((proof.id, "合同.pdf"),),
    )  # fmt: skip
    other = store_evidence(actor=world.official, name="内部.pdf", data=b"x")
    with pytest.raises(NotFound):
        report_progress(actor=world.department, task_id=one.id, percent=1, text="x", evidence_ids=[other.id])


def test_what_is_due_is_asked_about_once_a_day_by_one_letter_a_person(world, plan, django_capture_on_commit_callbacks):
    day = today()
    for path, due in (("二/（一）", day - timedelta(days=1)), ("二/（一）/1", day + timedelta(days=7))):
        change = TaskChange(fields={"owner_id": world.data.id, "due_on": due})
        update_task(actor=world.official, task_id=task(path).id, change=change)
    user = person(world.data).user_id
    staff_task(actor=world.department, task_id=task("二/（一）").id, people=[user])
    with django_capture_on_commit_callbacks(execute=True):
        done = ask_reminders(actor=world.official)
        again = ask_reminders(actor=world.official)
    assert ((done.tasks, done.people), (again.tasks, again.people)) == ((2, 1), (0, 0))
    assert len(mail.outbox) == 1
    assert "建设算力平台" in mail.outbox[0].body
    assert set(Reminder.objects.values_list("reason", flat=True)) == {"overdue", "due_soon"}
    assert [one.path for one in work.overdue(actor=world.official)] == ["二/（一）"]


def test_reminders_come_on_some_days_before_and_weekly_after():
    due = date(2026, 6, 30)
    days = [n for n in range(-40, 20) if reminder_reason(due, due + timedelta(days=n))]
    assert days == [-30, -14, -7, -3, -1, 0, 1, 8, 15]
    assert reminder_reason(None, due) is None


def test_people_of_another_organisation_cannot_be_put_on_a_task_by_a_department(world, plan):
    with pytest.raises(NotFound):
        staff_task(actor=world.department, task_id=task("二/（一）").id, people=[world.stranger.person])


def test_my_department_sees_its_tasks_and_the_targets_under_them(world, plan):
    mine = work.my_work(actor=world.department)
    assert [one.path for one in mine.tasks] == ["二/（一）", "二/（一）/1"]
    assert [one.indicator for one in mine.targets] == ["产业规模"]
    assert [(unit.part, unit.name) for unit in mine.tasks[1].units] == [
        ("lead", "省数据局"),
        ("cooperating", "省财政厅"),
    ]
    rows = work.departments(actor=world.official, plan_id=plan.id)
    assert [(row.name, row.leads, row.takes_part) for row in rows] == [("省数据局", 2, 0), ("省财政厅", 0, 2)]


def test_a_list_of_tasks_asks_a_fixed_number_of_questions(world, plan, django_assert_num_queries):
    actor = world.official
    with django_assert_num_queries(6):
        assert len(work.task_tree(actor=actor, plan_id=plan.id)) == 4


def test_a_milestone_is_reached_with_its_day(world, plan):
    one = Milestone.objects.get()
    one.task = task("二/（一）/1")
    one.save()
    reach_milestone(actor=world.department, milestone_id=one.id, reached_on=today())
    one.refresh_from_db()
    assert one.reached_on == today()
    with pytest.raises(InvalidInput):
        reach_milestone(actor=world.official, milestone_id=one.id, reached_on=today() + timedelta(days=1))


def test_a_stage_bends_the_path_of_its_target(world, plan):
    target = Target.objects.get(indicator="智能算力规模")
    set_stage(actor=world.official, target_id=target.id, deadline=date(2027, 3, 31), value=Decimal(3000))
    bind_target(actor=world.official, target_id=target.id, measure="compute.fleet_pflops")
    observe(actor=world.official)
    shown = target_detail(actor=world.official, target_id=target.id)
    assert [point.value for point in shown.target.path] == [0, 3000, 5000]
    assert shown.observations[0].counted_unit == "PFLOPS"
    set_stage(actor=world.official, target_id=target.id, deadline=date(2027, 3, 31), value=None)
    assert len(target_detail(actor=world.official, target_id=target.id).target.path) == 2


def test_suggestions_name_measures_for_what_nothing_feeds(world, plan):
    found = suggested_bindings(actor=world.official, plan_id=plan.id)
    names = {Target.objects.get(id=key).indicator: [one.code for one in value][:1] for key, value in found.items()}
    assert names == {
        "智能算力规模": ["compute.fleet_pflops"],
        "数据中心PUE": ["compute.pue"],
        "服务企业": ["compute.users_served"],
        "产业规模": [],
    }


def test_an_expert_gives_an_opinion_on_what_is_published(world, plan):
    with pytest.raises(Forbidden):
        give_opinion(actor=world.stranger, plan_id=plan.id, verdict="support", text="好")
    give_opinion(
        actor=world.department, plan_id=plan.id, task_id=task("二/（一）").id, verdict="concern", text="预算不足"
    )
    shown = work.opinions_on(actor=world.official, plan_id=plan.id)
    assert [(one.verdict, one.text, one.organisation) for one in shown] == [("concern", "预算不足", "省数据局")]


def test_a_system_is_live_only_where_it_can_be_found(world, plan):
    one = NamedSystem.objects.get()
    one.room = "outside"
    one.save()
    with pytest.raises(InvalidInput):
        mark_system(actor=world.official, system_id=one.id, state="live")
    with pytest.raises(InvalidInput):
        mark_system(actor=world.official, system_id=one.id, state="live", address="javascript:alert(1)")
    mark_system(actor=world.official, system_id=one.id, state="live", address="https://example.cn/")
    assert systems.systems_by_state(actor=world.official, plan_id=plan.id) == {"planned": 0, "building": 0, "live": 1}


def test_the_public_sees_what_is_published_and_nothing_after_it_is_taken_back(world, plan):
    target = Target.objects.get(indicator="服务企业")
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[target.id])
    seen = scoreboard(actor=world.stranger, plan_id=plan.id).targets
    assert [one.indicator for one in seen] == ["服务企业"]
    assert work.task_detail(actor=world.stranger, task_id=task("二/（一）").id).reports == ()
    unpublish_plan(actor=world.official, plan_id=plan.id)
    with pytest.raises(NotFound):
        scoreboard(actor=world.stranger, plan_id=plan.id)
    with pytest.raises(NotFound):
        target_detail(actor=world.stranger, target_id=target.id)


def test_the_wall_shows_everything_in_a_fixed_number_of_questions(world, plan, django_assert_max_num_queries):
    target = Target.objects.get(indicator="服务企业")
    bind_target(actor=world.official, target_id=target.id, measure="compute.users_served")
    update_task(
        actor=world.official,
        task_id=task("二/（一）").id,
        change=TaskChange(fields={"due_on": today() - timedelta(days=3)}),
    )
    actor = world.official
    with django_assert_max_num_queries(45):
        shown = wall.wall(actor=actor)
    assert shown.plan.id == plan.id
    assert shown.tasks == {"not_started": 4, "under_way": 0, "blocked": 0, "done": 0, "dropped": 0}
    assert [alert.kind for alert in shown.alerts] == ["task_overdue"]
    assert shown.numbers["compute.users_served"].value == 0
    assert next(one for one in shown.targets if one.id == target.id).is_live


def test_a_report_says_where_targets_stood_at_the_end_of_a_period(world, plan):
    target = Target.objects.get(indicator="智能算力规模")
    bind_target(actor=world.official, target_id=target.id, measure="compute.fleet_pflops")
    for day, value in ((date(2025, 9, 30), 100), (date(2026, 6, 30), 400), (date(2026, 8, 15), 900)):
        keep("measure:compute.fleet_pflops", day, Decimal(value), unit="PFLOPS")
    made = report.statistical_report(actor=world.official, plan_id=plan.id, period=read_period("2026-Q3"))
    line = next(one for one in made.lines if one.target.id == target.id)
    assert (line.value, line.observed_on, line.before, line.change, line.year_before) == (
        900, date(2026, 8, 15), 400, 500, 100,
    )  # fmt: skip
    assert line.progress_percent == 18
    assert (made.first, made.last) == (date(2026, 7, 1), date(2026, 9, 30))


def test_periods_follow_each_other_and_are_read_strictly():
    assert read_period("2026-Q1").previous.code == "2025-Q4"
    assert read_period("2025-12").next.code == "2026-01"
    assert (read_period("2024-02").last, read_period("2026-12").last) == (date(2024, 2, 29), date(2026, 12, 31))
    assert period_of("quarter", date(2026, 5, 3)).code == "2026-Q2"
    for wrong in ("2026", "2026-13", "2026-Q5", "2026-1", "x-Q1", "2026-Q", "٢٠٢٦-Q1"):
        with pytest.raises(ValueError):
            read_period(wrong)


_VALUE = {
    "oneOf": [{"required": ["id", "name"]}, {"required": ["value"]}],
    "properties": {"id": {"pattern": "^[A-Za-z0-9_@$-]+$"}},
}
_COMPONENTS = {
    "type": "array",
    "items": {
        "required": ["id"],
        "properties": {
            "id": {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"},
            "values": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _VALUE},
        },
    },
}
_DIMENSIONS = {"allOf": [_COMPONENTS, {"items": {"required": ["keyPosition", "values"]}}]}
# What the standard's own schema demands of the parts we write, in short.
SDMX_RULES = {
    "required": ["meta", "data"],
    "properties": {
        "meta": {"required": ["id", "prepared", "sender"]},
        "data": {
            "properties": {
                "dataSets": {"items": {"required": ["links", "series"]}},
                "structures": {
                    "items": {
                        "required": ["dimensions"],
                        "properties": {
                            "dimensions": {"properties": {"series": _DIMENSIONS, "observation": _DIMENSIONS}},
                            "attributes": {
                                "properties": {
                                    "series": {"allOf": [_COMPONENTS, {"items": {"required": ["relationship"]}}]}
                                }
                            },
                        },
                    }
                },
            }
        },
    },
}


def test_exports_carry_every_observation_and_no_formula(world, plan):
    target = Target.objects.get(indicator="服务企业")
    Target.objects.filter(id=target.id).update(indicator="=HYPERLINK(1)")
    bind_target(actor=world.official, target_id=target.id, measure="compute.users_served")
    for day, value in ((date(2026, 1, 31), 10), (date(2026, 2, 28), 12)):
        keep("measure:compute.users_served", day, Decimal(value), unit="家")
    board = scoreboard(actor=world.official, plan_id=plan.id)
    lines = [line for line in exports.csv_of(board.targets).split("\r\n") if "HYPERLINK" in line]
    assert [line.split(",")[10:12] for line in lines] == [["2026-01-31", "10"], ["2026-02-28", "12"]]
    assert all(",'=HYPERLINK(1)," in line for line in lines)
    message = exports.sdmx_json(board.targets, prepared=now(), sender="test", message_id="m")
    jsonschema.validate(message, SDMX_RULES)
    empty = exports.sdmx_json([], prepared=now(), sender="test", message_id="m")
    assert empty["data"] == {"dataSets": [], "structures": []}
    shape = message["data"]["structures"][0]["dimensions"]
    place = [one["id"] for one in shape["series"][0]["values"]].index(str(target.id))
    [series] = [one for key, one in message["data"]["dataSets"][0]["series"].items() if key.startswith(f"{place}:")]
    days = [one["value"] for one in shape["observation"][0]["values"]]
    assert {days[int(at)]: value for at, value in series["observations"].items()} == {
        "2026-01-31": [10], "2026-02-28": [12],
    }  # fmt: skip


def test_the_public_page_is_what_was_published(world, plan):
    with pytest.raises(NotFound):
        public.public_plan(plan_id=plan.id)
    target = Target.objects.get(indicator="服务企业")
    proof = store_evidence(actor=world.official, name="内部.pdf", data=b"x")
    mark_system(
        actor=world.official,
        system_id=NamedSystem.objects.get().id,
        state="building",
        note="内部",
        evidence_id=proof.id,
    )
    staff_task(actor=world.official, task_id=task("二/（一）").id, people=[world.official.person])
    step(world.official, task("二/（一）"), "blocked", "经费未到位")
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[target.id])
    shown = public.public_plan(plan_id=plan.id)
    assert "内部" not in repr(shown)
    assert "经费未到位" not in repr(shown)
    assert world.official.name not in repr(shown)
    assert [one.indicator for one in shown.targets] == ["服务企业"]
    assert (len(shown.tasks), len(shown.systems), len(public.public_plans())) == (4, 1, 1)
    assert all(one.people == () for one in shown.tasks)
