import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from django.db import transaction

from qianhang.core.access import Actor
from qianhang.core.clock import now

from ..connectors import registry
from ..models import Cluster, Job, Run, UseSample
from ..ports import ConnectorUnavailable, RunStatus
from ..rules.states import ENDED, State
from ..rules.syncing import next_state
from ..transitions import move

SAMPLE_EVERY = timedelta(seconds=2)
# After this long without any answer a run counts as lost and is tried elsewhere.
SILENT_FOR_S = 600

# Since when a cluster has been silent, on this process's monotonic clock: a jump of the wall clock loses no run, and
# a new worker starts to count anew.
_silent_since: dict[uuid.UUID, float] = {}


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one look at a cluster found. `ended`: to be finished (finish_run), which takes longer than a look."""

    unfinished: int
    moved: int
    ended: Sequence[RunStatus]


def sync_runs(*, actor: Actor, cluster_id: uuid.UUID) -> SyncResult:
    """Asks a cluster once about all its unfinished runs, and writes what is new: states and samples of use.

    Runs that are still being handed over (no handle yet) belong to whoever starts them. A cluster that does not
    answer changes nothing, until it has been silent for ten minutes: then its runs count as lost.
    """
    cluster = Cluster.objects.get(id=cluster_id)
    runs = {
        run.id: run for run in Run.objects.unfinished().filter(cluster=cluster).exclude(handle="").select_related("job")
    }
    if not runs:
        return SyncResult(0, 0, ())
    try:
        statuses = registry.connector_for(cluster).status(list(runs))
    except ConnectorUnavailable as silent:
        return SyncResult(len(runs), 0, _given_up(cluster_id, runs, str(silent)))
    _silent_since.pop(cluster_id, None)
    moved, ended = 0, []
    for run_id, status in statuses.items():
        run = runs[run_id]
        cancelling = run.job.cancel_requested_at is not None
        after = next_state(State(run.state), status.state, cancel_requested=cancelling)
        if after in ENDED:
            ended.append(status)
        elif after is not None:
            moved += apply_status(actor=actor, run_id=run_id, status=status)
    _keep_samples(runs, statuses)
    return SyncResult(len(runs), moved, ended)


@transaction.atomic
def apply_status(*, actor: Actor, run_id: uuid.UUID, status: RunStatus) -> bool:
    """Moves a run, and its job, forward to a state in which it still lives. Returns whether it moved."""
    job = Job.objects.select_for_update(of=("self",), no_key=True).get(runs__id=run_id)
    run = Run.objects.select_for_update(of=("self",), no_key=True).get(id=run_id)
    after = next_state(State(run.state), status.state, cancel_requested=job.cancel_requested_at is not None)
    if after is None or after in ENDED:
        return False
    run.started_at = run.started_at or status.started_at or now()
    run.isolation = status.isolation or run.isolation
    run.seen_at = now()
    move(job, after, actor=actor, run=run)
    return True


def _given_up(cluster_id: uuid.UUID, run_ids: Iterable[uuid.UUID], why: str) -> list[RunStatus]:
    moment = monotonic()
    if moment - _silent_since.setdefault(cluster_id, moment) < SILENT_FOR_S:
        return []
    return [
        RunStatus(run_id=run_id, state=State.LOST, reason_code="cluster_silent", reason=why[:200]) for run_id in run_ids
    ]


def _keep_samples(runs: Mapping[uuid.UUID, Run], statuses: Mapping[uuid.UUID, RunStatus]) -> None:
    """One row per run every two seconds, and the moment it was last heard of."""
    moment = now()
    # abs(): after the clock was set back the last moment lies in the future, and sampling goes on all the same.
    due = {r.id for r in runs.values() if r.seen_at is None or abs(moment - r.seen_at) >= SAMPLE_EVERY}
    heard = [run_id for run_id in due if run_id in statuses and statuses[run_id].state is not State.LOST]
    if not heard:
        return
    samples = [
        UseSample(
            run_id=run_id,
            at=reading.at,
            cpu_ms=max(reading.cpu_ms, 0),
            memory_mib=max(reading.memory_mib, 0),
            processes=max(reading.processes, 0),
            card_percent=reading.card_percent,
            card_memory_mib=reading.card_memory_mib,
        )
        for run_id in heard
        if (reading := statuses[run_id].reading) is not None
    ]
    UseSample.objects.bulk_create(samples, ignore_conflicts=True)
    Run.objects.filter(id__in=heard).update(seen_at=moment)
