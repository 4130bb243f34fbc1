import uuid

from django.db import transaction
from django.db.models import Max

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.funding.services import release_hold

from ..deferring import defer_cancel
from ..identity import run_id_of
from ..models import Job, Run
from ..rules.states import ENDED, WAITING, State
from ..transitions import move


@transaction.atomic
def cancel_job(*, actor: Actor, job_id: uuid.UUID, reason: str = "") -> Job:
    """Cancels a job in whatever state it is. Asking again changes nothing.

    A waiting or just placed job is cancelled at once and its money is free again. A job that is starting or running
    is marked and its cluster is told; it ends as cancelled when the cluster has stopped it, and what it used until
    then is charged. An ended job stays as it is.

    Raises: Unauthenticated, Forbidden, NotFound.
    """
    job = Job.objects.select_for_update(of=("self",), no_key=True).fetch(actor, id=job_id)
    if not actor.may(Permission.QUEUE_MANAGE):
        authorize(actor, Permission.JOB_SUBMIT, organisation_id=job.organisation_id, what=str(Job._meta.verbose_name))
    if job.state in ENDED:
        return job
    if job.state in WAITING:
        attempt = 1 if job.state == State.QUEUED else 1 + job.runs.aggregate(last=Max("attempt"))["last"]
        _end_now(actor, job, None, run_id_of(job.id, attempt=attempt), reason)
        return job
    run = Run.objects.select_for_update(of=("self",), no_key=True).filter(job=job).order_by("-attempt")[0]
    if job.state == State.PLACED:
        _end_now(actor, job, run, run.id, reason)
    elif job.cancel_requested_at is None:
        _request(actor, job, run, reason)
    return job


def _end_now(actor: Actor, job: Job, run: Run | None, hold: uuid.UUID, reason: str) -> None:
    """Nothing has been handed to a cluster yet, and with this row locked nothing will be."""
    job.cancel_requested_at = now()
    job.save(update_fields=["cancel_requested_at"])
    move(job, State.CANCELLED, actor=actor, run=run, reason_code="cancelled", reason=reason)
    release_hold(actor=actor, reference=hold, reason="cancelled")


def _request(actor: Actor, job: Job, run: Run, reason: str) -> None:
    job.cancel_requested_at = now()
    job.save(update_fields=["cancel_requested_at"])
    audit.record(
        actor=actor,
        action="job.cancel_requested",
        subject="job",
        subject_id=job.id,
        organisation_id=job.organisation_id,
        after={"run": run.id},
        reason=reason,
    )
    defer_cancel(run.id)
