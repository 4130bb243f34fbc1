"""What happens to jobs that were taken: waiting, running, ending, being cancelled, being lost."""

import sys
from datetime import timedelta

import pytest

from qianhang.compute import objects, queries, services
from qianhang.compute.connectors import registry
from qianhang.compute.identity import WORKER, run_id_of
from qianhang.compute.models import Job, Run, Transition, UseSample
from qianhang.compute.ports import ConnectorUnavailable, RunStatus
from qianhang.compute.rules.states import State
from qianhang.core import ledger, metering
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, NotFound
from qianhang.core.units.money import up_to_fen
from qianhang.funding import queries as funding
from qianhang.funding.models import Receipt

from .conftest import SYSTEM, YUAN, command
from .connectors.waiting import wait_for_end

pytestmark = pytest.mark.django_db(transaction=True)


def submit(world, text: str, **more) -> Job:
    return services.submit_job(actor=world.developer, spec=command(text, **more))


def walked(job: Job) -> list[str]:
    return [t.after for t in Transition.objects.filter(job=job)]


def hold_state(job: Job, attempt: int = 1) -> str:
    return funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=attempt)).state


def test_log_outputs_samples_and_explanation_come_home(world, local_cluster, finish):
    world.credit(10)
    job = finish(
        submit(world, "echo 你好; printf '\\033[31mred\\033[0m\\n'; mkdir -p outputs/a; echo 42 > outputs/a/x.txt")
    )
    detail = queries.job_detail(actor=world.developer, job_id=job.id)
    run = detail.last_run
    assert (detail.job.state, run.exit_code, run.cluster, run.receipt.total_micro) == (
        "succeeded",
        0,
        "here",
        run.receipt.wallet_micro,
    )
    assert "Here" in run.placement.sentence
    assert run.isolation in {"L1", "L2"}
    log = queries.read_log(actor=world.developer, job_id=job.id)
    assert (log.text, log.complete) == ("你好\nred\n", True)
    outputs = queries.outputs_of(actor=world.developer, job_id=job.id)
    assert [(o.path, o.bytes) for o in outputs] == [("outputs/a/x.txt", 3)]
    with queries.open_output(actor=world.developer, job_id=job.id, output_id=outputs[0].id).file as file:
        assert file.read() == b"42\n"


def test_what_failed_says_why_and_pays_what_it_used(world, local_cluster, finish):
    world.credit(10)
    job = finish(submit(world, "echo oops >&2; exit 3"))
    run = Run.objects.get(job=job)
    assert (job.state, job.reason_code, run.exit_code) == ("failed", "exit_nonzero", 3)
    assert hold_state(job) == "settled"


def test_secrets_reach_the_job_and_nobody_else(world, local_cluster, finish):
    world.credit(10)
    job = finish(
        submit(world, 'test "$TOKEN" = hunter2 && test "$A" = 1', secrets={"TOKEN": "hunter2"}, env={"A": "1"})
    )
    assert job.state == "succeeded"


def test_inputs_and_source_are_in_the_working_directory(world, local_cluster, finish, tmp_path):
    import tarfile

    archive = tmp_path / "source.tar.gz"
    (tmp_path / "main.sh").write_text("cat data/x.csv\n")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "main.sh", "main.sh")
    world.credit(10)
    source = services.store_upload(actor=world.developer, name="source.tar.gz", chunks=[archive.read_bytes()])
    data = services.store_upload(actor=world.developer, name="x.csv", chunks=[b"1,2\n"])
    inputs = [{"upload": str(data.id), "path": "data/x.csv"}]
    job = finish(submit(world, "sh main.sh", source={"upload": str(source.id)}, inputs=inputs))
    assert (job.state, queries.read_log(actor=world.developer, job_id=job.id).text) == ("succeeded", "1,2\n")


def test_a_run_that_was_over_before_anyone_looked_is_still_shown_running_from_when_it_started(
    world, local_cluster, monkeypatch
):
    world.credit(10)
    job = submit(world, "true")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    connector = registry.connector_for(local_cluster)

    def silent(self, run_ids):
        raise ConnectorUnavailable("down")

    with monkeypatch.context() as unseen:
        unseen.setattr(type(connector), "status", silent)
        assert services.start_run(actor=WORKER, run_id=run_id) is True
    status = wait_for_end(connector, run_id)
    assert walked(job) == ["queued", "placed", "starting"]

    assert services.finish_run(actor=WORKER, run_id=run_id, status=status) is True

    assert walked(job) == ["queued", "placed", "starting", "running", "succeeded"]
    running = Transition.objects.get(job=job, after="running")
    job.refresh_from_db()
    assert running.at == job.started_at == Run.objects.get(id=run_id).started_at == status.started_at
    assert running.run_id == run_id


def test_ending_a_run_twice_charges_once(world, local_cluster, finish):
    world.credit(10)
    job = finish(submit(world, "true"))
    run = Run.objects.get(job=job)
    before = (
        walked(job),
        run.elapsed_ms,
        Receipt.objects.count(),
        ledger.balance(ledger.account_id(f"wallet:{world.firm.id}")),
    )
    status = RunStatus(run_id=run.id, state=State.FAILED, exit_code=9)
    assert services.finish_run(actor=WORKER, run_id=run.id, status=status) is False
    run.refresh_from_db()
    assert (
        walked(job),
        run.elapsed_ms,
        Receipt.objects.count(),
        ledger.balance(ledger.account_id(f"wallet:{world.firm.id}")),
    ) == before
    assert len(metering.usage_of(run.id)) == 1


def test_a_waiting_job_is_cancelled_at_once_and_its_money_is_free(world, local_cluster):
    world.credit(10)
    job = submit(world, "true")
    cancelled = services.cancel_job(actor=world.developer, job_id=job.id, reason="typo")
    assert (cancelled.state, hold_state(job), walked(job)) == ("cancelled", "released", ["queued", "cancelled"])
    assert services.place_job(actor=WORKER, job_id=job.id) is None
    assert services.cancel_job(actor=world.developer, job_id=job.id).state == "cancelled"
    assert walked(job) == ["queued", "cancelled"]


def test_a_placed_job_that_is_cancelled_never_starts(world, local_cluster):
    world.credit(10)
    job = submit(world, "true")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    services.cancel_job(actor=world.developer, job_id=job.id)
    assert services.start_run(actor=WORKER, run_id=run_id) is False
    job.refresh_from_db()
    assert (job.state, hold_state(job)) == ("cancelled", "released")


def test_a_running_job_is_stopped_and_pays_what_it_used(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "sleep 50")
    finish(job, until=lambda j: j.state == "running")
    services.cancel_job(actor=world.developer, job_id=job.id)
    again = services.cancel_job(actor=world.developer, job_id=job.id)
    assert (again.state, again.cancel_requested_at is not None) == ("running", True)
    assert services.cancel_run(actor=WORKER, run_id=run_id_of(job.id, attempt=1)) is True
    job = finish(job)
    run = Run.objects.get(job=job)
    assert (job.state, hold_state(job)) == ("cancelled", "settled")
    assert 0 < run.elapsed_ms < 50_000
    assert services.cancel_run(actor=WORKER, run_id=run.id) is False


def test_a_run_cancelled_between_claim_and_hand_over_ends_as_cancelled(world, local_cluster, monkeypatch, finish):
    world.credit(10)
    job = submit(world, "true")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    connector = registry.connector_for(local_cluster)
    submit_really = connector.submit

    def cancel_first(request):
        services.cancel_job(actor=world.developer, job_id=job.id)
        services.cancel_run(actor=WORKER, run_id=run_id)
        return submit_really(request)

    monkeypatch.setattr(type(connector), "submit", lambda self, request: cancel_first(request))
    assert services.start_run(actor=WORKER, run_id=run_id) is False
    job.refresh_from_db()
    assert (job.state, hold_state(job)) == ("cancelled", "released")


def test_a_stranger_cannot_see_or_cancel_a_job_and_a_viewer_cannot_cancel(world, local_cluster):
    world.credit(10)
    job = submit(world, "true")
    with pytest.raises(NotFound):
        services.cancel_job(actor=world.stranger, job_id=job.id)
    with pytest.raises(NotFound):
        queries.job_detail(actor=world.stranger, job_id=job.id)
    with pytest.raises(Forbidden):
        services.cancel_job(actor=world.viewer, job_id=job.id)
    assert services.cancel_job(actor=world.official, job_id=job.id).state == "cancelled"


def test_a_job_waits_while_there_is_no_room_and_younger_ones_do_not_overtake(world, local_cluster, pool, finish):
    world.credit(100)
    cpus = pool.cpus_per_node
    running = submit(world, "sleep 50")
    finish(running, until=lambda j: j.state == "running")
    big = submit(world, "true", resources={"cpus": cpus, "memory": 64})
    small = submit(world, "true", resources={"cpus": 1, "memory": 64})
    assert services.place_job(actor=WORKER, job_id=big.id) is None
    assert services.place_job(actor=WORKER, job_id=small.id) is None
    big.refresh_from_db()
    assert (big.state, big.waiting_for_id, big.reason_code) == ("queued", pool.id, "waiting_for_cluster")
    services.cancel_job(actor=world.developer, job_id=running.id)
    services.cancel_run(actor=WORKER, run_id=run_id_of(running.id, attempt=1))
    assert finish(big).state == "succeeded"
    assert finish(small).state == "succeeded"
    assert Run.objects.get(job=big).placed_at < Run.objects.get(job=small).placed_at


def test_priority_goes_first_among_the_waiting(world, local_cluster, finish):
    world.credit(100)
    first, urgent = submit(world, "true"), submit(world, "true", priority=5)
    assert list(Job.objects.waiting().order_by("queue_at").values_list("id", flat=True)) == [urgent.id, first.id]


def test_a_run_that_vanished_is_lost_charged_for_what_is_known_and_tried_again(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "sleep 0.5; echo done")
    lost = services.place_job(actor=WORKER, job_id=job.id)
    assert services.start_run(actor=WORKER, run_id=lost) is True
    # Its cluster may have ended it meanwhile; what counts is the first report that is written.
    vanished = RunStatus(run_id=lost, state=State.LOST, started_at=now())
    assert services.finish_run(actor=WORKER, run_id=lost, status=vanished) is True
    job.refresh_from_db()
    assert (job.state, job.retries_left) == ("requeued", 0)
    assert (hold_state(job), hold_state(job, 2)) == ("settled", "held")
    job = finish(job)
    assert job.state == "succeeded"
    assert [(r.attempt, r.state) for r in job.runs.order_by("attempt")] == [(1, "lost"), (2, "succeeded")]
    assert walked(job)[3:7] == ["running", "lost", "requeued", "placed"]
    assert ledger.verify().ok


def test_a_run_is_charged_though_the_clock_was_set_back_while_it_ran(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "sleep 50", retries=0)
    lost = run_id_of(job.id, attempt=1)
    connector = registry.connector_for(local_cluster)
    finish(job, until=lambda j: j.state == "running" and connector.usage(lost).elapsed_ms >= 100)
    ahead = now() + timedelta(hours=1)
    Run.objects.filter(id=lost).update(started_at=ahead)
    services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    (record,) = metering.usage_of(lost)
    assert (record.started_at, record.ended_at) == (ahead, ahead)
    assert (Run.objects.get(id=lost).state, hold_state(job)) == ("lost", "settled")


def test_a_lost_job_without_retries_stays_lost(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "sleep 5", retries=0)
    finish(job, until=lambda j: j.state == "running")
    lost = run_id_of(job.id, attempt=1)
    services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    job.refresh_from_db()
    assert (job.state, job.ended_at is not None, hold_state(job)) == ("lost", True, "settled")


def test_when_the_money_for_another_attempt_is_gone_the_job_fails_and_says_so(world, local_cluster, pool, finish):
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=360 * YUAN)
    world.credit(6)  # Exactly one attempt: 60 s at 0.1 yuan a second.
    job = submit(world, "sleep 50", retries=3)
    lost = run_id_of(job.id, attempt=1)
    connector = registry.connector_for(local_cluster)
    finish(job, until=lambda j: j.state == "running" and connector.usage(lost).elapsed_ms >= 100)
    services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    job.refresh_from_db()
    assert funding.receipt_of(actor=SYSTEM, reference=lost).total_micro > 0
    assert (job.state, job.reason_code) == ("failed", "insufficient_funds")
    assert walked(job)[-3:] == ["lost", "requeued", "failed"]
    assert funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=2)) is None
    assert ledger.verify().ok


def test_a_job_whose_budget_an_earlier_attempt_has_used_up_fails_and_says_so(world, local_cluster, pool, finish):
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=360 * YUAN)
    world.credit(100)
    job = submit(world, "sleep 50", retries=3, budget="6")  # 60 s at 0.1 yuan a second.
    lost = run_id_of(job.id, attempt=1)
    connector = registry.connector_for(local_cluster)
    finish(job, until=lambda j: j.state == "running" and connector.usage(lost).elapsed_ms >= 200)
    services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.retries_left) == ("failed", "budget_spent", 2)
    assert funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=2)) is None


def test_a_later_attempt_holds_no_more_than_the_budget_has_left(world, local_cluster, pool, finish):
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=360 * YUAN)
    world.credit(100)
    job = submit(world, "sleep 50", retries=3, budget="10")
    lost = run_id_of(job.id, attempt=1)
    Job.objects.filter(id=job.id).update(budget_micro=10 * YUAN)  # As if a dearer cluster fitted the budget too.
    connector = registry.connector_for(local_cluster)
    finish(job, until=lambda j: j.state == "running" and connector.usage(lost).elapsed_ms >= 200)
    services.finish_run(actor=WORKER, run_id=lost, status=RunStatus(run_id=lost, state=State.LOST))
    job.refresh_from_db()
    spent = funding.receipt_of(actor=SYSTEM, reference=lost).total_micro
    assert spent > 0
    assert job.budget_micro == 10 * YUAN - up_to_fen(spent)
    assert funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=2)).amount_micro == job.budget_micro


def test_the_worker_may_die_anywhere_between_placing_and_handing_over(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "echo once")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    assert services.stalled_runs(actor=WORKER) == []
    Run.objects.filter(id=run_id).update(lease_until=now() - timedelta(seconds=1), fence=1)
    assert services.stalled_runs(actor=WORKER) == [run_id]
    assert services.start_run(actor=WORKER, run_id=run_id) is True
    assert services.start_run(actor=WORKER, run_id=run_id) is False
    job = finish(job)
    assert Run.objects.get(id=run_id).fence == 2
    assert queries.read_log(actor=world.developer, job_id=job.id).text == "once\n"


def test_a_lease_from_before_the_clock_went_back_holds_nobody_up(world, local_cluster):
    world.credit(10)
    job = submit(world, "true")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    Run.objects.filter(id=run_id).update(lease_until=now() + timedelta(days=1), fence=1)
    assert services.stalled_runs(actor=WORKER) == [run_id]
    assert services.start_run(actor=WORKER, run_id=run_id) is True


def test_a_starter_with_an_older_fence_writes_nothing(world, local_cluster):
    from qianhang.compute.services.start_run import _claim, _keep_handle

    world.credit(10)
    run_id = services.place_job(actor=WORKER, job_id=submit(world, "true").id)
    stale = _claim(WORKER, run_id)
    Run.objects.filter(id=run_id).update(lease_until=now() - timedelta(seconds=1))
    fresh = _claim(WORKER, run_id)
    assert (stale.run.fence, fresh.run.fence) == (1, 2)
    assert _keep_handle(stale.run, "stale") is False
    assert _keep_handle(fresh.run, "fresh") is True
    assert Run.objects.get(id=run_id).handle == "fresh"


def test_a_starter_that_was_away_too_long_leaves_the_run_to_its_new_holder(world, local_cluster, monkeypatch, finish):
    world.credit(10)
    job = submit(world, "echo once")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    connector = registry.connector_for(local_cluster)
    submit_really, away = connector.submit, []

    def overtaken(self, request):
        if not away:
            away.append(True)
            Run.objects.filter(id=run_id).update(lease_until=now() - timedelta(seconds=1))
            assert services.start_run(actor=WORKER, run_id=run_id) is True
        return submit_really(request)

    monkeypatch.setattr(type(connector), "submit", overtaken)
    assert services.start_run(actor=WORKER, run_id=run_id) is False
    job = finish(job)
    assert (job.state, Run.objects.get(id=run_id).fence) == ("succeeded", 2)
    assert queries.read_log(actor=world.developer, job_id=job.id).text == "once\n"


def test_a_cluster_that_refuses_for_good_fails_the_job_and_costs_nothing(world, local_cluster):
    world.credit(10)
    upload = services.store_upload(actor=world.developer, name="x.csv", chunks=[b"1"])
    job = submit(world, "true", inputs=[{"upload": str(upload.id), "path": "x"}])
    objects.path_of(upload.stored_as).unlink()
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    assert services.start_run(actor=WORKER, run_id=run_id) is False
    job.refresh_from_db()
    assert (job.state, job.reason_code, hold_state(job)) == ("failed", "source_missing", "released")
    assert Receipt.objects.count() == 0


def test_a_silent_cluster_keeps_the_run_in_its_place_until_it_answers(world, local_cluster, monkeypatch, finish):
    from qianhang.compute.ports import RunNotStarted

    world.credit(10)
    job = submit(world, "true")
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    connector = type(registry.connector_for(local_cluster))

    def silent(self, *args, **kwargs):
        raise ConnectorUnavailable("down")

    with monkeypatch.context() as broken:
        broken.setattr(connector, "submit", silent)
        with pytest.raises(RunNotStarted):
            services.start_run(actor=WORKER, run_id=run_id)
    assert services.stalled_runs(actor=WORKER) == [run_id]
    assert services.start_run(actor=WORKER, run_id=run_id) is True
    with monkeypatch.context() as broken:
        broken.setattr(connector, "status", silent)
        assert services.sync_runs(actor=WORKER, cluster_id=local_cluster.id).ended == []
    assert finish(job).state == "succeeded"


def test_a_cluster_silent_for_ten_minutes_loses_its_runs_and_one_that_answers_in_between_does_not(
    world, local_cluster, monkeypatch
):
    world.credit(10)
    job = submit(world, "sleep 50", retries=0)
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    assert services.start_run(actor=WORKER, run_id=run_id) is True
    passed, connector = [0.0], type(registry.connector_for(local_cluster))
    monkeypatch.setattr(sys.modules["qianhang.compute.services.sync_runs"], "monotonic", lambda: passed[0])

    def silent(self, run_ids):
        raise ConnectorUnavailable("no route to the cluster")

    def look_at(minute: float, *, answers: bool = False) -> list[RunStatus]:
        passed[0] = minute * 60
        with monkeypatch.context() as quiet:
            if not answers:
                quiet.setattr(connector, "status", silent)
            return list(services.sync_runs(actor=WORKER, cluster_id=local_cluster.id).ended)

    assert look_at(0) == look_at(9.9) == []
    assert look_at(10, answers=True) == []
    assert look_at(11) == look_at(20.9) == []
    (given_up,) = look_at(21)
    assert (given_up.run_id, given_up.state, given_up.reason_code) == (run_id, State.LOST, "cluster_silent")
    assert given_up.reason == "no route to the cluster"
    assert services.finish_run(actor=WORKER, run_id=run_id, status=given_up) is True
    job.refresh_from_db()
    assert (job.state, job.reason_code, hold_state(job)) == ("lost", "cluster_silent", "settled")


def test_what_ended_is_forgotten_at_its_cluster_once(world, local_cluster, finish, runs_dir):
    world.credit(10)
    job = finish(submit(world, "echo kept"))
    assert services.forget_runs(actor=WORKER) == 1
    assert services.forget_runs(actor=WORKER) == 0
    assert queries.read_log(actor=world.developer, job_id=job.id).text == "kept\n"


def test_use_is_sampled_while_a_job_runs(world, local_cluster, finish):
    world.credit(10)
    job = submit(world, "python3 -c 'while True: pass'")
    finish(job, until=lambda j: UseSample.objects.filter(run__job=j, cpu_ms__gt=0).exists())
    assert queries.samples_of(actor=world.developer, job_id=job.id)[-1].cpu_ms > 0
    services.cancel_job(actor=world.developer, job_id=job.id)
    services.cancel_run(actor=WORKER, run_id=run_id_of(job.id, attempt=1))
    finish(job)
