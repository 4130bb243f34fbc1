"""The order of the queue, and who may start now without anybody starving.

A waiting job's place is its moment of submission moved by its priority: each step is worth a quarter of an hour. The
order never changes while a job waits, so every job reaches the front. A job at the front that does not fit yet closes
its pool for the jobs behind it; they may use other pools.
"""

from datetime import datetime, timedelta

PRIORITY_STEP = timedelta(minutes=15)


def queue_moment(*, submitted_at: datetime, priority: int) -> datetime:
    """Where in the queue a job stands: earlier goes first."""
    return submitted_at - priority * PRIORITY_STEP
