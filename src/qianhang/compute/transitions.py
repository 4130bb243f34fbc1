"""The one way a job changes its state: by the table, with a transition row and an audit entry beside it."""

from datetime import datetime

from qianhang.core import audit, rows
from qianhang.core.access import Actor
from qianhang.core.clock import now

from .models import Job, Run, Transition
from .rules.states import ENDED, State, may_follow


class IllegalMove(Exception):
    """The state table has no such step. A fault of ours, never of an input."""


def begin(job: Job, *, actor: Actor) -> None:
    """Records the birth of a job."""
    _write(job, run=None, before="", actor=actor, action="job.submitted", at=now())


def move(
    job: Job, after: State, *, actor: Actor, run: Run | None = None, reason_code: str = "", reason: str = ""
) -> None:
    """Moves a locked job, and its locked run with it, to `after`, and saves both. Raises IllegalMove.

    A run that really started is shown as running at the moment it started, however late that was noticed, even
    together with its end.
    """
    if after in ENDED and run is not None and run.state == State.STARTING and run.started_at is not None:
        move(job, State.RUNNING, actor=actor, run=run)
    before = State(job.state)
    if not may_follow(before, after):
        raise IllegalMove(f"job {job.id}: {before} to {after}")
    moment = now()
    job.state = after
    job.reason_code, job.reason = reason_code, reason[:1000]
    changed = ["state", "reason_code", "reason"]
    if after in ENDED:
        job.ended_at = moment
        changed.append("ended_at")
    elif after is State.REQUEUED:
        # `queue_at` stays: a job that was lost stands where it stood, in front of younger ones.
        job.ended_at, job.waiting_for = None, None
        changed += ["ended_at", "waiting_for"]
    elif after is State.PLACED:
        job.waiting_for = None
        changed.append("waiting_for")
    elif after is State.RUNNING and job.started_at is None:
        job.started_at = run.started_at if run and run.started_at else moment
        changed.append("started_at")
    job.save(update_fields=changed)
    if run is not None and after is not State.REQUEUED:
        run.state = after
        run.reason_code, run.reason = reason_code, reason[:1000]
        if after in ENDED:
            run.ended_at, run.lease_until = run.ended_at or moment, None
        run.save()
    at = min(run.started_at, moment) if after is State.RUNNING and run and run.started_at else moment
    _write(job, run=run, before=before, actor=actor, action=f"job.{after}", at=at)


def _write(job: Job, *, run: Run | None, before: str, actor: Actor, action: str, at: datetime) -> None:
    step = Transition(
        job=job,
        run=run,
        before=before,
        after=job.state,
        reason_code=job.reason_code,
        reason=job.reason,
        by=actor.name[:160] or actor.kind,
        at=at,
    )
    rows.insert(step)
    audit.record(
        actor=actor,
        action=action,
        subject="job",
        subject_id=job.id,
        organisation_id=job.organisation_id,
        before={"state": before} if before else None,
        after={"state": job.state, "run": run.id if run else None, "name": job.name},
        reason=job.reason_code,
    )
