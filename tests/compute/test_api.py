"""The REST operations about jobs, as a program with a key meets them."""

import asyncio
import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from qianhang.compute import services, streaming
from qianhang.compute.identity import WORKER
from qianhang.compute.models import Job
from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.people.models import Membership
from qianhang.core.people.services.create_api_key import create_api_key

from .conftest import World, command, member

pytestmark = pytest.mark.django_db(transaction=True)


class Api:
    """A client with an API key of one person."""

    def __init__(self, actor: Actor, role: str) -> None:
        Membership.objects.get_or_create(user_id=actor.user_id, organisation_id=actor.organisation_id, role=role)
        made = create_api_key(
            actor=actor,
            name="test",
            scopes=sorted({"job.submit", "job.view", "wallet.view", "cluster.view"} & set(actor.permissions)),
            expires_at=now() + timedelta(days=1),
        )
        self.bearer = f"Bearer {made.secret}"
        self.client = Client(headers={"Authorization": self.bearer, "Accept-Language": "en"})

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: object = None, *, key: str | None = None):
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.developer, "developer")


@pytest.fixture
def other(world: World) -> Api:
    return Api(world.stranger, "developer")


def test_a_job_is_submitted_followed_and_paid_over_rest(world, local_cluster, api, finish):
    world.credit(10)
    answer = api.post("/jobs", command("echo hello; mkdir -p outputs; echo 42 > outputs/x", name="over rest"))
    assert answer.status_code == 201
    job_id = answer.json()["id"]
    assert (answer.json()["state"], answer.json()["hold_micro"]) == ("queued", 10_000)
    finish(Job.objects.get(id=job_id))

    detail = api.get(f"/jobs/{job_id}").json()
    assert (detail["job"]["state"], detail["job"]["cluster"], detail["runs"][0]["exit_code"]) == (
        "succeeded",
        "here",
        0,
    )
    assert "is the only cluster there is" in detail["runs"][0]["placement"]["sentence"]
    assert [step["after"] for step in detail["transitions"]][-1] == "succeeded"
    assert api.get(f"/jobs/{job_id}/log").json()["text"] == "hello\n"
    output = api.get(f"/jobs/{job_id}/outputs").json()["items"][0]
    assert (output["path"], output["bytes"]) == ("outputs/x", 3)
    receipt = api.get(f"/jobs/{job_id}/receipt").json()["items"][0]
    assert receipt["total_micro"] == receipt["wallet_micro"]
    assert api.get(f"/jobs/{job_id}/samples").status_code == 200


def test_the_same_key_submits_once(world, local_cluster, api):
    world.credit(10)
    first, again = (api.post("/jobs", command("true"), key="once") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert Job.objects.count() == 1


def test_a_bad_spec_answers_with_paths_and_sentences_and_keeps_nothing(world, local_cluster, api):
    answer = api.post("/jobs", {"command": "x", "resources": {"gpus": 1}})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == "invalid_job_spec"
    assert problem["errors"] == [
        {
            "path": "resources.gpus",
            "message": "There is no field “gpus”. Did you mean “cards”?",
            "code": "unknown_field",
        }
    ]
    assert Job.objects.count() == 0


def test_a_job_that_fits_nowhere_says_why_per_cluster(world, local_cluster, api):
    answer = api.post("/jobs/quote", {"command": "x", "resources": {"cards": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_cluster_fits")
    assert answer.json()["errors"] == [{"path": "here", "message": "It has no accelerators.", "code": "no_cards"}]


def test_a_quote_shows_the_terms_of_its_choice(world, local_cluster, api):
    quote = api.post("/jobs/quote", command("true", time_limit="2h")).json()
    assert (quote["cost_micro"], quote["hold_micro"], quote["starts_in_s"]) == (720_000, 720_000, 0)
    terms = {term["name"]: term["shown"] for term in quote["placement"]["chosen"]["terms"]}
    assert (terms["price"], terms["start"]) == ("0.72 yuan", "now")
    assert Job.objects.count() == 0


def test_what_is_foreign_is_not_found(world, local_cluster, api, other):
    world.credit(10)
    job_id = api.post("/jobs", command("true")).json()["id"]
    for path in (
        "",
        "/log",
        "/log/text",
        "/log/stream",
        "/outputs",
        f"/outputs/{uuid.uuid4()}",
        "/receipt",
        "/samples",
    ):
        assert (path, other.get(f"/jobs/{job_id}{path}").status_code) == (path, 404)
    assert other.post(f"/jobs/{job_id}/cancel").status_code == 404
    assert other.get("/jobs").json() == {"items": [], "next": None}
    assert Client().get(f"/api/v1/jobs/{job_id}").status_code == 401


def test_a_job_is_cancelled_twice_with_the_same_answer(world, local_cluster, api):
    world.credit(10)
    job_id = api.post("/jobs", command("true")).json()["id"]
    states = [api.post(f"/jobs/{job_id}/cancel", body).json()["state"] for body in ({"reason": "typo"}, {})]
    assert states == ["cancelled", "cancelled"]


def test_the_list_is_filtered_and_paged(world, local_cluster, api):
    world.credit(10)
    ids = [api.post("/jobs", command("true", name=f"job {n}")).json()["id"] for n in range(5)]
    api.post(f"/jobs/{ids[0]}/cancel")
    first = api.get("/jobs", limit=2).json()
    second = api.get("/jobs", limit=2, cursor=first["next"]).json()
    assert [row["id"] for row in first["items"] + second["items"]] == ids[:0:-1]
    assert [row["id"] for row in api.get("/jobs", state="ended").json()["items"]] == [ids[0]]
    assert [row["id"] for row in api.get("/jobs", q="job 3").json()["items"]] == [ids[3]]
    assert [row["id"] for row in api.get("/jobs", q=ids[2]).json()["items"]] == [ids[2]]
    assert api.get("/jobs", q="%").json()["items"] == []


def test_an_upload_becomes_a_source(world, local_cluster, api):
    answer = api.client.post("/api/v1/uploads", {"file": SimpleUploadedFile("data.csv", b"1,2\n")})
    assert answer.status_code == 201
    assert answer.json()["content_type"] == "text/plain"
    empty = api.client.post("/api/v1/uploads", {"file": SimpleUploadedFile("data.csv", b"")})
    assert (empty.status_code, empty.json()["code"]) == (422, "upload_empty")


def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(world, local_cluster, api, settings):
    from qianhang.compute import objects

    settings.MAX_UPLOAD_BYTES = 10
    answer = api.client.post("/api/v1/uploads", {"file": SimpleUploadedFile("x", b"12345678901")})
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert list(objects.path_of("incoming").iterdir()) == []


def test_an_archive_that_reaches_outside_is_refused(world, local_cluster, api):
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../etc/passwd"))
    answer = api.client.post("/api/v1/uploads", {"file": SimpleUploadedFile("x.tar.gz", packed.getvalue())})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "source_refused")


def test_the_schema_is_public_and_valid(db):
    answer = Client().get("/api/v1/job-spec/schema")
    assert answer.status_code == 200
    Draft202012Validator.check_schema(answer.json())


def test_clusters_show_capacity_prices_and_what_is_only_planned(world, local_cluster, api):
    services.announce_cluster(
        actor=world.seller,
        organisation_id=world.supplier.id,
        slug="plan",
        name="Plan",
        region="jilin",
        pools=[{"name": "a", "nodes": 10, "cpus_per_node": 64, "memory_mib_per_node": 262_144}],
    )
    here, plan = api.get("/clusters").json()["items"]
    assert (here["slug"], here["planned"], here["pools"][0]["cpu_hour_micro"]) == ("here", False, 360_000)
    assert here["pools"][0]["cpus_free"] == here["pools"][0]["cpus"] > 0
    assert (plan["planned"], plan["pools"][0]["cpus"], plan["pools"][0]["cpus_free"]) == (True, 640, 0)
    assert api.get("/clusters/here").json()["slug"] == "here"
    assert api.get("/clusters/nowhere").status_code == 404
    assert api.get("/regions").json()["items"][0]["code"] == "changchun"


def test_the_addresses_that_take_files_are_among_those_that_the_settings_name(settings):
    assert {reverse("api:upload_file"), reverse("job_new")} <= set(settings.UPLOAD_PATHS)


def read_raw_stream(api: Api, path: str, *, last_event_id: str = "") -> str:
    """A stream to its end."""

    async def read() -> str:
        headers = {"Authorization": api.bearer} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        answer = await AsyncClient().get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("text/event-stream")
        return "".join([piece.decode() async for piece in answer.streaming_content])

    return asyncio.run(asyncio.wait_for(read(), 30))


def read_stream(api: Api, path: str, *, last_event_id: str = "") -> list[tuple[str, str, dict]]:
    """The events of a stream until it ends: (event, id, data)."""
    events = []
    for block in read_raw_stream(api, path, last_event_id=last_event_id).strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return events


def test_a_log_is_streamed_to_its_end_and_resumed_where_it_broke_off(world, local_cluster, api, finish):
    world.credit(10)
    job_id = api.post("/jobs", command("echo one; echo two")).json()["id"]
    finish(Job.objects.get(id=job_id))
    assert read_stream(api, f"/jobs/{job_id}/log/stream") == [
        ("log", "8", {"text": "one\ntwo\n", "next": 8}),
        ("end", "", {}),
    ]
    assert read_stream(api, f"/jobs/{job_id}/log/stream", last_event_id="4")[0] == (
        "log",
        "8",
        {"text": "two\n", "next": 8},
    )
    assert read_stream(api, f"/jobs/{job_id}/log/stream?offset=8") == [("end", "", {})]


def test_who_has_too_many_live_logs_open_is_asked_to_come_back(world, local_cluster, api, monkeypatch):
    world.credit(10)
    job_id = api.post("/jobs", command("true")).json()["id"]
    monkeypatch.setitem(streaming._open, world.developer.user_id, streaming.MOST_STREAMS)
    assert read_raw_stream(api, f"/jobs/{job_id}/log/stream") == "retry: 30000\n: too many live logs are open\n\n"
    assert streaming._open[world.developer.user_id] == streaming.MOST_STREAMS


def test_a_stream_that_has_lasted_its_hour_stops_without_an_end(world, local_cluster, api, monkeypatch):
    world.credit(10)
    job_id = api.post("/jobs", command("true")).json()["id"]
    monkeypatch.setattr(streaming, "LONGEST_S", 0.3)
    assert "event: end" not in read_raw_stream(api, f"/jobs/{job_id}/log/stream")
    assert world.developer.user_id not in streaming._open


def test_a_job_that_was_cancelled_before_it_ran_has_a_stream_that_ends(world, local_cluster, api):
    world.credit(10)
    job_id = api.post("/jobs", command("true")).json()["id"]
    api.post(f"/jobs/{job_id}/cancel")
    assert read_stream(api, f"/jobs/{job_id}/log/stream") == [("end", "", {})]


def test_an_output_is_sent_as_an_attachment_and_never_as_a_page(world, local_cluster, api, finish):
    world.credit(10)
    job_id = api.post("/jobs", command("mkdir -p outputs; echo '<script>' > 'outputs/页 面.html'")).json()["id"]
    finish(Job.objects.get(id=job_id))
    output = api.get(f"/jobs/{job_id}/outputs").json()["items"][0]

    async def fetch() -> tuple[dict, bytes]:
        path = f"/api/v1/jobs/{job_id}/outputs/{output['id']}"
        answer = await AsyncClient().get(path, headers={"Authorization": api.bearer})
        return dict(answer.items()), b"".join([piece async for piece in answer.streaming_content])

    headers, body = asyncio.run(fetch())
    assert body == b"<script>\n"
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E9%A1%B5%20%E9%9D%A2.html"


def test_a_submission_costs_a_known_number_of_statements(world, local_cluster, api, django_assert_num_queries):
    world.credit(10)
    api.post("/jobs", command("true"), key="warm")
    # Key; begin, idempotency claim; job, transition, audit, news, task; hold, ledger; idempotency answer; commit.
    with django_assert_num_queries(13, exact=False):
        assert api.post("/jobs", command("true"), key="counted").status_code == 201


def test_a_job_page_costs_the_same_however_often_the_job_was_tried(
    world, local_cluster, api, django_assert_num_queries, finish
):
    from qianhang.compute import queries
    from qianhang.compute.identity import run_id_of
    from qianhang.compute.ports import RunStatus
    from qianhang.compute.rules.states import State

    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("sleep 20", retries=2))
    for attempt in (1, 2):
        finish(job, until=lambda j: j.state == "running")
        lost = run_id_of(job.id, attempt=attempt)
        services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    actor = world.developer
    with django_assert_num_queries(5):
        detail = queries.job_detail(actor=actor, job_id=job.id)
    assert [run.receipt is not None for run in detail.runs] == [True, True]
    with django_assert_num_queries(1):
        queries.job_rows(queries.jobs_seen(actor=actor)[:50], actor=actor)
    services.cancel_job(actor=world.developer, job_id=job.id)


def test_the_supplier_sees_runs_but_not_the_jobs_of_others(world, local_cluster, finish):
    from qianhang.compute.models import Run

    world.credit(10)
    job = finish(services.submit_job(actor=world.developer, spec=command("true", name="secret project")))
    seller = member(world.supplier)
    assert Run.objects.visible_to(seller).count() == 1
    assert Job.objects.visible_to(seller).filter(id=job.id).count() == 0
