import uuid

from procrastinate.contrib.django.models import ProcrastinateJob

from qianhang.core.access import Actor

from .. import deferring
from ..models import Job
from ..rules.job_spec import Source
from .fetch_git_source import source_is_here


def fetch_again(*, actor: Actor, limit: int = 100) -> list[uuid.UUID]:
    """Gives waiting jobs whose git source is not here, and that no task is about any more, to a worker again: their
    task was tried in vain, such as while the disk was full. Returns their ids. Safe to repeat.
    """
    waiting = Job.objects.visible_to(actor).waiting().filter(spec__source__git__isnull=False)
    rows = waiting.order_by("queue_at", "id").values_list(
        "id", "organisation_id", "spec__source__git", "spec__source__commit"
    )
    missing = {
        job_id: organisation_id
        for job_id, organisation_id, git, commit in rows[: 10 * limit]
        if not source_is_here(Source(git=git, commit=commit))
    }
    tasks = ProcrastinateJob.objects.filter(
        task_name=deferring.PLACE_AND_START,
        status__in=["todo", "doing"],
        args__job_id__in=[str(job_id) for job_id in missing],
    )
    under_way = {uuid.UUID(job_id) for job_id in tasks.values_list("args__job_id", flat=True)}
    again = [job_id for job_id in missing if job_id not in under_way][:limit]
    for job_id in again:
        deferring.defer_placement(job_id, fetching_for=missing[job_id])
    return again
