"""The list of plans, their import, a plan's own page, and plans compared."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from qianhang.programme.models import Finding, Plan, PlanDocument
from qianhang.programme.services import accept_findings
from qianhang.programme.taking import open_plan, take_document

from .test_portal_plans_review import client_of
from .world import PFLOPS, READING, TEXT, USERS, World, changed, document

pytestmark = pytest.mark.django_db

# An invented plan, as a file would hold it.
PLAN = """云岭省人民政府关于印发云岭省人工智能行动方案的通知
各市人民政府：
现将《云岭省人工智能行动方案》印发给你们，请认真贯彻执行。
云岭省人民政府
2026年3月1日
云岭省人工智能行动方案
一、总体目标
到2028年底，全省智能算力规模突破3000PFLOPS，建成20个高质量数据集。
二、重点任务
（一）建设算力底座。建设云岭算力调度平台。（牵头单位：省数据局，配合单位：省财政厅）
"""


@pytest.fixture
def office(world: World) -> Client:
    return client_of(world.official)


def another(world: World, **fields: object) -> Plan:
    """A second plan of the office, with other findings."""
    meta = READING.meta.__class__(**{**_fields(READING.meta), "title": "邻省人工智能行动计划", "region": "邻省"})
    read = document(changed(meta=meta, **fields), sha256="d" * 64)
    plan = open_plan(world.office, read, is_demo=False)
    take_document(world.official, plan, read)
    return plan


def _fields(meta) -> dict:
    return {name: getattr(meta, name) for name in meta.__dataclass_fields__}


def test_the_empty_list_says_what_will_be_here_and_offers_the_first_step(office, world):
    html = office.get(reverse("plan_list")).content.decode()
    assert "No plan yet" in html
    assert reverse("plan_import") in html
    html = client_of(world.stranger).get(reverse("plan_list")).content.decode()
    assert "No plan yet" in html
    assert reverse("plan_import") not in html


def test_the_menu_counts_the_plans_that_wait_for_review(office, world):
    def count(client: Client) -> str:
        html = client.get(reverse("help")).content.decode()
        link = html[html.index(f'href="{reverse("plan_list")}"') :].partition("</a>")[0]
        return "".join(re.findall(r'nav-count">(\d+)', link))

    assert count(office) == ""
    plan, *_ = world.plan()
    another(world)
    assert count(office) == "2"
    assert count(client_of(world.department)) == ""
    ids = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=ids)
    assert count(office) == "1"


def test_a_file_is_read_and_its_review_opens(office):
    upload = SimpleUploadedFile("方案.txt", PLAN.encode("gb18030"))
    response = office.post(reverse("plan_import"), {"document": upload, "text": ""})
    plan = Plan.objects.get()
    assert response["Location"] == reverse("plan_review", args=[plan.id])
    assert plan.issuer == "云岭省人民政府"
    assert {"target", "task", "responsibility", "system"} <= set(
        Finding.objects.filter(plan=plan).values_list("kind", flat=True)
    )
    html = office.get(response["Location"]).content.decode()
    assert "findings wait for you" in html
    assert "&gt; 3,000 PFLOPS" in html


def test_pasted_text_is_read_as_the_next_wording_of_the_plan_it_was_opened_from(office, world):
    plan, *_ = world.plan()
    response = office.post(reverse("plan_import"), {"text": PLAN, "plan": str(plan.id)})
    assert response["Location"] == reverse("plan_review", args=[plan.id])
    assert PlanDocument.objects.filter(plan=plan).count() == 2
    assert "as wording 2" in office.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text": "  "}, "Choose a file, or paste the text"),
        ({"text": "一、目标", "document": "x.txt"}, "Both a file and text were given"),
        ({"document": "x.doc"}, "Save it as .docx or PDF"),
        ({"text": "一", "plan": "no-id"}, "There is a problem"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words_and_the_text_stays(office, data, said):
    if name := data.get("document"):
        head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if name.endswith(".doc") else b"plan"
        data = {**data, "document": SimpleUploadedFile(name, head + b"\0" * 600)}
    response = office.post(reverse("plan_import"), data)
    html = response.content.decode()
    assert response.status_code == 422
    assert said in html
    assert data.get("text", "").strip() in html
    assert not Plan.objects.exists()


def test_a_file_over_the_limit_is_refused_with_its_size_and_the_limit(office, monkeypatch):
    monkeypatch.setattr("qianhang.programme.portal.plans_import.MAX_BYTES", 1024 * 1024)
    upload = SimpleUploadedFile("plan.txt", b"x" * (1024 * 1024 + 1))
    html = office.post(reverse("plan_import"), {"document": upload}).content.decode()
    assert "plan.txt has 1.0 MB; at most 1 MB are read." in html


def test_a_plans_page_shows_its_tree_with_owners_targets_systems_wordings_and_audit(office, world):
    plan, *_ = world.plan()
    address = reverse("plan", args=[plan.id])
    assert "Nothing of it counts yet" in office.get(address).content.decode()
    accept_findings(
        actor=world.official,
        plan_id=plan.id,
        finding_ids=list(Finding.objects.filter(plan=plan).values_list("id", flat=True)),
    )
    html = office.get(address).content.decode()
    assert re.findall(r'class="tree-(\d)"', html) == ["0", "0", "1", "2"]
    assert html.count("省财政厅") == 2  # said for the task, and for the one below it
    assert "from the task above" in html
    assert "&lt; 1.25" in html
    assert "省算力统筹调度公共服务平台" in html
    assert "plan.txt" in html
    assert f"{reverse('audit')}?subject=plan&amp;subject_id={plan.id}" in html


def test_a_department_sees_its_own_part_of_a_plan_and_a_firm_nothing(world):
    plan, *_ = world.plan()
    accept_findings(
        actor=world.official,
        plan_id=plan.id,
        finding_ids=list(Finding.objects.filter(plan=plan).values_list("id", flat=True)),
    )
    address = reverse("plan", args=[plan.id])
    html = client_of(world.department).get(address).content.decode()
    assert "建设算力平台" in html
    assert "总体目标" not in html
    assert reverse("plan_review", args=[plan.id]) not in html
    assert client_of(world.stranger).get(address).status_code == 404


def compared(office: Client, plans: list[Plan], **more: str) -> str:
    query = {"plan": [str(plan.id) for plan in plans], **more}
    return office.get(reverse("plan_compare"), query).content.decode()


def test_two_plans_stand_side_by_side_by_indicator_with_their_difference(office, world):
    plan, *_ = world.plan()
    later = PFLOPS.__class__(
        **{
            **_fields(PFLOPS),
            "indicator": "全省智算服务规模",
            "deadline": PFLOPS.deadline.replace(year=2030),
            "aim": True,
        }
    )
    other = another(world, targets=[later, USERS])
    html = compared(office, [plan, other])
    row = next(part for part in html.split("<tr>") if "智能算力规模" in part)
    assert row.count("&gt; 5,000 PFLOPS") == 2
    assert "by the end of 2027" in row
    assert "by the end of 2030" in row
    assert "an aim" in row
    assert "same value, 3 years apart" in row
    assert "not in it" in next(part for part in html.split("<tr>") if "数据中心PUE" in part)
    exported = office.get(reverse("plan_compare"), {"plan": [plan.id, other.id], "export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(exported.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["What", plan.title, other.title, "Difference"]
    assert rows[1][1:3] == [
        "> 5,000 PFLOPS by the end of 2027",
        "全省智算服务规模 > 5,000 PFLOPS by the end of 2030 (an aim)",
    ]


def test_systems_that_one_plan_lacks_can_be_shown_alone(office, world):
    plan, *_ = world.plan()
    other = another(world, systems=[])
    html = compared(office, [plan, other], part="systems", only="differing")
    assert "省算力统筹调度公共服务平台" in html
    html = compared(office, [plan, other], part="tasks", only="differing")
    assert "The plans do not differ in this part." in html


def test_the_search_finds_the_words_in_both_scripts_and_says_what_stands_there(office, world):
    world.plan(changed(original=TEXT.replace("算力统筹", "算力統籌")))
    html = compared(office, [], q="算力统筹")
    assert "<mark>算力統籌</mark>" in html
    assert "Named system" in html
    assert "No plan says it" in compared(office, [], q="量子计算机")
    assert "Write at least two characters." in compared(office, [], q="算")


def test_what_changed_between_two_wordings_is_told_by_finding_and_by_line(office, world):
    plan, *_ = world.plan()
    address = reverse("plan_versions", args=[plan.id])
    assert "There is only one wording" in office.get(address).content.decode()
    more = PFLOPS.__class__(**{**_fields(PFLOPS), "value": PFLOPS.value + 3000})
    text = TEXT.replace("5000PFLOPS", "8000PFLOPS")
    read = document(changed(original=text, targets=[more, *READING.targets[1:3]]), sha256="b" * 64)
    take_document(world.official, plan, read)
    html = office.get(address).content.decode()
    assert "<del>5,000</del>" in html
    assert "<ins>8,000</ins>" in html
    assert "<del>产业规模</del>" in html
    assert "<del>5000PFLOPS</del><ins>8000PFLOPS</ins>" in html


def test_a_department_does_not_compare(world):
    assert client_of(world.department).get(reverse("plan_compare")).status_code == 403
