"""The background worker: one process with three parts.

- the task worker (procrastinate, on this thread's event loop) does what it is told: place and start, cancel;
- the watcher (wiring/watching.py) follows unfinished runs and ends the ended ones;
- the housekeeping (wiring/housekeeping.py) does what nobody asks for: sweeps, relay, sealing, heartbeats.

Any number of such processes may run. A lost database is survived by all three: they wait for it and go on.
"""

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg_pool
from django.db import Error as DatabaseError
from procrastinate import App, exceptions
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from .housekeeping import Housekeeping
from .watching import Watcher

log = logging.getLogger(__name__)

TASK_THREADS = 3
GRACE_S = 10
STALLED_AFTER_S = 30
LONGEST_PAUSE_S = 10.0


def run_worker() -> None:
    """Works until SIGTERM or SIGINT, then finishes what is under way and returns within about ten seconds."""
    stop = threading.Event()
    threads = [Watcher(stop), Housekeeping(stop)]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_work(stop))
    finally:
        stop.set()
        for thread in threads:
            thread.join(GRACE_S)
    if any(thread.is_alive() for thread in threads):
        # A thread that hangs in a call to the outside must not keep the process: all it does may be done again.
        log.warning("ending with work under way", extra={"threads": [t.name for t in threads if t.is_alive()]})
        logging.shutdown()
        os._exit(0)


async def _work(stop: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(TASK_THREADS, thread_name_prefix="task")
    loop.set_default_executor(pool)
    asked = asyncio.Event()

    def ask() -> None:
        stop.set()
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    tasks = asyncio.create_task(_take_tasks_forever())
    await asked.wait()
    log.info("stopping")
    tasks.cancel()
    await asyncio.wait([tasks], timeout=GRACE_S)
    pool.shutdown(wait=False, cancel_futures=True)


async def _take_tasks_forever() -> None:
    """The task worker, started anew with a growing pause whenever the database is lost."""
    pause = 0.5
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await _take_tasks()
            # It returns only when one of its own parts failed, such as the listening connection.
            log.warning("task worker stopped by itself")
        except (exceptions.ConnectorException, psycopg_pool.PoolTimeout, DatabaseError, OSError) as lost:
            log.warning("task worker lost the database", extra={"why": str(lost.__cause__ or lost)})
        except Exception:
            # Whatever it is: a worker that takes no tasks any more must not look alive.
            log.exception("task worker stumbled")
        if asyncio.get_running_loop().time() - started > 60:
            pause = 0.5
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


async def _take_tasks() -> None:
    # An application of its own with its own asynchronous connections: the Django one keeps writing task rows inside
    # Django's transactions, also when a task defers another.
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=TASK_THREADS + 1, timeout=5)
    worker_app = django_app.with_connector(connector)
    async with worker_app.open_async():
        mending = asyncio.create_task(_retry_stalled(worker_app))
        try:
            await worker_app.run_worker_async(
                name="qianhang",
                concurrency=TASK_THREADS,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_S - 2,
                stalled_worker_timeout=STALLED_AFTER_S,
                fetch_job_polling_interval=5,
            )
        finally:
            mending.cancel()


async def _retry_stalled(worker_app: App) -> None:
    """Gives the tasks of dead workers to the living."""
    while True:
        try:
            stalled = await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S)
            for job in stalled:
                log.info("task of a dead worker is retried", extra={"task": job.task_name, "task_id": job.id})
                await worker_app.job_manager.retry_job(job)
        except exceptions.ConnectorException as lost:
            log.info("no look at stalled tasks", extra={"why": str(lost)})
        await asyncio.sleep(STALLED_AFTER_S / 3)
