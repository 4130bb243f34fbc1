"""Compute's pages, through Django's client and the real local cluster."""

import csv
import io
import json
import re
import uuid
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.compute import services
from qianhang.compute.models import Cluster, Job, Price, Upload
from qianhang.core.access import Role
from qianhang.core.people.models import Membership, Organisation, User
from qianhang.funding import queries as funding
from qianhang.funding.models import Hold

from .conftest import SYSTEM, YUAN, World, command, member

QUICK = {"command": "echo hello", "time_limit": "60", "resources.cpus": "1", "resources.memory": "256MiB"}


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """signed_in(organisation, role): a browser of that person, in English, so that words can be compared."""

    def sign_in(of: Organisation, role: str = Role.DEVELOPER) -> Client:
        user = User.objects.get(id=member(of, role).user_id)
        Membership.objects.get_or_create(user=user, organisation=of, defaults={"role": role})
        client = Client()
        client.force_login(user)
        client.cookies["qianhang_language"] = "en"
        return client

    return sign_in


@pytest.fixture
def developer(world: World, signed_in) -> Client:
    return signed_in(world.firm)


@pytest.fixture
def planned_cluster(world: World) -> Cluster:
    return services.announce_cluster(
        actor=world.seller,
        organisation_id=world.supplier.id,
        slug="someday",
        name="Someday",
        region="jilin",
        pools=[{"name": "main", "nodes": 4, "cpus_per_node": 64, "memory_mib_per_node": 262_144}],
    )


def form(**changes: str) -> dict[str, str]:
    """What the browser sends when a person filled in the new-job page."""
    return {"as": "form", "do": "submit", "key": str(uuid.uuid4()), **QUICK, **changes}


def submitted(world: World, text: str = "echo hello", **more: object) -> Job:
    return services.submit_job(actor=world.developer, spec=command(text, **more))


def text_of(response: HttpResponse) -> str:
    """What a reader sees: tags away, white space folded."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_the_own_organisations_jobs_and_no_others(world, local_cluster, developer, signed_in):
    world.credit(1)
    submitted(world, name="mine")

    assert "mine" in text_of(developer.get(reverse("job_list")))
    assert "mine" not in text_of(signed_in(world.other_firm).get(reverse("job_list")))
    assert "mine" in text_of(signed_in(world.office, Role.VIEWER).get(reverse("job_list")))


def test_the_list_is_filtered_by_what_stands_in_the_address(world, local_cluster, developer):
    world.credit(1)
    submitted(world, name="alpha")
    cancelled = submitted(world, name="beta")
    services.cancel_job(actor=world.developer, job_id=cancelled.id)

    def names(**query: str) -> list[str]:
        found = developer.get(reverse("job_list"), query).content.decode()
        return re.findall(r'class="row-link" href="/jobs/[^"]+">([^<]+)<', found)

    assert names() == ["beta", "alpha"]
    assert names(state="cancelled") == ["beta"]
    assert names(state="waiting") == ["alpha"]
    assert names(q="ALP") == ["alpha"]
    assert names(since="2000-01-01", until="2000-01-02") == []
    assert names(since="not a date", state="no such state") == ["beta", "alpha"]


def test_the_list_turns_its_pages_and_exports_all_of_them(world, local_cluster, developer, monkeypatch):
    world.credit(1)
    wanted = [submitted(world, name=f"job {number}").name for number in range(3)]
    monkeypatch.setattr("qianhang.compute.portal.jobs.CSV_CHUNK", 2)

    body = b"".join(developer.get(reverse("job_list"), {"export": "csv"}).streaming_content).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0][:3] == ["Id", "Name", "State"]
    assert sorted(row[1] for row in rows[1:]) == sorted(wanted)


def test_the_list_asks_as_much_for_many_jobs_as_for_one(world, local_cluster, developer):
    world.credit(1)
    submitted(world)
    with CaptureQueriesContext(
        connection,
    ) as for_one:
        developer.get(reverse("job_list"))
    for _more in range(9):
        submitted(world)
    with CaptureQueriesContext(connection) as for_ten:
        developer.get(reverse("job_list"))
    assert len(for_ten) == len(for_one) <= 10


def test_a_visitor_is_sent_to_sign_in_and_back(client, db):
    response = client.get(reverse("job_list"))
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/jobs/")


def test_an_empty_list_offers_the_first_step(world, developer):
    response = developer.get(reverse("job_list"))
    assert "No jobs yet" in text_of(response)
    assert reverse("job_new") in response.content.decode()


# ── one job ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_job_page_explains_the_decision_and_adds_up_to_the_fen(
    world, local_cluster, planned_cluster, developer, finish
):
    world.credit(1)
    job = finish(submitted(world, "echo hello; mkdir -p outputs; echo 42 > outputs/answer.txt", name="answer"))
    receipt = funding.receipts_of_references(actor=SYSTEM, references=[job.runs.get().id])[job.runs.get().id]

    seen = text_of(developer.get(reverse("job", args=[job.id])))

    assert "Succeeded" in seen
    assert "Here (" in seen
    assert "is the only one of 2 clusters that fits" in seen
    assert "It is announced but not built: planning only." in seen
    assert "hello" in seen
    assert "outputs/answer.txt" in seen
    assert receipt.number in seen
    assert "Rounding to a whole fen" in seen
    assert receipt.lines_micro + receipt.rounding_micro == receipt.total_micro
    assert [state for state in ("Queued", "Placed", "Starting") if state not in seen] == []


def test_a_foreign_job_does_not_exist(world, local_cluster, signed_in):
    world.credit(1)
    job = submitted(world, name="secret plans")
    stranger = signed_in(world.other_firm)

    for name in ("job", "job_live", "job_log"):
        response = stranger.get(reverse(name, args=[job.id]))
        assert response.status_code == 404
        assert "secret plans" not in text_of(response)
    assert stranger.post(reverse("job_cancel", args=[job.id])).status_code == 404
    job.refresh_from_db()
    assert job.state == "queued"


def test_what_a_log_writes_is_text_and_never_markup(world, local_cluster, developer, finish):
    world.credit(1)
    job = finish(submitted(world, "echo '<script>alert(1)</script>'; printf '\\033[31mred\\000\\377'"))
    body = developer.get(reverse("job", args=[job.id])).content.decode()
    assert "&lt;script&gt;alert(1)" in body
    assert "<script>alert(1)" not in body
    assert "\x1b" not in body


def test_the_live_parts_come_only_when_something_changed_and_stop_at_the_end(world, local_cluster, developer, finish):
    world.credit(1)
    job = submitted(world)
    page = developer.get(reverse("job", args=[job.id])).content.decode()
    seen = re.search(r"live/\?seen=([^\"]+)", page)[1]

    assert developer.get(reverse("job_live", args=[job.id]), {"seen": seen}).status_code == 204

    finish(job)
    ended = developer.get(reverse("job_live", args=[job.id]), {"seen": seen})
    assert ended.status_code == 286
    parts = set(re.findall(r'id="(job-[a-z]+)" ?[^>]*hx-swap-oob="true"', ended.content.decode()))
    assert {"job-state", "job-timeline", "job-money", "job-outputs", "job-log", "job-poller"} <= parts
    assert "hx-trigger" not in ended.content.decode()


def test_a_second_click_on_cancel_finds_the_job_cancelled(world, local_cluster, developer):
    world.credit(1)
    job = submitted(world)
    first = developer.post(reverse("job_cancel", args=[job.id]), {"reason": "wrong data"}, follow=True)
    second = developer.post(reverse("job_cancel", args=[job.id]), follow=True)

    assert "The job is cancelled." in text_of(first)
    assert "wrong data" in text_of(first)
    assert "already ended" in text_of(second)
    assert job.transitions.filter(after="cancelled").count() == 1


def test_a_viewer_sees_a_job_and_cannot_cancel_it(world, local_cluster, signed_in):
    world.credit(1)
    job = submitted(world, name="theirs")
    viewer = signed_in(world.firm, Role.VIEWER)

    page = viewer.get(reverse("job", args=[job.id]))
    assert "theirs" in text_of(page)
    assert reverse("job_cancel", args=[job.id]) not in page.content.decode()
    assert viewer.post(reverse("job_cancel", args=[job.id])).status_code == 403
    job.refresh_from_db()
    assert job.state == "queued"


def test_outputs_and_logs_are_downloads_and_a_foreign_one_does_not_exist(
    world, local_cluster, developer, signed_in, finish
):
    world.credit(1)
    job = finish(submitted(world, "echo hello; mkdir -p outputs; echo '<b>' > outputs/page.html"))
    output = job.runs.get().outputs.get()
    url = reverse("job_output", args=[job.id, output.id])

    response = developer.get(url)
    assert b"".join(response) == b"<b>\n"
    assert response["Content-Disposition"] == 'attachment; filename="page.html"'
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert b"".join(developer.get(reverse("job_log", args=[job.id]))) == b"hello\n"
    assert signed_in(world.other_firm).get(url).status_code == 404


def test_the_job_page_asks_as_much_for_many_samples_and_outputs_as_for_few(world, local_cluster, developer, finish):
    world.credit(1)
    one = finish(submitted(world, "mkdir -p outputs; echo > outputs/1"))
    many = finish(submitted(world, "mkdir -p outputs; for i in 1 2 3 4 5 6 7 8 9; do echo > outputs/$i; done"))
    counts = []
    for job in (one, many):
        with CaptureQueriesContext(connection) as asked:
            developer.get(reverse("job", args=[job.id]))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


# ── submitting ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_double_click_makes_one_job_and_other_content_another(world, local_cluster, developer):
    world.credit(1)
    filled = form(name="once")
    first = developer.post(reverse("job_new"), filled)
    second = developer.post(reverse("job_new"), filled)
    changed = developer.post(reverse("job_new"), {**filled, "command": "echo other"})

    assert first.status_code == second.status_code == changed.status_code == 302
    assert first["Location"] == second["Location"] != changed["Location"]
    assert (Job.objects.count(), Hold.objects.count()) == (2, 2)


def test_a_mistake_stands_beside_its_field_with_what_was_typed_and_nothing_is_written(world, local_cluster, developer):
    world.credit(1)
    response = developer.post(
        reverse("job_new"), form(command="python train.py", **{"resources.memory": "2GB", "resources.cpus": "many"})
    )

    body = response.content.decode()
    assert response.status_code == 422
    assert "“many” is not a number." in text_of(response)
    assert 'value="many"' in body
    assert 'value="2GB"' in body
    assert "python train.py" in body
    assert 'aria-invalid="true"' in body
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)

    response = developer.post(reverse("job_new"), form(**{"resources.memory": "2GB"}))
    assert "The unit “GB” is not known." in text_of(response)
    response = developer.post(reverse("job_new"), form(budget="0"))
    assert "A budget must be above 0." in text_of(response)
    response = developer.post(reverse("job_new"), form(command=""))
    assert "“command” is missing." in text_of(response)
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_without_money_a_job_is_refused_at_the_door_and_nothing_is_written(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(name="no money"))
    assert response.status_code == 422
    assert "The wallet has 0.00 CNY available, but 0.01 CNY is needed." in text_of(response)
    assert 'value="no money"' in response.content.decode()
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_the_quote_says_where_why_and_why_not_elsewhere_without_writing(
    world, local_cluster, planned_cluster, developer
):
    answer = developer.post(reverse("job_quote"), form(command="", time_limit="10m"))
    seen = text_of(answer)
    assert answer.status_code == 200
    assert "0.06 yuan" in seen  # 600 s x 1 CPU at 0.36 yuan an hour.
    assert "is the only one of 2 clusters that fits" in seen
    assert "Someday It is announced but not built: planning only." in seen
    assert "The wallet has too little" in seen
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_the_quote_says_why_no_cluster_fits(world, local_cluster, developer):
    seen = text_of(developer.post(reverse("job_quote"), form(**{"resources.cpus": "512"})))
    assert "No quote yet" in seen
    assert "CPUs; the job needs 512." in seen


def test_the_quote_works_by_a_button_without_scripts(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(do="quote", name="kept"))
    assert response.status_code == 200
    assert "Costs at most" in text_of(response)
    assert 'value="kept"' in response.content.decode()
    assert Job.objects.count() == 0


def test_files_survive_a_correction_and_reach_the_job(world, local_cluster, developer, finish):
    world.credit(1)
    script = SimpleUploadedFile("hello.py", b"print('from the file')")
    refused = developer.post(reverse("job_new"), {**form(command=""), "files": script})
    upload = Upload.objects.get()
    assert refused.status_code == 422
    assert f'name="input" value="{upload.id}" checked' in refused.content.decode()

    taken = developer.post(reverse("job_new"), {**form(command="python3 hello.py"), "input": str(upload.id)})

    job = finish(Job.objects.get())
    assert taken["Location"] == reverse("job", args=[job.id])
    assert "from the file" in text_of(developer.get(taken["Location"]))


def test_a_foreign_upload_is_not_taken_over(world, local_cluster, developer, signed_in):
    world.credit(1)
    theirs = services.store_upload(actor=world.stranger, name="theirs.py", chunks=[b"print(1)"])
    response = developer.post(reverse("job_new"), {**form(do="quote"), "input": str(theirs.id)})
    assert "theirs.py" not in text_of(response)
    developer.post(reverse("job_new"), {**form(), "input": str(theirs.id)})
    assert "inputs" not in Job.objects.get().spec


def test_a_hostile_archive_is_refused_with_the_reason(world, local_cluster, developer):
    import tarfile

    hostile = io.BytesIO()
    with tarfile.open(fileobj=hostile, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../../etc/passwd")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    response = developer.post(
        reverse("job_new"), {**form(), "archive": SimpleUploadedFile("a.tar.gz", hostile.getvalue())}
    )
    assert response.status_code == 422
    assert "This archive was refused" in text_of(response)
    assert (Job.objects.count(), Upload.objects.count()) == (0, 0)


def test_secrets_are_given_to_the_job_and_never_shown(world, local_cluster, developer, finish):
    world.credit(1)
    developer.post(
        reverse("job_new"), form(command="test $TOKEN = hunter2-secret && echo opened", secrets="TOKEN=hunter2-secret")
    )
    job = finish(Job.objects.get())
    page = developer.get(reverse("job", args=[job.id])).content.decode()
    assert "opened" in page
    assert "TOKEN" in page
    assert page.count("hunter2-secret") == page.count("test $TOKEN = hunter2-secret")
    again = developer.get(reverse("job_new"), {"from": str(job.id)})
    assert "Secrets are not kept for a new job. Enter them again: TOKEN." in text_of(again)


def test_the_editor_takes_yaml_and_names_the_field_that_was_probably_meant(world, local_cluster, developer):
    world.credit(1)
    wrong = {"as": "text", "do": "submit", "key": "k", "spec": "command: echo hi\nresources: {gpus: 1}\n"}
    refused = developer.post(reverse("job_new"), wrong)
    assert refused.status_code == 422
    assert "There is no field “gpus”. Did you mean “cards”?" in text_of(refused)
    assert "resources: {gpus: 1}" in refused.content.decode()

    right = {**wrong, "spec": "command: echo hi\ntime_limit: 60\n"}
    assert developer.post(reverse("job_new"), right).status_code == 302
    assert Job.objects.get().spec["command"] == "echo hi"


def test_the_form_shows_itself_as_yaml_that_says_the_same(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(do="text", command="echo 你好", **{"near.region": "changchun"}))
    body = response.content.decode()
    assert "command: echo 你好" in body
    assert "region: changchun" in body


def test_submitting_again_fills_the_form_and_what_it_cannot_say_opens_in_the_editor(world, local_cluster, developer):
    world.credit(1)
    plain = submitted(world, "echo plain", name="plain")
    special = submitted(world, "echo special", priority=2)

    filled = developer.get(reverse("job_new"), {"from": str(plain.id)}).content.decode()
    assert 'value="plain"' in filled
    assert "echo plain" in filled
    assert "priority: 2" in developer.get(reverse("job_new"), {"from": str(special.id)}).content.decode()


def test_a_viewer_may_not_submit(world, local_cluster, signed_in):
    viewer = signed_in(world.firm, Role.VIEWER)
    assert viewer.get(reverse("job_new")).status_code == 403
    assert viewer.post(reverse("job_new"), form()).status_code == 403
    assert Job.objects.count() == 0


# ── clusters ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_planned_clusters_are_labelled_and_never_counted_as_capacity(world, local_cluster, planned_cluster, developer):
    seen = text_of(developer.get(reverse("cluster_list")))
    assert "Announced, not built" in seen
    assert "Someday" in seen
    free = re.search(r"CPUs free now ([\d,]+) of ([\d,]+)", seen)
    assert free is not None
    assert int(free[2]) == local_cluster.pools.get().cpus_per_node
    assert "No job runs here, and none ever will" in text_of(developer.get(reverse("cluster", args=["someday"])))


def test_a_supplier_sets_a_price_and_nobody_else_can(world, local_cluster, developer, signed_in):
    pool = local_cluster.pools.get()
    url = reverse("cluster_price", args=["here"])
    price = {"pool": str(pool.id), "item": "cpu_hour", "micro_yuan": "0.5"}
    before = Price.objects.count()

    assert developer.post(url, price).status_code == 404
    assert signed_in(world.other_firm, Role.OWNER).post(url, price).status_code == 404
    refused = signed_in(world.supplier, Role.OWNER).post(url, {**price, "micro_yuan": "half"})
    assert refused.status_code == 422
    assert 'value="half"' in refused.content.decode()
    assert Price.objects.count() == before

    assert signed_in(world.supplier, Role.OWNER).post(url, price).status_code == 302
    assert Price.objects.get(pool=pool, valid_to=None).micro_yuan == 500_000


def test_a_supplier_drains_and_opens_its_cluster(world, local_cluster, signed_in):
    supplier = signed_in(world.supplier, Role.OWNER)
    supplier.post(reverse("cluster_state", args=["here"]), {"state": "draining", "reason": "new switches"})
    local_cluster.refresh_from_db()
    assert local_cluster.state == "draining"
    assert "Open it" in text_of(supplier.get(reverse("cluster", args=["here"])))


# ── the queue, the supplier, the dashboard ───────────────────────────────────────────────────────────────────────


def test_the_office_sees_who_waits_why_and_cancels(world, local_cluster, developer, signed_in):
    world.credit(1)
    job = submitted(world, name="in line")
    office = signed_in(world.office, Role.OWNER)

    seen = text_of(office.get(reverse("queue")))
    assert "in line" in seen
    assert "Placement has not looked at it yet." in seen
    assert developer.get(reverse("queue")).status_code == 403

    fragment = office.get(reverse("queue"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "in line" in fragment

    office.post(reverse("job_cancel", args=[job.id]), {"next": reverse("queue")})
    assert "Nobody waits" in text_of(office.get(reverse("queue")))


def test_the_queue_asks_as_much_for_many_jobs_as_for_one(world, local_cluster, signed_in):
    world.credit(1)
    office = signed_in(world.office, Role.OWNER)
    submitted(world)
    with CaptureQueriesContext(connection) as for_one:
        office.get(reverse("queue"))
    for _more in range(9):
        submitted(world)
    with CaptureQueriesContext(connection) as for_ten:
        office.get(reverse("queue"))
    assert len(for_ten) == len(for_one) <= 14


def test_a_supplier_sees_its_runs_and_earnings_but_not_whose_they_are(world, local_cluster, signed_in, finish):
    world.credit(1)
    job = finish(submitted(world, "exit 3", name="private name"))
    supplier = signed_in(world.supplier, Role.OWNER)

    for url in (reverse("supplier"), reverse("cluster_runs", args=["here"])):
        seen = text_of(supplier.get(url))
        assert str(job.runs.get().id)[-8:] in seen
        assert "The command ended with an error" in seen
        assert "private name" not in seen
        assert world.firm.name not in seen.replace(world.other_firm.name, "")
    assert "Owed to you 0.0" in text_of(supplier.get(reverse("supplier")))
    assert supplier.get(reverse("job", args=[job.id])).status_code == 404
    assert signed_in(world.firm).get(reverse("supplier")).status_code == 403


def test_the_dashboard_offers_the_first_step_then_shows_the_work(world, local_cluster, developer):
    world.credit(1)
    assert "Your first job" in text_of(developer.get(reverse("dashboard")))
    submitted(world, name="under way")
    seen = text_of(developer.get(reverse("dashboard")))
    assert "under way" in seen
    assert "0.99 yuan" in seen


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_page_has_a_script_or_a_style_of_its_own(world, local_cluster, planned_cluster, signed_in, finish):
    world.credit(1)
    job = finish(submitted(world, "sleep 1.2; mkdir -p outputs; echo 1 > outputs/x"))
    office, supplier, developer = (
        signed_in(world.office, Role.OWNER), signed_in(world.supplier, Role.OWNER), signed_in(world.firm),
    )  # fmt: skip
    pages = [
        developer.get(reverse("job", args=[job.id])), developer.get(reverse("job_new")),
        developer.get(reverse("job_list")), developer.get(reverse("dashboard")), developer.get(reverse("cluster_list")),
        supplier.get(reverse("cluster", args=["here"])), supplier.get(reverse("supplier")),
        supplier.get(reverse("dashboard")), office.get(reverse("queue")), office.get(reverse("dashboard")),
    ]  # fmt: skip
    for page in pages:
        body = page.content.decode()
        assert page.status_code == 200
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", body)
        assert re.findall(r"<script(?![^>]*\ssrc=)", body) == []


def test_the_raw_record_of_a_decision_is_json_with_every_term(world, local_cluster, developer, finish):
    world.credit(1)
    job = finish(submitted(world))
    page = developer.get(reverse("job", args=[job.id])).content.decode()
    raw = re.search(r"placement\.json.*?<code>(.*?)</code>", page, flags=re.S)[1]
    record = json.loads(raw.replace("&quot;", '"').replace("&#x27;", "'"))
    assert record["chosen"]["cluster"] == "here"
    assert {term["name"] for term in record["chosen"]["terms"]} == {"price", "start", "green"}
    assert Job.objects.get().budget_micro <= YUAN
