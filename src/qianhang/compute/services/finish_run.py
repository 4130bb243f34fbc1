import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

from qianhang.core import events, metering
from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.units.quantities import CARD_MS, CPU_MS
from qianhang.funding.rules.rating import ChargeLine
from qianhang.funding.services import release_hold, settle_hold

from .. import objects
from ..connectors import registry
from ..models import Job, Output, Run
from ..ports import Capability, ClusterConnector, ConnectorUnavailable, RunStatus, RunUsage
from ..rules.states import ENDED, State
from ..rules.syncing import next_state
from ..transitions import move
from .requeue_job import requeue_job

log = logging.getLogger(__name__)

MAX_LOG_BYTES = 128 * 1024 * 1024
MAX_OUTPUTS = 5_000
NOTHING_USED = RunUsage(elapsed_ms=0, cpu_ms_used=0, peak_memory_mib=0)


@dataclass(frozen=True, slots=True)
class _Brought:
    """What was carried from the cluster into the store before the transaction."""

    log_name: str = ""
    log_bytes: int = 0
    log_truncated: bool = False
    outputs: Sequence[tuple[str, objects.Stored]] = ()


def finish_run(*, actor: Actor, run_id: uuid.UUID, status: RunStatus, started: bool = True) -> bool:
    """Ends a run: brings its log and outputs home, meters it, settles its hold, and requeues its job if it was lost.

    Files are carried first, under names that do not depend on when; then one transaction writes everything that
    counts. So it may be repeated, raced and interrupted anywhere: a run is charged once. `started` is False for a
    run that its cluster refused: nothing is charged and no receipt is written.

    Returns whether this call ended the run. Raises: ConnectorUnavailable (try again), OSError (the disk is full).
    """
    run = Run.objects.select_related("cluster").get(id=run_id)
    if run.state in ENDED:
        return False
    connector = registry.connector_for(run.cluster)
    brought, usage = _Brought(), NOTHING_USED
    if started:
        brought, usage = _bring_home(connector, run, lost=status.state is State.LOST)
    return _write(actor, run_id, status, brought=brought, usage=usage, started=started)


def _bring_home(connector: ClusterConnector, run: Run, *, lost: bool) -> tuple[_Brought, RunUsage]:
    """Log, outputs and usage. A lost run is sealed first, so that it can never start after all; what its cluster
    still knows of it is taken, and what it does not know is not charged."""
    try:
        if lost:
            connector.cancel(run.id, reason_code="lost")
        usage = connector.usage(run.id)
        return _collect(connector, run.id), usage
    except (ConnectorUnavailable, LookupError) as unknown:
        if not lost:
            raise
        log.warning("nothing left of a lost run", extra={"run": str(run.id), "why": str(unknown)})
        return _Brought(), NOTHING_USED


def _collect(connector: ClusterConnector, run_id: uuid.UUID) -> _Brought:
    log_name, log_bytes, truncated = "", 0, False
    if Capability.LOGS in connector.capabilities:
        reader = _LogReader(connector, run_id)
        path, log_bytes, _digest = objects.receive(reader.chunks(), limit=MAX_LOG_BYTES + 1)
        log_name, truncated = objects.log_name(run_id), reader.truncated
        objects.adopt(path, log_name)
    outputs = []
    if Capability.OUTPUTS in connector.capabilities:
        for found in list(connector.list_outputs(run_id))[:MAX_OUTPUTS]:
            outputs.append((found.path, _fetch(connector, run_id, found.path)))
    return _Brought(log_name, log_bytes, truncated, tuple(outputs))


def _fetch(connector: ClusterConnector, run_id: uuid.UUID, path: str) -> objects.Stored:
    file = objects.new_file()
    try:
        connector.fetch_output(run_id, path, file)
        size, digest = objects.describe(file)
        name = objects.output_name(run_id, path)
        objects.adopt(file, name)
    finally:
        file.unlink(missing_ok=True)
    return objects.Stored(name, size, digest)


class _LogReader:
    """Reads a log to its end, or to the limit."""

    def __init__(self, connector: ClusterConnector, run_id: uuid.UUID) -> None:
        self.connector, self.run_id, self.truncated = connector, run_id, False

    def chunks(self) -> Iterator[bytes]:
        offset = 0
        while True:
            chunk = self.connector.read_log(self.run_id, offset=offset, limit=min(1 << 20, MAX_LOG_BYTES - offset))
            self.truncated = self.truncated or chunk.truncated
            yield chunk.data
            if chunk.complete or chunk.next_offset <= offset:
                return
            offset = chunk.next_offset
            if offset >= MAX_LOG_BYTES:
                self.truncated = True
                return


@transaction.atomic
def _write(
    actor: Actor, run_id: uuid.UUID, status: RunStatus, *, brought: _Brought, usage: RunUsage, started: bool
) -> bool:
    job = Job.objects.select_for_update(of=("self",), no_key=True).get(runs__id=run_id)
    run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("placement", "cluster").get(id=run_id)
    after = next_state(State(run.state), status.state, cancel_requested=job.cancel_requested_at is not None)
    if after is None or after not in ENDED:
        return False
    _describe(run, status, brought, usage)
    code = status.reason_code or ("lost" if after is State.LOST else "")
    move(job, after, actor=actor, run=run, reason_code=code, reason=status.reason.replace("\x00", ""))
    Output.objects.bulk_create(
        [
            Output(run=run, path=path, stored_as=stored.name, bytes=stored.bytes, sha256=stored.sha256)
            for path, stored in brought.outputs
        ]
    )
    events.announce(
        name="run.finished",
        key=f"run:{run.id}",
        payload={"run_id": str(run.id), "job_id": str(job.id), "state": after, "elapsed_ms": usage.elapsed_ms},
    )
    if started:
        _settle(actor, job, run, usage)
    else:
        release_hold(actor=actor, reference=run.id, reason=code)
    if after is State.LOST:
        requeue_job(actor=actor, job=job)
    return True


def _describe(run: Run, status: RunStatus, brought: _Brought, usage: RunUsage) -> None:
    run.started_at = status.started_at or run.started_at
    # The wall clock may have been set back meanwhile; no run ends before it starts.
    run.ended_at = max(filter(None, (status.ended_at or now(), run.started_at)))
    run.exit_code = status.exit_code
    run.isolation = status.isolation or run.isolation
    run.elapsed_ms = usage.elapsed_ms
    run.cpu_ms_used = usage.cpu_ms_used
    run.peak_memory_mib = usage.peak_memory_mib
    run.log_name, run.log_bytes, run.log_truncated = brought.log_name, brought.log_bytes, brought.log_truncated


def _settle(actor: Actor, job: Job, run: Run, usage: RunUsage) -> None:
    """Charges what was allocated for as long as the cluster says it ran, at the prices the placement promised."""
    prices = run.placement.chosen
    ended_at = run.ended_at or now()
    lines = []
    for item, metered_as, amount in (("card_hour", CARD_MS, job.cards), ("cpu_hour", CPU_MS, job.cpus)):
        quantity = amount * usage.elapsed_ms
        if not quantity:
            continue
        record = metering.record_usage(
            source="compute",
            key=f"{run.id}:{metered_as}",
            organisation_id=job.organisation_id,
            reference=run.id,
            item=metered_as,
            quantity=quantity,
            unit=metered_as,
            started_at=run.started_at or ended_at,
            ended_at=ended_at,
            attributes={"cluster": run.cluster.slug, "allocated": amount, "elapsed_ms": usage.elapsed_ms},
        )
        price = prices[f"{item}_micro"]
        if price is not None:
            lines.append(ChargeLine(record.id, item, quantity, price))
    settle_hold(
        actor=actor,
        reference=run.id,
        supplier_id=run.cluster.organisation_id,
        lines=lines,
        occurred_at=ended_at,
    )
