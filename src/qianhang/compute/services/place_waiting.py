import uuid

from qianhang.core.access import Actor

from ..models import Job
from ..rules.job_spec import Source
from .fetch_git_source import source_is_here
from .place_job import place_job

# Jobs behind this many that found no room wait for the next sweep: the front of the queue decides.
FRUITLESS = 20
# So many times the limit is looked at for jobs whose source is here.
LOOKED_AT = 10


def place_waiting(*, actor: Actor, limit: int = 200) -> list[uuid.UUID]:
    """Goes through the queue from its front and places what has room. Returns the ids of the new runs, to be started.

    Each job is placed in a transaction of its own, so this may be interrupted anywhere and run in several processes.
    """
    placed: list[uuid.UUID] = []
    fruitless = 0
    for job_id in _front_of_the_queue(limit):
        run_id = place_job(actor=actor, job_id=job_id)
        if run_id is not None:
            placed.append(run_id)
        elif (fruitless := fruitless + 1) >= FRUITLESS:
            break
    return placed


def _front_of_the_queue(limit: int) -> list[uuid.UUID]:
    """The first jobs that could start as far as their source goes: one that is still being fetched holds up nobody, nor
    does one that fits no cluster any more (see `look_again`)."""
    waiting = Job.objects.waiting().filter(unfit_since__isnull=True).order_by("queue_at", "id")
    rows = waiting.values_list("id", "spec__source__git", "spec__source__commit")[: LOOKED_AT * limit]
    sources = ((job_id, Source(git=git, commit=commit) if git else None) for job_id, git, commit in rows)
    return [job_id for job_id, source in sources if source_is_here(source)][:limit]
