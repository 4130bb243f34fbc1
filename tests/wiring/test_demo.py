"""The demo region: marked as invented, complete, and the same however often it is filled."""

import json
import stat

import pytest
from django.apps import apps
from django.contrib.auth import authenticate

from qianhang.compute.models import Accelerator, Cluster, Job, RegionLink
from qianhang.compute.services import load_accelerators, register_accelerator
from qianhang.core.access import Actor
from qianhang.core.ledger.models import Transfer
from qianhang.core.people.models import ApiKey, Organisation, User
from qianhang.core.people.rules.credit_code import code_problem
from qianhang.wiring import demo, demo_accounts, demo_region


@pytest.fixture
def data_folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    settings.RUNS_DIR = tmp_path / "runs"
    settings.RUNS_DIR.mkdir()
    return tmp_path


def rows() -> dict[str, int]:
    """How many rows every table has; tables without a model belong to others' machinery."""
    models = (model for model in apps.get_models() if model._meta.label_lower != "sessions.session")
    return {model._meta.label: model.objects.count() for model in models if hasattr(model, "objects")}


@pytest.mark.parametrize("organisation", demo_region.ORGANISATIONS, ids=lambda one: one.key)
def test_an_invented_credit_code_has_the_form_of_one_and_a_region_that_does_not_exist(organisation):
    assert code_problem(organisation.credit_code) is None
    assert organisation.credit_code[2:8] == "229900"
    assert "演示" in organisation.name
    assert "(demo)" in organisation.name_en


def test_distances_between_the_cities_are_those_on_the_map():
    places = {place.code: place for place in demo_region.PLACES}
    assert demo_region.distance_km(places["changchun"], places["jilin-city"]) == pytest.approx(98.4, abs=0.5)
    assert demo_region.distance_km(places["changchun"], places["baicheng"]) == pytest.approx(281, abs=2)


@pytest.mark.django_db(transaction=True)
def test_filling_it_twice_is_filling_it_once(data_folder):
    demo.seed_demo()
    first, sign_ins = rows(), demo.demo_sign_ins()
    key = demo_accounts.local_profile_file().read_text()
    demo.seed_demo()
    assert rows() == first
    assert demo.demo_sign_ins() == sign_ins
    assert demo_accounts.local_profile_file().read_text() == key
    assert len(sign_ins) == 7


@pytest.mark.django_db(transaction=True)
def test_everything_is_marked_and_nothing_planned_can_run(data_folder):
    demo.seed_demo()
    assert set(Organisation.objects.values_list("is_demo", "state")) == {(True, "active")}
    planned = Cluster.objects.exclude(slug="local")
    assert set(planned.values_list("state", "connector", "is_demo")) == {("announced", "planning", True)}
    assert Cluster.objects.get(slug="local").is_demo
    assert RegionLink.objects.count() == 36
    assert all("not measured" in source for source in RegionLink.objects.values_list("source", flat=True))


@pytest.mark.django_db(transaction=True)
def test_the_three_examples_wait_to_really_run_and_nothing_is_charged_yet(data_folder):
    demo.seed_demo()
    assert sorted(Job.objects.values_list("name", "state")) == [
        ("monte-carlo-sweep", "queued"),
        ("text-batch", "queued"),
        ("train-classifier", "queued"),
    ]
    assert not Transfer.objects.filter(code="settle").exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_was_killed_in_the_middle_is_completed_by_the_next(data_folder, monkeypatch):
    real = demo.submit_job
    calls = []

    def dies_at_the_second(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**arguments)

    monkeypatch.setattr(demo, "submit_job", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        demo.seed_demo()
    assert Job.objects.count() == 1
    monkeypatch.setattr(demo, "submit_job", real)
    demo.seed_demo()
    assert sorted(Job.objects.values_list("name", flat=True)) == ["monte-carlo-sweep", "text-batch", "train-classifier"]


@pytest.mark.django_db(transaction=True)
def test_passwords_are_made_for_each_installation_work_and_are_private(data_folder, rf):
    demo.seed_demo()
    file = demo_accounts.sign_ins_file()
    kept = json.loads(file.read_text())
    assert len(set(kept.values())) == 7
    assert all(len(password) == 19 for password in kept.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    email, password = next(iter(kept.items()))
    assert authenticate(rf.post("/"), email=email, password=password) == User.objects.get(email=email)


@pytest.mark.django_db(transaction=True)
def test_when_the_file_is_lost_the_sign_ins_get_new_passwords_that_work(data_folder, rf):
    demo.seed_demo()
    before = json.loads(demo_accounts.sign_ins_file().read_text())
    demo_accounts.sign_ins_file().unlink()
    demo.seed_demo()
    after = json.loads(demo_accounts.sign_ins_file().read_text())
    assert not set(before.values()) & set(after.values())
    email, password = next(iter(after.items()))
    assert authenticate(rf.post("/"), email=email, password=password) is not None


@pytest.mark.django_db(transaction=True)
def test_the_local_key_is_made_anew_when_it_was_revoked(data_folder):
    demo.seed_demo()
    first = json.loads(demo_accounts.local_profile_file().read_text())
    assert stat.S_IMODE(demo_accounts.local_profile_file().stat().st_mode) == 0o600
    ApiKey.objects.filter(id=first["key_id"]).delete()
    demo.seed_demo()
    assert json.loads(demo_accounts.local_profile_file().read_text())["key_id"] != first["key_id"]


@pytest.mark.django_db
def test_card_models_come_with_their_evidence_and_what_is_unknown_stays_unknown():
    assert load_accelerators(actor=Actor.system("test")) == 23
    known = {accelerator.model: accelerator for accelerator in Accelerator.objects.all()}
    assert (known["Ascend 910B"].fp16_dense_gflops, known["Ascend 910B"].measured_gflops) == (320_000, 313_200)
    assert (known["C500"].fp16_dense_gflops, known["C500"].evidence) == (240_200, "secondary")
    assert (known["MLU590"].fp16_dense_gflops, known["MLU590"].memory_gib) == (None, None)
    assert known["MLU590"].evidence == "unverified"
    # The sparse figure of the data sheet, 1,979, must never appear.
    assert known["H100 SXM 80GB"].fp16_dense_gflops == 989_000
    assert load_accelerators(actor=Actor.system("test")) == 0


@pytest.mark.django_db
def test_what_an_operator_corrected_is_not_overwritten():
    system = Actor.system("test")
    register_accelerator(actor=system, vendor="NVIDIA", model="L20", evidence="measured", measured_gflops=100_000)
    assert load_accelerators(actor=system) == 22
    assert Accelerator.objects.get(model="L20").measured_gflops == 100_000
