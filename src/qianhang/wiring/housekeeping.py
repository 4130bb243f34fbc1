"""The housekeeping: what must happen again and again without anybody asking. One table says what and how often."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from procrastinate.contrib.django.utils import connector_params

from qianhang.compute import objects, services
from qianhang.compute.identity import WORKER
from qianhang.compute.ports import ConnectorUnavailable
from qianhang.compute.queries import clusters_to_refresh, runs_to_cancel_again
from qianhang.core import ledger
from qianhang.core.audit.chain import seal_audit
from qianhang.core.clock import now
from qianhang.core.events import outbox
from qianhang.core.web import idempotency
from qianhang.funding.services import expire_vouchers
from qianhang.programme import tasks as programme

from .locks import try_session_lock, unlock
from .subscriptions import HANDLERS
from .watching import place_and_start_waiting, start_quietly

log = logging.getLogger(__name__)


LONGEST_PAUSE_S = 10.0
# No file is on its way for so long.
LONGEST_RECEPTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    every_s: float
    do: Callable[[], object]


def _hand_over_stalled() -> None:
    for run_id in services.stalled_runs(actor=WORKER):
        start_quietly(run_id)


def _cancel_again() -> None:
    for run_id in runs_to_cancel_again():
        try:
            services.cancel_run(actor=WORKER, run_id=run_id)
        except ConnectorUnavailable as silent:
            log.info("not cancelled yet", extra={"run": str(run_id), "why": str(silent)})


def _refresh_inventories() -> None:
    for cluster_id in clusters_to_refresh():
        try:
            services.refresh_inventory(actor=WORKER, cluster_id=cluster_id)
        except ConnectorUnavailable as silent:
            log.info("cluster is silent", extra={"cluster": str(cluster_id), "why": str(silent)})


def _prune() -> None:
    moment = now()
    outbox.prune(before=moment - outbox.KEPT)
    idempotency.prune(before=moment - idempotency.KEPT)
    objects.sweep_incoming(before=(moment - LONGEST_RECEPTION).timestamp())
    services.prune_uploads(actor=WORKER, before=moment - timedelta(days=settings.UPLOADS_KEPT_DAYS))


def _look_again() -> None:
    for run_id in services.look_again(actor=WORKER, give_up_before=now() - settings.UNFIT_JOBS_KEPT):
        start_quietly(run_id)


# A chore's place in this table is the number of its lock: append, never reorder.
CHORES = (
    Chore("serve the queue", 2, place_and_start_waiting),
    Chore("hand over stalled runs", 3, _hand_over_stalled),
    Chore("relay events", 1, lambda: outbox.relay(handlers=HANDLERS)),
    Chore("seal the audit trail", 5, seal_audit),
    Chore("free what ended runs left", 5, lambda: services.forget_runs(actor=WORKER)),
    Chore("cancel again", 10, _cancel_again),
    Chore("refresh inventories", 15, _refresh_inventories),
    Chore("void expired holds", 60, lambda: ledger.void_expired(now())),
    Chore("expire vouchers", 300, lambda: expire_vouchers(actor=WORKER, at=now())),
    Chore("prune", 3600, _prune),
    Chore("fetch sources again", 60, lambda: services.fetch_again(actor=WORKER)),
    Chore("look again at jobs that fit nowhere", 30, _look_again),
    Chore("observe measures", 3600, programme.observe_today),
    Chore("fetch outside series", 600, programme.fetch_due_series),
    Chore("remind of tasks", 3600, programme.remind),
    Chore("link units of plans", 600, programme.link_units),
)
FIRST_LOCK = 100


class Housekeeping(threading.Thread):
    """Does each chore when it is due, in one process at a time."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__(name="housekeeping", daemon=True)
        # Not `_stop`: that is the base class's own.
        self._asked = stop
        self._due = dict.fromkeys(range(len(CHORES)), 0.0)

    def run(self) -> None:
        pause = 0.5
        while not self._asked.is_set():
            try:
                with psycopg.connect(**connector_params(), autocommit=True) as locks:
                    while not self._asked.is_set():
                        self._do_what_is_due(locks)
                        pause = 0.5
                        self._asked.wait(max(min(self._due.values()) - time.monotonic(), 0.05))
            except (psycopg.Error, DatabaseError) as lost:
                log.warning("housekeeping lost the database", extra={"why": str(lost)})
                self._asked.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
            finally:
                connections.close_all()

    def _do_what_is_due(self, locks: psycopg.Connection) -> None:
        for number, chore in enumerate(CHORES):
            if self._asked.is_set() or time.monotonic() < self._due[number]:
                continue
            self._due[number] = time.monotonic() + chore.every_s
            if not try_session_lock(locks, FIRST_LOCK + number):
                continue
            try:
                close_old_connections()
                chore.do()
            except (psycopg.Error, DatabaseError):
                raise
            except Exception:
                # One chore's fault must not stop the others; it is tried again at its next turn.
                log.exception("chore failed", extra={"chore": chore.name})
            finally:
                if not locks.closed:
                    unlock(locks, FIRST_LOCK + number)
