"""The demo region's plan: read from the file, clear findings accepted, some targets counted, all of it once."""

from pathlib import Path

import pytest

from qianhang.core.access import OrganisationKind
from qianhang.core.people.models import Organisation, OrganisationState
from qianhang.programme import measures
from qianhang.programme.models import (
    Binding,
    Finding,
    FindingState,
    NamedSystem,
    Observation,
    Plan,
    ProgrammeTask,
    Target,
)
from qianhang.programme.reading.read import read_plan
from qianhang.wiring import demo_region
from qianhang.wiring.demo import EXAMPLES
from qianhang.wiring.demo_programme import BINDINGS, seed_plan

FILE = EXAMPLES / "plan.txt"


@pytest.fixture
def office(db: None, settings, tmp_path: Path) -> Organisation:
    settings.DATA_DIR = tmp_path
    return Organisation.objects.create(
        kind=OrganisationKind.PROGRAMME_OFFICE, name="某专班（演示）", state=OrganisationState.ACTIVE, is_demo=True
    )


def test_the_plan_says_that_it_is_invented_and_has_the_shape_of_one():
    text = FILE.read_text("utf-8")
    reading = read_plan(text)
    assert "虚构" in text.partition("一、")[0]
    assert len(reading.targets) >= 8
    assert len(reading.tasks) >= 20
    assert all(one.lead or one.responsible for one in reading.responsibilities)
    named = {one.name for one in reading.systems}
    assert {"长白算力统筹调度公共服务平台", "长白可信数据空间", "长白大模型测试验证中心"} <= named


def test_every_binding_of_the_demo_names_a_target_of_the_plan_and_a_measure_that_exists():
    indicators = {one.indicator for one in read_plan(FILE.read_text("utf-8")).targets}
    assert len(BINDINGS) >= 3
    for indicator, measure in BINDINGS:
        assert indicator in indicators
        assert measure in measures.all_measures()


def test_it_is_imported_accepted_bound_and_observed_without_an_invented_number(office: Organisation):
    assert seed_plan(file=FILE, organisation_id=office.id)
    plan = Plan.objects.get()
    assert plan.is_demo
    assert Target.objects.filter(plan=plan).count() >= 8
    assert ProgrammeTask.objects.filter(plan=plan).count() >= 20
    assert NamedSystem.objects.filter(plan=plan).count() >= 8
    assert set(Binding.objects.values_list("target__indicator", "measure")) == set(BINDINGS)
    counted = dict(Observation.objects.values_list("series", "value"))
    # Nothing has run here, so everything that counts what has run says nothing or zero.
    assert counted["measure:compute.jobs_finished"] == 0
    assert not any(counted.values())


def test_the_demo_department_has_the_tasks_that_name_it(office: Organisation):
    demo = demo_region.DEPARTMENT
    bureau = Organisation.objects.create(kind=demo.kind, name=demo.name, state=OrganisationState.ACTIVE, is_demo=True)
    seed_plan(file=FILE, organisation_id=office.id)
    assert set(ProgrammeTask.objects.of_unit(bureau.id).values_list("title", flat=True)) >= {
        "建设算力统筹调度公共服务平台",
        "发放算力券",
        "建设高质量数据集",
    }


def test_what_the_reading_doubts_is_left_to_a_person(office: Organisation):
    seed_plan(file=FILE, organisation_id=office.id)
    left = Finding.objects.filter(state=FindingState.PROPOSED)
    assert left.exists()
    assert all(one.flags or one.confidence < 1 for one in left)
    assert not Finding.objects.filter(state=FindingState.ACCEPTED).exclude(flags=[]).exists()


def test_a_second_start_changes_nothing_that_people_have_changed(office: Organisation):
    seed_plan(file=FILE, organisation_id=office.id)
    Binding.objects.all().delete()
    assert not seed_plan(file=FILE, organisation_id=office.id)
    assert (Plan.objects.count(), Binding.objects.count()) == (1, 0)


def test_one_that_was_killed_in_the_middle_leaves_nothing_and_is_done_by_the_next(office: Organisation, monkeypatch):
    def dies(**_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("qianhang.wiring.demo_programme.bind_target", dies)
        with pytest.raises(KeyboardInterrupt):
            seed_plan(file=FILE, organisation_id=office.id)
    assert not Plan.objects.exists()
    assert seed_plan(file=FILE, organisation_id=office.id)


def test_without_the_file_there_is_no_plan(office: Organisation, tmp_path: Path):
    assert not seed_plan(file=tmp_path / "plan.txt", organisation_id=office.id)
