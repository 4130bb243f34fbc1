"""What must hold when two do it at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from qianhang.compute import services
from qianhang.compute.identity import WORKER, run_id_of
from qianhang.compute.models import Cluster, Job, Run, Transition
from qianhang.compute.ports import RunStatus
from qianhang.compute.rules.states import ENDED
from qianhang.core import ledger, metering
from qianhang.funding.errors import InsufficientFunds
from qianhang.funding.models import Hold, Receipt

from .conftest import command

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Runs the calls in threads that start together, each on its own connection; exceptions come back as results."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        gate.wait(10)
        try:
            return call()
        except Exception as problem:
            return problem
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def ended_at_cluster(cluster: Cluster) -> RunStatus:
    """Looks until the cluster's only run has ended there, without writing its end."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if ended := services.sync_runs(actor=WORKER, cluster_id=cluster.id).ended:
            return ended[0]
    raise AssertionError("the run did not end")


def test_two_submitters_on_the_last_money_get_one_job(world, local_cluster):
    world.credit(1)
    actor, dear = world.developer, command("true", time_limit="2h")  # 72 fen of 100.
    results = at_once(*[lambda: services.submit_job(actor=actor, spec=dear)] * 4)
    assert sorted(type(result).__name__ for result in results) == ["InsufficientFunds"] * 3 + ["Job"]
    assert all(isinstance(result, Job | InsufficientFunds) for result in results)
    assert (Job.objects.count(), Hold.objects.count(), Transition.objects.count()) == (1, 1, 1)
    assert ledger.balance(ledger.account_id(f"wallet:{world.firm.id}")).debits_pending == 720_000


def test_two_placers_on_the_last_cpu_place_one_job(world, local_cluster, pool):
    world.credit(10)
    whole = {"cpus": pool.cpus_per_node, "memory": 64}
    jobs = [services.submit_job(actor=world.developer, spec=command("true", resources=whole)) for _ in range(4)]
    results = at_once(*[lambda job=job: services.place_job(actor=WORKER, job_id=job.id) for job in jobs])
    assert sum(result is not None for result in results) == 1, results
    assert Run.objects.count() == 1


def test_two_placers_of_one_job_make_one_run(world, local_cluster):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("true"))
    results = at_once(*[lambda: services.place_job(actor=WORKER, job_id=job.id)] * 4)
    assert sorted(map(str, results)) == sorted(["None"] * 3 + [str(run_id_of(job.id, attempt=1))])


def test_two_starters_start_one_process(world, local_cluster, finish):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("echo once"))
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    results = at_once(*[lambda: services.start_run(actor=WORKER, run_id=run_id)] * 3)
    assert sorted(map(str, results)) == ["False", "False", "True"]
    assert finish(job).state == "succeeded"
    assert Run.objects.get(id=run_id).fence == 1


def test_cancelling_while_placing_leaves_the_job_in_one_right_state(world, local_cluster, finish):
    world.credit(10)
    actor = world.developer
    for _ in range(5):
        job = services.submit_job(actor=actor, spec=command("true"))
        results = at_once(
            lambda job=job: services.place_job(actor=WORKER, job_id=job.id),
            lambda job=job: services.cancel_job(actor=actor, job_id=job.id),
        )
        assert not [r for r in results if isinstance(r, Exception)]
        job.refresh_from_db()
        assert job.state == "cancelled"
        assert Hold.objects.get(reference=run_id_of(job.id, attempt=1)).state == "released"


def test_a_run_that_ends_while_it_is_cancelled_is_charged_once(world, local_cluster, finish):
    world.credit(10)
    actor = world.developer
    job = services.submit_job(actor=actor, spec=command("sleep 0.2"))
    run_id = services.place_job(actor=WORKER, job_id=job.id)
    assert services.start_run(actor=WORKER, run_id=run_id) is True
    seen = ended_at_cluster(local_cluster)

    def end() -> object:
        return services.finish_run(actor=WORKER, run_id=run_id, status=seen)

    results = at_once(
        end,
        end,
        lambda: services.cancel_job(actor=actor, job_id=job.id),
        lambda: services.cancel_run(actor=WORKER, run_id=run_id),
    )
    assert not [r for r in results if isinstance(r, Exception)], results
    assert results[:2].count(True) == 1
    job.refresh_from_db()
    assert job.state in ENDED
    assert Receipt.objects.filter(reference=run_id).count() == 1
    assert len(metering.usage_of(run_id)) == 1
    assert ledger.verify().ok
