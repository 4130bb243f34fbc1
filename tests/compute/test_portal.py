"""Clusters, the queue, the supplier's view, the dashboard, and what holds for every page."""

import json
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.compute.models import Job, Price
from qianhang.core.access import Role

from .conftest import YUAN
from .pages import submitted, text_of

# ── clusters ────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── the queue, the supplier, the dashboard ──────────────────────────────────────────────────────────────────────


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


# ── all of them ─────────────────────────────────────────────────────────────────────────────────────────────────


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
