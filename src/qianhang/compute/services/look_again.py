import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from qianhang.core.access import Actor
from qianhang.funding.services import release_hold

from ..identity import run_id_of
from ..models import Job
from ..rules.states import WAITING, State
from ..transitions import move
from .place_job import place_job

NO_CLUSTER_FITS = "no_cluster_fits"


def look_again(*, actor: Actor, give_up_before: datetime, limit: int = 500) -> list[uuid.UUID]:
    """Looks again at waiting jobs that fit no cluster any more, the longest unfit first. What fits now is placed; what
    has fitted nowhere since before that moment ends as failed, and its money is free again.

    Returns the ids of the new runs, to be started. Each job has a transaction of its own; safe to repeat and to race.
    """
    unfit = Job.objects.waiting().filter(unfit_since__isnull=False).order_by("unfit_since", "id")
    placed = []
    for job_id in list(unfit.values_list("id", flat=True)[:limit]):
        run_id = place_job(actor=actor, job_id=job_id)
        if run_id is not None:
            placed.append(run_id)
        else:
            _give_up(actor, job_id, before=give_up_before)
    return placed


@transaction.atomic
def _give_up(actor: Actor, job_id: uuid.UUID, *, before: datetime) -> None:
    job = Job.objects.select_for_update(of=("self",), no_key=True).get(id=job_id)
    if job.state not in WAITING or job.unfit_since is None or job.unfit_since >= before:
        return
    attempt = 1 + (job.runs.aggregate(last=Max("attempt"))["last"] or 0)
    move(job, State.FAILED, actor=actor, reason_code=NO_CLUSTER_FITS)
    release_hold(actor=actor, reference=run_id_of(job.id, attempt=attempt), reason=NO_CLUSTER_FITS)
