"""Identifiers that are decided before the row exists, so that a step done twice finds its first result."""

import uuid

from qianhang.core.access import Actor
from qianhang.core.clock import derived_id

WORKER = Actor.system("worker")


def run_id_of(job_id: uuid.UUID, *, attempt: int) -> uuid.UUID:
    """The id of a job's n-th run: the key of its hold, of its usage records and at the connector."""
    return derived_id("run", job_id, attempt)
