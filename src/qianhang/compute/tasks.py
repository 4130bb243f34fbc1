"""What the worker does when it is told to. Every task may run twice; the watcher and the sweeps (wiring/worker.py)
catch what a dead worker left undone."""

import uuid

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import deferring, services
from .identity import WORKER
from .ports import ConnectorUnavailable, RunNotStarted

SOON = RetryStrategy(max_attempts=5, wait=1, exponential_wait=2)


@app.task(name=deferring.PLACE_AND_START, queue=deferring.QUEUE, retry=SOON)
def place_and_start(job_id: str) -> None:
    """From the queue to the cluster in one hop."""
    if not services.fetch_git_source(actor=WORKER, job_id=uuid.UUID(job_id)):
        return
    run_id = services.place_job(actor=WORKER, job_id=uuid.UUID(job_id))
    if run_id is None:
        return
    try:
        services.start_run(actor=WORKER, run_id=run_id)
    except RunNotStarted:
        # The run keeps its place; the sweep for stalled runs hands it over when the cluster answers.
        return


@app.task(
    name=deferring.CANCEL_RUN,
    queue=deferring.QUEUE,
    retry=RetryStrategy(max_attempts=20, wait=2, linear_wait=3, retry_exceptions=[ConnectorUnavailable]),
)
def cancel_at_cluster(run_id: str) -> None:
    services.cancel_run(actor=WORKER, run_id=uuid.UUID(run_id))
