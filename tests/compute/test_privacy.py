"""What is in a job is its own organisation's. At every door others see that it is there, or not even that."""

import pytest
from django.test import Client
from django.urls import reverse

from qianhang.compute import queries
from qianhang.compute.cli_views import show_job
from qianhang.compute.models import Job, Run
from qianhang.core.access import Role
from qianhang.core.errors import NotFound

from .conftest import SYSTEM, World, member
from .pages import submitted, text_of

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "kingfisher"
COMMAND = f"echo {MARK}-log; mkdir -p outputs; echo 1 > outputs/{MARK}.txt"
DOORS = ("log", "log/text", "log/stream", "outputs", "samples")
OFFICE = (Role.OWNER, Role.FINANCE, Role.DEVELOPER, Role.VIEWER)


@pytest.fixture
def job(world: World, local_cluster, finish) -> Job:
    """A job that ended, with something in it of everything that is nobody else's business."""
    world.credit(1)
    spec = {"env": {"BIRD": MARK}, "secrets": {f"{MARK.upper()}_KEY": "x"}, "name": "public name"}
    ended = finish(submitted(world, COMMAND, **spec))
    assert ended.state == "succeeded"
    # What a cluster says about an end may quote the command.
    Job.objects.filter(id=ended.id).update(reason_code="exit_nonzero", reason=f"sh: {MARK}")
    Run.objects.filter(job=ended).update(reason_code="exit_nonzero", reason=f"sh: {MARK}")
    return ended


def reads(browser: Client, job: Job) -> dict[str, str]:
    """Every page and answer that speaks of the job and that this browser is given."""
    addresses = [
        reverse("job", args=[job.id]),
        reverse("job_live", args=[job.id]) + "?seen=",
        reverse("job_list"),
        reverse("job_list") + "?export=csv",
        reverse("queue"),
        f"/api/v1/jobs/{job.id}",
        f"/api/v1/jobs/{job.id}/receipt",
        f"/api/v1/jobs?q={job.name}",
    ]
    given = {}
    for address in addresses:
        answer = browser.get(address)
        if answer.status_code in {200, 286}:
            body = b"".join(answer) if answer.streaming else answer.content
            given[address] = body.decode()
    return given


@pytest.mark.parametrize("role", OFFICE)
def test_the_office_sees_name_needs_state_cost_and_placement_and_nothing_that_is_in_the_job(
    world, job, signed_in, role
):
    browser = signed_in(world.office, role)
    given = reads(browser, job)
    assert [address for address, body in given.items() if MARK in body.lower()] == []

    page = text_of(browser.get(reverse("job", args=[job.id])))
    for told in ("public name", "Firm", "1 CPU", "Where it runs, and why", "Receipt R"):
        assert told in page
    assert "are for its own organisation alone" in page
    detail = browser.get(f"/api/v1/jobs/{job.id}").json()
    assert (detail["spec"], detail["job"]["name"], detail["runs"][0]["receipt"]["organisation_id"]) == (
        None,
        "public name",
        str(world.firm.id),
    )
    assert detail["quote"]["chosen"]["cluster"] == "here"
    assert detail["job"]["sentence"] == "The command ended with an error; its log says why."


@pytest.mark.parametrize("whose", ["office", "supplier", "other_firm"])
def test_log_samples_and_outputs_of_others_are_not_found_at_any_door(world, job, signed_in, whose):
    browser, own = signed_in(getattr(world, whose), Role.OWNER), signed_in(world.firm, Role.VIEWER)
    output = queries.outputs_of(actor=SYSTEM, job_id=job.id)[0].id
    doors = [f"/api/v1/jobs/{job.id}/{door}" for door in DOORS]
    doors += [f"/api/v1/jobs/{job.id}/outputs/{output}"]
    doors += [reverse("job_log", args=[job.id]), reverse("job_output", args=[job.id, output])]
    assert {door: browser.get(door).status_code for door in doors} == dict.fromkeys(doors, 404)
    sync_doors = [door for door in doors if "stream" not in door]
    assert {door: own.get(door).status_code for door in sync_doors} == dict.fromkeys(sync_doors, 200)
    assert browser.get(reverse("job_new") + f"?from={job.id}").status_code in {403, 404}


def test_the_command_line_shows_the_office_a_job_without_what_is_in_it(world, job, signed_in, capsys):
    show_job(signed_in(world.office, Role.VIEWER).get(f"/api/v1/jobs/{job.id}").json())
    shown = capsys.readouterr().out
    assert "public name" in shown
    assert MARK not in shown.lower()


def test_queries_themselves_refuse_the_office(world, job):
    official = world.official
    for ask in (queries.read_log, queries.log_text, queries.samples_of, queries.outputs_of):
        with pytest.raises(NotFound):
            ask(actor=official, job_id=job.id)
    assert queries.job_detail(actor=official, job_id=job.id).spec is None


def test_its_own_organisation_reads_all_of_it(world, job, signed_in):
    page = text_of(signed_in(world.firm, Role.VIEWER).get(reverse("job", args=[job.id])))
    for told in (f"{MARK}-log", f"outputs/{MARK}.txt", f"BIRD={MARK}", f"{MARK.upper()}_KEY", f"sh: {MARK}"):
        assert told in page
    assert "are for its own organisation alone" not in page
    detail = queries.job_detail(actor=member(world.firm, Role.VIEWER), job_id=job.id)
    assert detail.spec is not None
    assert detail.spec["env"] == {"BIRD": MARK}
