import uuid

from qianhang.core.access import Actor

from ..models import Job
from .place_job import place_job

# Jobs behind this many that found no room wait for the next sweep: the front of the queue decides.
FRUITLESS = 20


def place_waiting(*, actor: Actor, limit: int = 200) -> list[uuid.UUID]:
    """Goes through the queue from its front and places what has room. Returns the ids of the new runs, to be started.

    Each job is placed in a transaction of its own, so this may be interrupted anywhere and run in several processes.
    """
    placed: list[uuid.UUID] = []
    fruitless = 0
    waiting = Job.objects.waiting().order_by("queue_at", "id").values_list("id", flat=True)
    for job_id in list(waiting[:limit]):
        run_id = place_job(actor=actor, job_id=job_id)
        if run_id is not None:
            placed.append(run_id)
        elif (fruitless := fruitless + 1) >= FRUITLESS:
            break
    return placed
