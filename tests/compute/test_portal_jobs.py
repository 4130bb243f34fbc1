"""The job list and the job page, through Django's client and the real local cluster."""

import csv
import io
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.compute import services
from qianhang.core.access import Role
from qianhang.core.units.money import exact_yuan
from qianhang.funding import queries as funding

from .conftest import SYSTEM
from .pages import submitted, text_of

# ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── one job ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_job_page_explains_the_decision_and_adds_up(world, local_cluster, planned_cluster, developer, finish):
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
    assert 0 < receipt.lines_micro == receipt.total_micro < receipt.held_micro
    assert f"Total {exact_yuan(receipt.total_micro)}" in seen
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


def test_an_output_is_there_for_its_organisation_alone(world, local_cluster, developer, signed_in, finish):
    world.credit(1)
    job = finish(submitted(world, "mkdir -p outputs; echo model > outputs/model.bin"))
    page, file = reverse("job", args=[job.id]), reverse("job_output", args=[job.id, job.runs.get().outputs.get().id])
    office = signed_in(world.office, Role.OWNER)
    seen, own = office.get(page).content.decode(), developer.get(page).content.decode()
    assert ("outputs/model.bin" in own, "model.bin" in seen) == (True, False)
    assert (file in own, file in seen) == (True, False)
    assert (developer.get(file).status_code, office.get(file).status_code) == (200, 404)


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
