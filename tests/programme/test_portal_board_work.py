"""Tasks, systems, series, reports and the public page: what they show, and what each refusal says."""

import re
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from qianhang.core.people.models import User
from qianhang.programme.models import (
    Evidence,
    Finding,
    ManualSeries,
    ManualValue,
    NamedSystem,
    Observation,
    OutsideSeries,
    Plan,
    ProgrammeTask,
    ProgressReport,
    Target,
    TaskDependency,
)
from qianhang.programme.observing import today
from qianhang.programme.services import accept_findings, publish_plan, update_task
from qianhang.programme.services.update_task import TaskChange

from .world import World

pytestmark = pytest.mark.django_db
REFUSED = 422


def client_of(actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id))
    return client


@pytest.fixture
def office(world: World) -> Client:
    return client_of(world.official)


@pytest.fixture
def plan(world: World) -> Plan:
    plan, _document, _changes = world.plan()
    ids = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=ids)
    return plan


@pytest.fixture
def task(plan: Plan) -> ProgrammeTask:
    return ProgrammeTask.objects.get(title="建设算力平台")


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def file(name: str = "证明.pdf", data: bytes = b"proof") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def titles(html: str) -> list[str]:
    return re.findall(r'<a class="(?:tree|row)-link" href="/tasks/[^"]+">([^<]+)</a>', html)


def refusals(response) -> list[str]:
    """What the box over the form says, a line each."""
    assert response.status_code == REFUSED
    box = re.search(r'<div class="form-errors".*?</div>', response.content.decode(), re.S)[0]
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<li>(.*?)</li>", box)]


# Tasks --------------------------------------------------------------------------------------------------------


def test_the_tree_keeps_the_order_of_the_plan_and_narrows_by_department(plan: Plan, office: Client):
    assert titles(page(office, "plan_tasks", plan.id)) == ["总体目标", "重点任务", "建设算力平台", "接入存量算力"]
    assert "建设算力平台" in titles(page(office, "plan_tasks", plan.id, unit="省财政厅"))
    assert titles(page(office, "plan_tasks", plan.id, state="done")) == []


def test_a_department_reports_with_evidence_and_the_report_is_in_the_timeline(world: World, task: ProgrammeTask):
    client = client_of(world.department)
    sent = {"task": str(task.id), "percent": "40", "text": "完成招标", "evidence": file()}
    assert client.post(reverse("task_report"), sent).status_code == 302
    report = ProgressReport.objects.get(task=task)
    assert (report.percent, [one.name for one in report.evidence.all()]) == (40, ["证明.pdf"])
    html = page(client, "programme_task", task.id)
    assert "进展报告：40%" in html
    evidence = Evidence.objects.get()
    answer = client.get(reverse("evidence", args=[evidence.id]))
    assert (answer.content, answer["X-Content-Type-Options"]) == (b"proof", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")


def test_each_refusal_of_a_state_is_said_in_words_on_the_form(world: World, plan: Plan, task: ProgrammeTask):
    client = client_of(world.department)
    address = reverse("task_state", args=[task.id])

    def told(state: str) -> list[str]:
        return refusals(client.post(address, {"state": state, "reason": ""}))

    assert told("done") == ["任务处于“未启动”，不能改为“已完成”。"]
    assert told("blocked") == ["理由：请填写 1 至 500 个字符。"]
    assert client.post(address, {"state": "under_way"}).status_code == 302
    needed = ProgrammeTask.objects.get(title="接入存量算力")
    office = client_of(world.official)
    linked = office.post(reverse("task_needs", args=[task.id]), {"needs-chosen": [str(needed.id)]})
    assert linked.status_code == 302
    assert told("done") == ["此任务尚不能完成：须先完成 接入存量算力。"]
    stranger = client_of(world.stranger)
    assert stranger.post(address, {"state": "done"}).status_code == 403
    task.refresh_from_db()
    assert task.state == "under_way"


def test_tasks_that_would_wait_for_each_other_are_refused(plan: Plan, task: ProgrammeTask, office: Client):
    other = ProgrammeTask.objects.get(title="接入存量算力")
    office.post(reverse("task_needs", args=[task.id]), {"needs-chosen": [str(other.id)]})
    answer = office.post(reverse("task_needs", args=[other.id]), {"needs-chosen": [str(task.id)]})
    assert answer.status_code == REFUSED
    assert "建设算力平台" in answer.content.decode()
    assert not TaskDependency.objects.filter(task=other).exists()


def test_my_work_groups_what_is_late_and_what_comes(world: World, task: ProgrammeTask):
    change = TaskChange(fields={"due_on": today() - timedelta(days=3)})
    update_task(actor=world.official, task_id=task.id, change=change)
    html = page(client_of(world.department), "my_work")
    late = html[html.index('id="overdue"') :]
    assert titles(late[: late.index("</section>")]) == ["建设算力平台"]


def test_the_overdue_list_reminds_once_a_day(world: World, plan: Plan, task: ProgrammeTask, office: Client):
    change = TaskChange(fields={"due_on": today() - timedelta(days=3), "owner_id": world.data.id})
    update_task(actor=world.official, task_id=task.id, change=change)
    assert titles(page(office, "plan_overdue", plan.id)) == ["建设算力平台"]
    sent = {"id": str(task.id), "next": reverse("plan_overdue", args=[plan.id])}
    first = office.post(reverse("task_remind"), sent, follow=True).content.decode()
    again = office.post(reverse("task_remind"), sent, follow=True).content.decode()
    assert "这些任务今天都已提醒过。" not in first
    assert "这些任务今天都已提醒过。" in again


def test_the_joint_conference_counts_what_each_department_leads(plan: Plan, office: Client):
    html = page(office, "plan_departments", plan.id)
    row = html[html.index(">省数据局</a>") :]
    assert re.findall(r'<td class="num"[^>]*>(\d+)</td>', row)[:2] == ["2", "0"]


def test_a_department_opens_what_is_its_own_and_is_told_so_elsewhere(world: World, plan: Plan, task: ProgrammeTask):
    client = client_of(world.department)
    own = Target.objects.get(indicator="产业规模")
    for name, *args in (
        ("plan_board", plan.id), ("plan_tasks", plan.id), ("plan_overdue", plan.id), ("target", own.id),
        ("programme_task", task.id), ("series_list",), ("system_list",), ("measure_list",), ("my_work",),
    ):  # fmt: skip
        page(client, name, *args)
    for name in ("plan_departments", "plan_report", "plan_publish"):
        assert client.get(reverse(name, args=[plan.id])).status_code == 403
    foreign = Target.objects.get(indicator="数据中心PUE")
    assert client.get(reverse("target", args=[foreign.id])).status_code == 404


# Systems ------------------------------------------------------------------------------------------------------


def test_a_system_outside_is_live_only_with_an_address_or_proof(plan: Plan, office: Client):
    system = NamedSystem.objects.get(plan=plan)
    NamedSystem.objects.update(room="outside")
    sent = {"system": str(system.id), "state": "live"}
    assert office.post(reverse("system_mark"), sent).status_code == REFUSED
    assert office.post(reverse("system_mark"), sent | {"evidence": file("验收.pdf")}).status_code == 302
    assert office.post(reverse("system_mark"), sent | {"note": "第二次"}).status_code == 302
    system.refresh_from_db()
    assert (system.state, system.evidence.name, system.note) == ("live", "验收.pdf", "第二次")
    assert "省算力统筹调度公共服务平台" in page(office, "system_list", state="live")
    assert "省算力统筹调度公共服务平台" not in page(office, "system_list", state="planned")


# Series -------------------------------------------------------------------------------------------------------


def test_a_value_is_confirmed_by_a_second_person_alone(world: World, office: Client):
    office.post(reverse("manual_series_open"), {"manual-name": "产业规模", "manual-unit": "亿元"})
    series = ManualSeries.objects.get()
    sent = {"series": str(series.id), "day": "2026-01-31", "value": "365.5", "evidence": file("统计表.xlsx")}
    assert office.post(reverse("manual_value_record"), sent).status_code == 302
    value = ManualValue.objects.get()
    address = reverse("manual_value_review", args=[series.id, value.id])
    own = office.post(address, {"confirm": "yes"})
    assert own.status_code == REFUSED
    assert not Observation.objects.exists()
    second = client_of(world.second_official)
    assert "confirm" in page(second, "manual_series", series.id)
    assert second.post(address, {"confirm": "yes"}).status_code == 302
    assert Observation.objects.get().value == value.value


def test_a_value_without_evidence_is_refused_on_its_field(world: World, office: Client):
    office.post(reverse("manual_series_open"), {"manual-name": "产业规模"})
    series = ManualSeries.objects.get()
    answer = office.post(reverse("manual_value_record"), {"series": str(series.id), "day": "2026-01-31", "value": "1"})
    assert answer.status_code == REFUSED
    assert 'href="#id_evidence"' in answer.content.decode()
    assert not ManualValue.objects.exists()


def test_outside_values_come_as_a_file_and_a_wrong_row_is_named(office: Client):
    office.post(
        reverse("outside_series_open"),
        {
            "outside-name": "统计局",
            "outside-date_column": "日期",
            "outside-value_column": "值",
            "outside-every_hours": "24",
        },
    )
    series = OutsideSeries.objects.get()
    good = file("a.csv", "日期,值\n2026-01-31,12.5\n".encode())
    assert office.post(reverse("outside_values_send"), {"series": str(series.id), "file": good}).status_code == 302
    assert "12.5" in page(office, "outside_series", series.id)
    bad = file("b.csv", "日期,值\n2026-02-28,许多\n".encode())
    answer = office.post(reverse("outside_values_send"), {"series": str(series.id), "file": bad})
    assert answer.status_code == REFUSED
    assert refusals(answer) == ["无法读取 统计局：第 1 行没有数字：许多"]


def test_a_measure_says_what_it_counts_to_departments_and_its_number_to_the_office(world: World, office: Client):
    assert "依据条数" in page(office, "measure", "compute.jobs_finished")
    html = page(client_of(world.department), "measure", "compute.jobs_finished")
    assert "依据条数" not in html
    assert "统计方法" in html


# Reports ------------------------------------------------------------------------------------------------------


def test_the_report_is_of_the_last_month_that_is_over_unless_asked(plan: Plan, office: Client):
    last = today().replace(day=1) - timedelta(days=1)
    assert f"{last:%Y-%m}-01" in page(office, "plan_report", plan.id)
    assert "2026-07-01 至 2026-09-30" in page(office, "plan_report", plan.id, period="2026-Q3")


def test_the_report_comes_as_a_pdf_with_chinese_in_it(plan: Plan, office: Client):
    pytest.importorskip("reportlab")
    answer = office.get(reverse("plan_report_pdf", args=[plan.id]), {"period": "2026-Q3"})
    assert answer["Content-Type"] == "application/pdf"
    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "某省人工智能行动方案" in text
    assert "智能算力规模" in text


def test_without_the_optional_part_the_page_says_what_to_install(
    plan: Plan, office: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "reportlab.lib.pagesizes", None)
    answer = office.get(reverse("plan_report_pdf", args=[plan.id]), {"period": "2026-Q3"}, follow=True)
    assert "qianhang[reports]" in answer.content.decode()


# The public page ----------------------------------------------------------------------------------------------


def test_what_is_not_published_is_not_there(plan: Plan, client: Client):
    assert client.get(reverse("public_plan", args=[plan.id])).status_code == 404
    assert client.get(reverse("public_data", args=[plan.id, "csv"])).status_code == 404


def test_the_public_page_shows_the_chosen_targets_and_no_others(plan: Plan, office: Client, client: Client):
    chosen = Target.objects.get(indicator="智能算力规模")
    office.post(reverse("plan_publish", args=[plan.id]), {"target": [str(chosen.id)]})
    html = page(client, "public_plan", plan.id)
    assert "智能算力规模" in html
    assert "数据中心PUE" not in html
    data = client.get(reverse("public_data", args=[plan.id, "csv"])).content.decode()
    assert "智能算力规模" in data
    assert "数据中心PUE" not in data
    office.post(reverse("plan_unpublish", args=[plan.id]), {"reason": "复核"})
    assert client.get(reverse("public_plan", args=[plan.id])).status_code == 404


def test_the_public_page_may_be_cached_and_is_the_same_for_everybody(
    world: World, plan: Plan, office: Client, client: Client
):
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[])
    address = reverse("public_plan", args=[plan.id])
    first = client.get(address)
    assert first["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in first.headers
    assert not first.cookies
    assert office.get(address).content == first.content
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    english = client.get(address, {"lang": "en"})
    assert "Published plans" in english.content.decode()
    assert english["ETag"] != first["ETag"]


def test_the_list_of_published_plans_names_them_and_no_others(world: World, plan: Plan, client: Client):
    assert plan.title not in page(client, "public_list")
    publish_plan(actor=world.official, plan_id=plan.id, target_ids=[])
    assert plan.title in page(client, "public_list")
