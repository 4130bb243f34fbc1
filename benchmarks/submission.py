"""How many jobs a second the API takes, and how long a job waits until it runs.

    .venv/bin/python benchmarks/submission.py [--jobs 2000] [--connections 8] [--web-workers 2] [--latency-jobs 60]

A real server process on a real, durable PostgreSQL; clients keep their connections, each sends one job at a time.
The second figure needs the worker and the local cluster: from the moment a job was taken to the moment its command
runs, beside the time that the same sandbox takes when it is started by hand. Prints each figure against its limit
(200 jobs/s; p50 300 ms) and exits with 1 when one is missed.
"""

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
import uuid
from pathlib import Path

from installation import cpu_seconds, give_up_root, installation

RATE_LIMIT, START_LIMIT_MS = 200.0, 300.0
REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    asked = _arguments()
    give_up_root()
    with installation() as here:
        key = _make_region()
        port = here.serve("--workers", str(asked.web_workers))
        before = cpu_seconds(here.data)
        rate, took = _submit_many(port, key, jobs=asked.jobs, connections=asked.connections)
        cpu_ms = {kind: (used - before[kind]) * 1000 / asked.jobs for kind, used in cpu_seconds(here.data).items()}
        _cancel_all()
        here.start("worker")
        by_hand = _start_by_hand(here.folder, asked.latency_jobs)
        waits = _latencies(port, key, asked.latency_jobs)
        with_worker, _took = _submit_many(port, key, jobs=asked.jobs // 2, connections=asked.connections)
    return _print(asked, rate=rate, took=took, cpu_ms=cpu_ms, with_worker=with_worker, waits=waits, by_hand=by_hand)


def _arguments() -> argparse.Namespace:
    from qianhang.appliance.webserver import default_workers

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=2000)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument(
        "--web-workers", type=int, default=default_workers(), help="processes that answer requests; as `up` starts them"
    )
    options.add_argument("--latency-jobs", type=int, default=60)
    return options.parse_args()


def _make_region() -> str:
    """A supplier with this machine as its cluster, a firm with money, and a key. Returns the key's secret."""
    import django

    django.setup()
    from datetime import timedelta

    from qianhang.compute import services
    from qianhang.compute.models import Region
    from qianhang.core.access import Actor, ActorKind, Role, permissions_of
    from qianhang.core.clock import now
    from qianhang.core.people.models import Membership, Organisation, User
    from qianhang.core.people.services.create_api_key import create_api_key
    from qianhang.funding.services import top_up_wallet

    system = Actor.system("benchmark")
    Region.objects.get_or_create(code="here", defaults={"name": "本地", "name_en": "Here"})
    supplier = Organisation.objects.create(kind="supplier", name="Supplier", state="active")
    firm = Organisation.objects.create(kind="enterprise", name="Firm", state="active")
    cluster = services.register_cluster(
        actor=system, organisation_id=supplier.id, slug="local", name="Local", region="here", connector="local"
    )
    services.set_price(actor=system, pool_id=cluster.pools.get().id, item="cpu_hour", micro_yuan=360_000)
    top_up_wallet(actor=system, organisation_id=firm.id, amount_micro=10**14, key="b", reason="benchmark")
    user = User.objects.create(email="developer@example.test", name="Developer")
    Membership.objects.create(user=user, organisation=firm, role=Role.DEVELOPER)
    person = Actor(
        kind=ActorKind.PERSON,
        user_id=user.id,
        organisation_id=firm.id,
        name=user.name,
        permissions=permissions_of(kind=firm.kind, role=Role.DEVELOPER),
        confirmed_at=now(),
    )
    made = create_api_key(
        actor=person,
        name="benchmark",
        scopes=["job.submit", "job.view"],
        expires_at=now() + timedelta(days=1),
    )
    return made.secret


class Client:
    """One kept connection, one request at a time."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def submit(self, command: str) -> dict[str, object]:
        spec = {"command": command, "time_limit": 60, "resources": {"cpus": 1, "memory": 64}}
        headers = self.headers | {"Idempotency-Key": uuid.uuid4().hex}
        self.connection.request("POST", "/api/v1/jobs", json.dumps(spec), headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"a job was not taken: {answer.status} {body.decode()[:500]}")
        return json.loads(body)


def _submit_many(port: int, key: str, *, jobs: int, connections: int) -> tuple[float, list[float]]:
    """Jobs per second, and each call's milliseconds."""
    took: list[float] = []
    each = jobs // connections

    def send() -> None:
        client = Client(port, key)
        for _ in range(each):
            began = time.perf_counter()
            client.submit("true")
            took.append((time.perf_counter() - began) * 1000)

    Client(port, key).submit("true")
    threads = [threading.Thread(target=send) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = each * connections / (time.perf_counter() - began)
    if len(took) != each * connections:
        raise SystemExit("some calls failed")
    return rate, took


def _cancel_all() -> None:
    """Empties the queue, so that the next measurement starts on an idle cluster."""
    from django.db import connection

    from qianhang.compute.models import Job
    from qianhang.compute.services import cancel_job
    from qianhang.core.access import Actor

    for job_id in Job.objects.waiting().values_list("id", flat=True):
        cancel_job(actor=Actor.system("benchmark"), job_id=job_id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def _latencies(port: int, key: str, count: int) -> list[float]:
    """Milliseconds from "taken" to "running" of jobs that come one at a time."""
    from qianhang.compute.models import Job, Run

    client, waits = Client(port, key), []
    time.sleep(3)
    for number in range(count + 1):
        job_id = client.submit("true")["id"]
        deadline = time.monotonic() + 30
        while (job := Job.objects.get(id=job_id)).state in {"queued", "placed", "starting", "running"}:
            if time.monotonic() > deadline:
                raise SystemExit(f"a job did not run: it is {job.state} ({job.reason_code} {job.reason})")
            time.sleep(0.02)
        started = Run.objects.get(job=job).started_at
        if job.state != "succeeded" or started is None:
            raise SystemExit(f"a job ended as {job.state}: {job.reason_code} {job.reason}")
        if number:
            waits.append((started - job.submitted_at).total_seconds() * 1000)
    return waits


def _start_by_hand(folder: Path, count: int) -> list[float]:
    """Milliseconds until the same command runs in the same sandbox with nothing around it."""
    from qianhang.compute.connectors.local.connector import LocalConnector
    from qianhang.compute.ports import RunRequest
    from qianhang.core.clock import now

    root = folder / "by-hand"
    root.mkdir(mode=0o700)
    connector, took = LocalConnector(root, may_run_bare=True), []
    for number in range(count + 1):
        run_id = uuid.uuid4()
        began = now()
        connector.submit(
            RunRequest(
                run_id=run_id,
                fence=1,
                command=("sh", "-c", "true"),
                env={},
                cards=0,
                cpus=1,
                memory_mib=64,
                time_limit_s=60,
            )
        )
        while (status := connector.status([run_id])[run_id]).ended_at is None:
            time.sleep(0.02)
        if status.started_at is None:
            raise SystemExit(f"the sandbox did not start: {status.reason_code} {status.reason}")
        if number:
            took.append((status.started_at - began).total_seconds() * 1000)
    return took


def _print(
    asked: argparse.Namespace,
    *,
    rate: float,
    took: list[float],
    cpu_ms: dict[str, float],
    with_worker: float,
    waits: list[float],
    by_hand: list[float],
) -> int:
    p50, p99 = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
    hand = statistics.median(by_hand)
    print(f"{'':52}{'measured':>12}{'limit':>10}{'ratio':>8}")
    name = f"jobs taken, {asked.connections} connections, {asked.web_workers} web processes"
    print(f"{name:52}{rate:>10.0f}/s{RATE_LIMIT:>8.0f}/s{rate / RATE_LIMIT:>8.2f}")
    print(
        f"{'  one call, p50 / p99':52}{statistics.median(took):>6.0f} / {statistics.quantiles(took, n=100)[98]:.0f} ms"
    )
    for kind, used in cpu_ms.items():
        print(f"{'  CPU time of one call, ' + kind:52}{used:>9.1f} ms")
    print(f"{'jobs taken while the worker places and runs them':52}{with_worker:>10.0f}/s")
    print(f"{'taken to running, p50':52}{p50:>9.0f} ms{START_LIMIT_MS:>7.0f} ms{p50 / START_LIMIT_MS:>8.2f}")
    print(f"{'taken to running, p99':52}{p99:>9.0f} ms")
    print(f"{'the same sandbox by hand, p50':52}{hand:>9.0f} ms")
    print(f"{'what everything around it adds, p50':52}{p50 - hand:>9.0f} ms")
    return int(rate < RATE_LIMIT or p50 > START_LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
