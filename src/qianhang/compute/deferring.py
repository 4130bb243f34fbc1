"""Handing work to the worker: the task row is written in the caller's transaction and wakes a worker at commit.

Tasks are named, not imported: the services that defer them are what the tasks (compute/tasks.py) run.
"""

import uuid

from django.db import connection
from procrastinate.contrib.django import app

QUEUE = "compute"
PLACE_AND_START = "compute.place_and_start"
CANCEL_RUN = "compute.cancel_run"
RUNS_CHANNEL = "qianhang_runs"


def defer_placement(job_id: uuid.UUID, *, fetching_for: uuid.UUID | None = None) -> None:
    """`fetching_for`: the organisation whose source must be fetched first. That may take minutes, so an organisation
    gets one worker thread for it and no more, however many such jobs it submits."""
    lock = None if fetching_for is None else f"fetch:{fetching_for}"
    app.configure_task(PLACE_AND_START, lock=lock).defer(job_id=str(job_id))


def defer_cancel(run_id: uuid.UUID) -> None:
    app.configure_task(CANCEL_RUN).defer(run_id=str(run_id))


def wake_watcher() -> None:
    """Tells the watcher, at commit, that there is a run to follow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [RUNS_CHANNEL])
