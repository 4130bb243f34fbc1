"""Turns single transfers from many threads into batches on one connection.

A batch costs one commit and one update per account however many transfers it holds, so the busiest account gains
most. There is no artificial delay: while one batch is being written, the next one gathers.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psycopg
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError

from .transfers import MAX_BATCH, POST_BATCH, Result, Transfer, columns, results

# Binary parameters: a third of the time that text takes.
POST_BATCH_BINARY = POST_BATCH.replace("%s", "%b")
# Nothing was written, and the same batch may well succeed now.
_TRY_AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 2.0


class LedgerUnavailable(DomainError):
    """Whether it was written is not known; posting the same transfers again settles it, and does no harm."""

    code, status = "ledger_unavailable", 503
    message = _("The ledger does not answer. Try again; nothing is ever booked twice.")


@dataclass(slots=True)
class _Request:
    transfers: tuple[Transfer, ...]
    answer: "Future[list[Result]]" = field(default_factory=Future)


class Coalescer:
    """One writer thread with a connection of its own. Use it as a context manager, or close() it.

    After a lost connection the batch in flight is posted again under the same ids until the ledger answers or
    `patience_s` is over, so an answer may be EXISTS although this caller was the one who wrote it.
    """

    def __init__(
        self, conninfo: str, *, max_batch: int = 1000, max_waiting: int = 50_000, patience_s: float = 30.0
    ) -> None:
        if not 1 <= max_batch <= MAX_BATCH:
            raise ValueError(f"max_batch is between 1 and {MAX_BATCH}")
        self._conninfo = conninfo
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._patience_s = patience_s
        self._requests: deque[_Request] = deque()
        self._waiting = 0
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._connection: psycopg.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="ledger-coalescer", daemon=True)
        self._thread.start()

    def submit(self, transfers: Sequence[Transfer]) -> "Future[list[Result]]":
        """Queues transfers that stay together and in order; the future gives one result each.

        Raises:
            LedgerUnavailable: closed, or more is waiting than the ledger can take. Nothing was queued.
            ValueError: more transfers than one batch holds.
        """
        if len(transfers) > self._max_batch:
            raise ValueError(f"at most {self._max_batch} transfers stay together")
        request = _Request(tuple(transfers))
        if not transfers:
            request.answer.set_result([])
            return request.answer
        with self._wake:
            if self._closing.is_set() or self._waiting + len(transfers) > self._max_waiting:
                raise LedgerUnavailable
            self._requests.append(request)
            self._waiting += len(transfers)
            self._wake.notify()
        return request.answer

    def post(self, transfer: Transfer, *, timeout_s: float | None = None) -> Result:
        """Posts one transfer and waits for its result. Raises LedgerUnavailable, TimeoutError."""
        return self.submit([transfer]).result(timeout=timeout_s)[0]

    def close(self, *, timeout_s: float = 60.0) -> None:
        """Takes nothing new, writes what is waiting, ends the thread. Safe to repeat."""
        with self._wake:
            self._closing.set()
            self._wake.notify_all()
        self._thread.join(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- the writer thread

    def _run(self) -> None:
        try:
            while batch := self._next_batch():
                self._answer(batch)
        finally:
            self._disconnect()

    def _next_batch(self) -> list[_Request]:
        """What is waiting, up to max_batch transfers; an empty list once closed and drained."""
        with self._wake:
            while not self._requests and not self._closing.is_set():
                self._wake.wait()
            batch: list[_Request] = []
            size = 0
            while self._requests and size + len(self._requests[0].transfers) <= self._max_batch:
                request = self._requests.popleft()
                size += len(request.transfers)
                if request.answer.set_running_or_notify_cancel():
                    batch.append(request)
            self._waiting -= size
            # Everything was cancelled: not the end, look again.
            return batch or (self._next_batch() if size else [])

    def _answer(self, batch: list[_Request]) -> None:
        transfers = [transfer for request in batch for transfer in request.transfers]
        try:
            codes = self._post(transfers)
        except LedgerUnavailable as error:
            for request in batch:
                request.answer.set_exception(error)
        except (psycopg.Error, ValueError, TypeError, OverflowError) as error:
            # One request carries what cannot even be sent. It must not take the others with it.
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
            else:
                for request in batch:
                    self._answer([request])
        else:
            start = 0
            for request in batch:
                end = start + len(request.transfers)
                request.answer.set_result(codes[start:end])
                start = end

    def _post(self, transfers: list[Transfer]) -> list[Result]:
        deadline, wait = time.monotonic() + self._patience_s, _FIRST_WAIT_S
        while True:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
                row = self._connection.execute(POST_BATCH_BINARY, [*columns(transfers), False, None]).fetchone()
                assert row is not None  # noqa: S101 - a SELECT of one function call has one row
                return results(row[0])
            except _TRY_AGAIN:
                pass
            except psycopg.OperationalError:
                # Connection lost, perhaps after the commit: the outcome is unknown until the same ids are posted again.
                self._disconnect()
            if time.monotonic() >= deadline:
                raise LedgerUnavailable
            threading.Event().wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
