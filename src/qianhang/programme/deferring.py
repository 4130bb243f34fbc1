"""Handing work to the worker: the task row is written in the caller's transaction. Tasks are named, not imported."""

import uuid

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

QUEUE = "programme"
FETCH_SERIES = "programme.fetch_series"


def defer_fetch(series_id: uuid.UUID) -> bool:
    """Queues one fetch of a series; False when one waits already."""
    try:
        # A savepoint: a second fetch is refused by a constraint, and the caller's transaction goes on.
        with transaction.atomic():
            app.configure_task(FETCH_SERIES, queueing_lock=f"fetch-series:{series_id}").defer(series_id=str(series_id))
    except exceptions.AlreadyEnqueued:
        return False
    return True
