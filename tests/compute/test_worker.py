"""The worker as a process of its own: it does everything without being asked, and may die at any time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from qianhang.compute import queries, services
from qianhang.compute.identity import run_id_of
from qianhang.compute.models import Job, Run, Transition
from qianhang.compute.rules.states import ENDED
from qianhang.core import ledger
from qianhang.funding.models import Receipt

from .conftest import command

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow(seconds=30)]


@contextmanager
def worker(runs_dir: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"QIANHANG_RUNS_DIR": str(runs_dir)}
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "qianhang", "worker"], env=environment, stdout=stream, stderr=stream
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def wait_until(true: Callable[[], bool], log: Path, *, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(log.read_text("utf-8")[-3000:])
        time.sleep(0.05)


def ended(*jobs: Job) -> Callable[[], bool]:
    ids = [job.id for job in jobs]
    return lambda: Job.objects.filter(id__in=ids, state__in=ENDED).count() == len(ids)


def test_the_worker_runs_what_is_submitted_cancels_what_is_cancelled_and_stops_when_asked(
    world, local_cluster, runs_dir, tmp_path
):
    world.credit(10)
    log = tmp_path / "worker.log"
    with worker(runs_dir, log) as process:
        jobs = [services.submit_job(actor=world.developer, spec=command(f"echo {n}")) for n in range(5)]
        wait_until(ended(*jobs), log)
        assert [Job.objects.get(id=job.id).state for job in jobs] == ["succeeded"] * 5
        assert [queries.read_log(actor=world.developer, job_id=job.id).text for job in jobs] == [
            f"{n}\n" for n in range(5)
        ]

        long = services.submit_job(actor=world.developer, spec=command("sleep 55"))
        wait_until(lambda: Job.objects.get(id=long.id).state == "running", log)
        services.cancel_job(actor=world.developer, job_id=long.id)
        wait_until(ended(long), log, within_s=20)
        assert Job.objects.get(id=long.id).state == "cancelled"

        wait_until(lambda: not Run.objects.filter(forgotten_at=None).exists(), log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert ledger.verify().ok


def test_a_worker_that_is_killed_leaves_nothing_undone(world, local_cluster, runs_dir, tmp_path):
    world.credit(10)
    log = tmp_path / "worker.log"
    with worker(runs_dir, log):
        jobs = [services.submit_job(actor=world.developer, spec=command("sleep 2; echo done")) for _ in range(3)]
        wait_until(lambda: Transition.objects.filter(after="running").exists(), log)
    # Killed with -9: the sandbox goes on without it. What waits is taken by the next worker.
    with worker(runs_dir, log):
        jobs.append(services.submit_job(actor=world.developer, spec=command("echo late")))
        wait_until(ended(*jobs), log, within_s=90)
    assert [Job.objects.get(id=job.id).state for job in jobs] == ["succeeded"] * 4
    assert Receipt.objects.count() == 4
    assert {Receipt.objects.filter(reference=run_id_of(job.id, attempt=1)).count() for job in jobs} == {1}
    assert ledger.verify().ok


def test_the_worker_survives_the_loss_of_its_database_connections(
    world, local_cluster, runs_dir, tmp_path, admin_connection
):
    world.credit(10)
    log = tmp_path / "worker.log"
    with worker(runs_dir, log) as process:
        first = services.submit_job(actor=world.developer, spec=command("sleep 1"))
        wait_until(lambda: Transition.objects.filter(after="running").exists(), log)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            own = cursor.fetchone()[0]
        admin_connection.autocommit = True
        cut = admin_connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE usename = 'qianhang_app' AND datname = current_database() AND pid <> %s",
            [own],
        ).fetchone()
        assert cut is not None
        assert cut[0] >= 2
        second = services.submit_job(actor=world.developer, spec=command("true"))
        wait_until(ended(first, second), log)
        assert process.poll() is None
    assert {Job.objects.get(id=job.id).state for job in (first, second)} == {"succeeded"}
