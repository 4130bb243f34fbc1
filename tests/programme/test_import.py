"""A file becomes a plan, once, and a refused file leaves nothing behind."""

import pytest
from django.utils import translation
from opencc import OpenCC

from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Forbidden, NotFound
from qianhang.programme.errors import DocumentUnreadable, FileEmpty, PlanAlreadyImported
from qianhang.programme.models import Finding, Plan, PlanDocument
from qianhang.programme.services import accept_findings, import_plan
from qianhang.programme.store import storable

TEXT = """江东省人工智能发展行动方案（2026—2028年）

为加快人工智能发展，制定本方案。

一、总体目标
到2028年底，全省智能算力规模突破6000PFLOPS，人工智能核心产业规模达到500亿元，培育人工智能企业200家以上。

二、重点任务
（一）夯实算力底座。建设江东省算力调度服务平台，接入存量算力。（责任单位：省数据局、省发展改革委）
（二）培育产业。支持企业发展。（责任单位：省工业和信息化厅）
"""
DATA = TEXT.encode()


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def test_a_file_becomes_a_plan_with_proposals_whose_quotes_are_its_words(world):
    done = import_plan(actor=world.official, data=DATA, filename="方案.txt")
    plan = Plan.objects.get()
    assert (done.plan_id, done.version, done.is_new) == (plan.id, 1, True)
    assert "行动方案" in plan.title
    text = PlanDocument.objects.get().text
    found = list(Finding.objects.all())
    assert len(found) == done.new > 5
    assert all(text[q["offset"] : q["offset"] + len(q["text"])] == q["text"] for one in found for q in one.quotes)
    targets = [one.content for one in found if one.kind == "target"]
    assert ("6000", "PFLOPS", "2028-12-31") in [(one["value"], one["unit"], one["deadline"]) for one in targets]
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=[one.id for one in found])
    assert plan.targets.count() == len(targets)


def test_the_same_file_again_is_the_same_document(world):
    first = import_plan(actor=world.official, data=DATA, filename="方案.txt")
    again = import_plan(actor=world.official, data=DATA, filename="another name.txt")
    assert (again.document_id, again.is_new, again.new) == (first.document_id, False, 0)
    assert (Plan.objects.count(), PlanDocument.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="plan.imported").count() == 1


def test_another_wording_of_the_plan_is_its_next_version(world):
    first = import_plan(actor=world.official, data=DATA, filename="方案.txt")
    changed = TEXT.replace("200家以上", "300家以上").encode("gb18030")
    second = import_plan(actor=world.official, data=changed, filename="方案.txt")
    assert (second.plan_id, second.version, second.new, second.gone) == (first.plan_id, 2, 1, 1)
    other = import_plan(actor=world.official, data=TEXT.replace("江东", "江西").encode(), filename="b.txt")
    assert other.plan_id != first.plan_id
    with pytest.raises(PlanAlreadyImported):
        import_plan(actor=world.official, data=DATA, plan_id=other.plan_id)


def test_the_traditional_form_of_a_plan_is_another_wording_of_it_and_keeps_every_decision(world):
    first = import_plan(actor=world.official, data=DATA, filename="方案.txt")
    found = list(Finding.objects.values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=first.plan_id, finding_ids=found)
    traditional = OpenCC("s2t").convert(TEXT)
    second = import_plan(actor=world.official, data=traditional.encode(), filename="方案.txt")
    assert (second.plan_id, second.version, second.new, second.gone) == (first.plan_id, 2, 0, 0)
    assert set(Finding.objects.values_list("state", flat=True)) == {"accepted"}


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", FileEmpty),
        (b"   \n ", DocumentUnreadable),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), DocumentUnreadable),
        (b"PK\x03\x04" + bytes(64), DocumentUnreadable),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages_and_leaves_nothing(world, data, refusal, tmp_path):
    with pytest.raises(refusal) as refused:
        import_plan(actor=world.official, data=data, filename="x.txt")
    sentences = set()
    for language in ("en", "zh-hans"):
        with translation.override(language):
            sentences.add(str(refused.value))
    assert all("{" not in sentence for sentence in sentences)
    assert (Plan.objects.count(), Finding.objects.count(), list(tmp_path.rglob("*"))) == (0, 0, [])


def test_only_the_programme_office_imports(world):
    with pytest.raises((Forbidden, NotFound)):
        import_plan(actor=world.department, data=DATA)
    with pytest.raises((Forbidden, NotFound)):
        import_plan(actor=world.stranger, data=DATA)
    assert not Plan.objects.exists()


def test_a_character_that_the_database_cannot_keep_moves_no_offset():
    assert storable("一\x00二\ud800三") == "一\ufffd二\ufffd三"
