import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from qianhang.core import vault
from qianhang.core.access import Actor
from qianhang.core.clock import now

from .. import objects
from ..connectors import registry
from ..deferring import wake_watcher
from ..models import Job, Run, Upload
from ..ports import ClusterConnector, ConnectorUnavailable, RunNotStarted, RunRequest, RunStatus, SubmitRefused
from ..rules.job_spec import JobSpec, stored_job_spec
from ..rules.states import State
from ..transitions import move
from .finish_run import finish_run
from .sync_runs import apply_status

LEASE = timedelta(seconds=60)
STALE_FENCE = "stale_fence"
"""A connector's answer to a holder of an older lease."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to start a run, until somebody with a higher fence has it."""

    run: Run
    spec: JobSpec
    sealed_secrets: bytes | None


def start_run(*, actor: Actor, run_id: uuid.UUID) -> bool:
    """Hands a placed run to its cluster. Safe to repeat and to race: the cluster starts one run per id.

    Returns whether the run is at its cluster now. A refusal for good ends the run as failed, and nothing is charged.

    Raises: RunNotStarted when the cluster does not answer.
    """
    claim = _claim(actor, run_id)
    if claim is None:
        return False
    connector = registry.connector_for(claim.run.cluster)
    try:
        handle = connector.submit(_request(claim))
    except SubmitRefused as refused:
        if refused.code == STALE_FENCE:
            # Somebody took over while this worker was away; the run is theirs and goes on.
            return False
        _refuse(actor, run_id, code=refused.code, message=str(refused))
        return False
    except ConnectorUnavailable as silent:
        _let_go(claim.run)
        raise RunNotStarted(str(silent)) from silent
    if not _keep_handle(claim.run, handle):
        return False
    _look_at_once(actor, connector, run_id)
    return True


@transaction.atomic
def _claim(actor: Actor, run_id: uuid.UUID) -> _Claim | None:
    """Takes the lease with a higher fence. None when there is nothing to start, or somebody else is at it."""
    job = Job.objects.select_for_update(of=("self",), no_key=True).filter(runs__id=run_id).first()
    run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("cluster").filter(id=run_id).first()
    if job is None or run is None or run.handle or run.state not in {State.PLACED, State.STARTING}:
        return None
    moment = now()
    first = run.state == State.PLACED and run.fence == 0
    # A clock that was set back must not leave a lease that outlives everybody: no lease is longer than LEASE.
    held = run.lease_until is not None and moment < run.lease_until <= moment + LEASE
    if held and not first:
        return None
    run.fence += 1
    run.lease_until = moment + LEASE
    if run.state == State.PLACED:
        move(job, State.STARTING, actor=actor, run=run)
    else:
        run.save(update_fields=["fence", "lease_until"])
    return _Claim(run, stored_job_spec(job.spec), bytes(job.sealed_secrets) if job.sealed_secrets else None)


def _request(claim: _Claim) -> RunRequest:
    """Raises SubmitRefused when what the run needs is gone from the store."""
    run, spec = claim.run, claim.spec
    return RunRequest(
        run_id=run.id,
        fence=run.fence,
        command=spec.argv,
        env=dict(spec.env),
        cards=spec.total_cards,
        cpus=spec.total_cpus,
        memory_mib=spec.total_memory_mib,
        time_limit_s=spec.time_limit_s,
        source=_source(spec),
        secrets=_secrets(claim),
        network=spec.network,
        inputs=_inputs(spec),
        outputs=spec.outputs,
        image=spec.image,
    )


def _secrets(claim: _Claim) -> Mapping[str, str]:
    if claim.sealed_secrets is None:
        return {}
    opened: dict[str, str] = json.loads(vault.open_sealed(claim.sealed_secrets, context=f"job:{claim.run.job_id}"))
    return opened


def _source(spec: JobSpec) -> Path | None:
    if spec.source is None:
        return None
    if spec.source.upload is not None:
        return _stored(Upload.objects.filter(id=spec.source.upload).values_list("stored_as", flat=True).first() or "")
    return _stored(objects.git_name(spec.source.git, spec.source.commit))


def _inputs(spec: JobSpec) -> Mapping[str, Path]:
    if not spec.inputs:
        return {}
    names = dict(Upload.objects.filter(id__in={i.upload for i in spec.inputs}).values_list("id", "stored_as"))
    return {item.path: _stored(names.get(item.upload, "")) for item in spec.inputs}


def _stored(name: str) -> Path:
    path = objects.path_of(name)
    if not path.is_file():
        raise SubmitRefused("source_missing", name.rsplit("/", 1)[-1])
    return path


@transaction.atomic
def _keep_handle(run: Run, handle: str) -> bool:
    """False when somebody with a higher fence took over: the run is theirs, and it is the same run."""
    kept = Run.objects.filter(id=run.id, fence=run.fence, state=State.STARTING).update(
        handle=handle[:200], lease_until=None, seen_at=now()
    )
    if kept:
        wake_watcher()
    return bool(kept)


def _let_go(run: Run) -> None:
    """Ends the lease early, so that the next try need not wait for it to expire."""
    Run.objects.filter(id=run.id, fence=run.fence).update(lease_until=now())


def _look_at_once(actor: Actor, connector: ClusterConnector, run_id: uuid.UUID) -> None:
    """A cluster often knows at once that the run is running; the next round of the watcher would be late news."""
    try:
        status = connector.status([run_id])[run_id]
    except ConnectorUnavailable:
        return
    if status.state is State.RUNNING:
        apply_status(actor=actor, run_id=run_id, status=status)


def _refuse(actor: Actor, run_id: uuid.UUID, *, code: str, message: str) -> None:
    state = State.CANCELLED if code == "cancelled" else State.FAILED
    status = RunStatus(run_id=run_id, state=state, reason_code=code, reason=message)
    finish_run(actor=actor, run_id=run_id, status=status, started=False)
