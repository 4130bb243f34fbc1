"""The watcher: follows unfinished runs, ends the ended ones, and fills what becomes free.

One process watches at a time, whoever holds the advisory lock. It sleeps in LISTEN and is woken when a run is handed
over, so an idle installation costs one query every few seconds.
"""

import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, connections
from procrastinate.contrib.django.utils import connector_params

from qianhang.compute import deferring, services
from qianhang.compute.identity import WORKER
from qianhang.compute.ports import ConnectorUnavailable, RunNotStarted, RunStatus
from qianhang.compute.queries import clusters_with_unfinished_runs

from .locks import WATCHER, try_session_lock

log = logging.getLogger(__name__)

BUSY_S = 0.15
IDLE_S = 1.0
LOOK_ANYWAY_S = 5.0
FINISHERS = 2
RETRY_AFTER_S = 5.0
LONGEST_PAUSE_S = 10.0


class Watcher(threading.Thread):
    def __init__(self, stop: threading.Event) -> None:
        super().__init__(name="watcher", daemon=True)
        # Not `_stop`: that is the base class's own.
        self._asked = stop
        self._finishing: dict[uuid.UUID, float] = {}
        """Runs whose end is being written, or was tried in vain: not before that monotonic moment again."""
        self._filling = threading.Lock()

    def run(self) -> None:
        pause = 0.5
        with ThreadPoolExecutor(FINISHERS, thread_name_prefix="finisher") as pool:
            while not self._asked.is_set():
                try:
                    with closing(psycopg.connect(**connector_params(), autocommit=True)) as ear:
                        if try_session_lock(ear, WATCHER):
                            self._watch(ear, pool)
                            pause = 0.5
                        else:
                            self._asked.wait(2)
                except (psycopg.Error, DatabaseError) as lost:
                    log.warning("watcher lost the database", extra={"why": str(lost)})
                    self._asked.wait(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_S)
                except Exception:
                    # A thread that ends is missed by nobody: whatever it is, it is logged, and runs are followed on.
                    log.exception("watcher stumbled")
                    self._asked.wait(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_S)
                finally:
                    connections.close_all()

    def _watch(self, ear: psycopg.Connection, pool: ThreadPoolExecutor) -> None:
        ear.execute(f"LISTEN {deferring.RUNS_CHANNEL}")
        looked = -LOOK_ANYWAY_S
        woken, busy = True, False
        while not self._asked.is_set():
            if woken or busy or time.monotonic() - looked >= LOOK_ANYWAY_S:
                looked = time.monotonic()
                busy = self._look(pool)
            timeout = BUSY_S if busy else IDLE_S
            woken = any(True for _ in ear.notifies(timeout=timeout, stop_after=1))

    def _look(self, pool: ThreadPoolExecutor) -> bool:
        """One look at every cluster with unfinished runs. Returns whether there are any."""
        close_old_connections()
        unfinished = 0
        for cluster_id in clusters_with_unfinished_runs():
            try:
                result = services.sync_runs(actor=WORKER, cluster_id=cluster_id)
            except DatabaseError:
                raise
            except Exception:
                # One cluster's fault is not the others'. It is asked again with the next look.
                log.exception("cluster not looked at", extra={"cluster": str(cluster_id)})
                continue
            unfinished += result.unfinished
            for status in result.ended:
                if time.monotonic() >= self._finishing.get(status.run_id, 0):
                    self._finishing[status.run_id] = float("inf")
                    pool.submit(self._finish, status)
        return unfinished > 0

    def _finish(self, status: RunStatus) -> None:
        close_old_connections()
        try:
            services.finish_run(actor=WORKER, run_id=status.run_id, status=status)
        except Exception as problem:
            # Whatever it is (the disk is full, the cluster is silent, the database is gone), it is tried again soon,
            # and the pool must live for the other runs.
            expected = isinstance(problem, ConnectorUnavailable | OSError | DatabaseError)
            log.warning("run not finished yet", extra={"run": str(status.run_id)}, exc_info=not expected)
            self._finishing[status.run_id] = time.monotonic() + RETRY_AFTER_S
            _drop_broken_connection()
            return
        self._finishing.pop(status.run_id, None)
        self._fill()

    def _fill(self) -> None:
        """Gives freed capacity to whoever waits. One thread at a time is enough."""
        if not self._filling.acquire(blocking=False):
            return
        try:
            place_and_start_waiting()
        except Exception as problem:
            expected = isinstance(problem, DatabaseError | psycopg.Error)
            log.warning("queue not served, the sweep will", extra={"why": str(problem)}, exc_info=not expected)
            _drop_broken_connection()
        finally:
            self._filling.release()


def place_and_start_waiting() -> None:
    for run_id in services.place_waiting(actor=WORKER):
        start_quietly(run_id)


def start_quietly(run_id: uuid.UUID) -> None:
    """A cluster that does not answer is asked again by the sweep for stalled runs."""
    try:
        services.start_run(actor=WORKER, run_id=run_id)
    except RunNotStarted as silent:
        log.info("run not started yet", extra={"run": str(run_id), "why": str(silent)})


def _drop_broken_connection() -> None:
    if connection.connection is not None and connection.connection.closed:
        connection.close()
