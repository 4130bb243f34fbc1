"""Taking a job, or refusing it without a trace."""

import json

import pytest

from qianhang.compute import services
from qianhang.compute.errors import NoClusterFits
from qianhang.compute.explanations import JobSpecRefused
from qianhang.compute.identity import run_id_of
from qianhang.compute.models import Job, Transition, Upload
from qianhang.core import ledger
from qianhang.core.access import Actor
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Forbidden, Unauthenticated
from qianhang.core.events.models import OutboxEvent
from qianhang.funding import queries as funding
from qianhang.funding.errors import InsufficientFunds
from qianhang.funding.models import Hold

from .conftest import SYSTEM, YUAN, command

pytestmark = pytest.mark.django_db(transaction=True)


def traces() -> tuple[int, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        tasks = cursor.fetchone()[0]
    counted = (
        Job,
        Transition,
        Hold,
        AuditEntry.objects.filter(action__startswith="job."),
        OutboxEvent.objects.filter(name="job.submitted"),
    )
    return (*((c if hasattr(c, "count") else c.objects).count() for c in counted), tasks)


def test_a_job_is_taken_with_its_hold_its_audit_entry_its_news_and_its_task(world, local_cluster):
    world.credit(1)
    job = services.submit_job(actor=world.developer, spec=command("true", name="first"))
    hold = funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=1))
    assert (hold.state, hold.amount_micro, hold.wallet_micro) == ("held", 10_000, 10_000)
    assert (job.state, job.organisation_id, job.submitted_by_id) == ("queued", world.firm.id, world.developer.user_id)
    assert (job.cpus, job.memory_mib, job.time_limit_s, job.retries_left) == (1, 256, 60, 1)
    entry = AuditEntry.objects.get(action="job.submitted")
    assert (entry.subject_id, entry.actor_name) == (str(job.id), world.developer.name)
    assert traces() == (1, 1, 1, 1, 1, 1)


def refused(world, spec, error, *, actor=None):
    before = traces()
    with pytest.raises(error) as refusal:
        services.submit_job(actor=actor or world.developer, spec=spec)
    assert traces() == before
    return refusal.value


def test_without_money_a_job_is_refused_and_nothing_is_written(world, local_cluster):
    assert refused(world, command("true"), InsufficientFunds).facts["required_micro"] == 10_000


def test_money_that_another_job_holds_is_not_there_twice(world, local_cluster):
    world.credit(1)
    dear = command("true", time_limit="2h")  # 72 fen.
    services.submit_job(actor=world.developer, spec=dear)
    refused(world, dear, InsufficientFunds)


def test_a_bad_spec_is_refused_with_a_path_and_a_sentence(world, local_cluster):
    refusal = refused(world, command("true", resource={"gpus": 1}), JobSpecRefused)
    assert refusal.status == 422
    problem = refusal.problems[0]
    assert (problem.path, problem.code) == ("resource", "unknown_field")
    assert "resources" in problem.message


def test_a_job_that_fits_nowhere_is_refused_with_every_clusters_reasons(world, local_cluster):
    refusal = refused(world, {"command": "x", "resources": {"cpus": 4096, "cards": 1}}, NoClusterFits)
    assert [(p.path, p.code) for p in refusal.problems] == [("here", "no_cards")]
    assert "4096" in refusal.problems[0].message


def test_a_budget_below_the_price_is_refused(world, local_cluster):
    world.credit(1)
    refusal = refused(world, command("true", time_limit="2h", budget=0.71), NoClusterFits)
    assert refusal.problems[0].code == "over_budget"
    assert services.submit_job(actor=world.developer, spec=command("true", time_limit="2h", budget=0.72))


def test_only_members_who_may_submit_can(world, local_cluster):
    refused(world, command("true"), Forbidden, actor=world.viewer)
    refused(world, command("true"), Unauthenticated, actor=Actor.anonymous())


def test_another_organisations_upload_is_not_found(world, local_cluster):
    world.credit(1)
    theirs = services.store_upload(actor=world.stranger, name="x.csv", chunks=[b"a,b\n"])
    refusal = refused(world, command("cat x", inputs=[{"upload": str(theirs.id), "path": "x"}]), JobSpecRefused)
    assert [(p.path, p.code) for p in refusal.problems] == [("inputs.0.upload", "input_not_found")]


def test_a_source_that_is_no_archive_is_refused(world, local_cluster):
    text = services.store_upload(actor=world.developer, name="train.py", chunks=[b"print(1)\n"])
    refusal = refused(world, command("x", source={"upload": str(text.id)}), JobSpecRefused)
    assert [(p.path, p.code) for p in refusal.problems] == [("source.upload", "not_an_archive")]


def test_an_unknown_region_is_refused_and_the_known_ones_are_named(world, local_cluster):
    refusal = refused(world, command("x", near="Atlantis"), JobSpecRefused)
    assert refusal.problems[0].path == "near.region"
    assert "changchun" in refusal.problems[0].message


def test_a_region_may_be_named_in_any_language(world, local_cluster):
    world.credit(1)
    job = services.submit_job(actor=world.developer, spec=command("x", near="长春", data_location="Changchun"))
    assert (job.spec["near"], job.spec["data_location"]) == ({"region": "changchun"}, ["changchun"])


def test_secrets_are_sealed_and_stay_out_of_everything_that_can_be_read(world, local_cluster):
    world.credit(1)
    job = services.submit_job(actor=world.developer, spec=command("x", secrets={"TOKEN": "hunter2-secret"}))
    job.refresh_from_db()
    assert job.spec["secret_names"] == ["TOKEN"]
    assert b"hunter2" not in bytes(job.sealed_secrets)
    everything = [
        job.spec,
        job.quote,
        *AuditEntry.objects.values_list("after", flat=True),
        *OutboxEvent.objects.values_list("payload", flat=True),
    ]
    assert "hunter2" not in json.dumps(everything)


def test_a_quote_says_where_why_and_for_how_much_and_writes_nothing(world, local_cluster):
    before = traces()
    quote = services.quote_job(actor=world.developer, spec=command("true", time_limit="2h"))
    assert (quote.cost_micro, quote.wallet_micro, quote.voucher_micro, quote.hold_micro) == (
        720_000,
        720_000,
        0,
        720_000,
    )
    assert (quote.placement.chosen.cluster, quote.starts_in_s) == ("here", 0)
    assert "Here" in quote.placement.sentence
    assert traces() == before


def test_the_price_that_was_quoted_is_the_price_that_is_paid(world, local_cluster, pool, finish):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("true"))
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=1000 * YUAN)
    job = finish(job)
    receipt = funding.receipt_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=1))
    assert receipt.lines[0].price_micro == 360_000
    assert ledger.verify().ok


def test_the_same_file_is_kept_once_per_organisation(world):
    first = services.store_upload(actor=world.developer, name="a/b.csv", chunks=[b"1", b"2"])
    again = services.store_upload(actor=world.developer, name="b.csv", chunks=[b"12"])
    assert (first.id, first.name, first.bytes, first.content_type) == (again.id, "b.csv", 2, "text/plain")
    assert Upload.objects.count() == 1
