"""Writing to the outbox, and delivering from it: at least once, in order within a stream."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from qianhang.core import rows
from qianhang.core.clock import now

from .models import OutboxEvent, OutboxState

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    name: str
    key: str
    payload: Mapping[str, Any]
    announced_at: datetime


Handler = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Relayed:
    delivered: int = 0
    failed: int = 0


def announce(*, name: str, key: str, payload: Mapping[str, Any], stream: str | None = None) -> None:
    """Writes the news in the caller's transaction; a rollback takes it back.

    The same (name, key) announced twice is one event. Events with the same `stream` (by default the key) are
    delivered in the order of announcement. One statement.
    """
    event = OutboxEvent(name=name, key=key, stream=stream or key, payload=dict(payload))
    rows.insert(event, unless_there="")


def relay(*, handlers: Mapping[str, Sequence[Handler]], limit: int = 500) -> Relayed:
    """Delivers up to `limit` due events; call it outside any transaction, from as many workers as you like.

    An event's handlers and its mark share one transaction, so what they write happens once; what they do outside
    the database may happen again after a crash. A handler that raises is tried again later, and after ten attempts
    the event is set aside as dead: its stream goes on.
    """
    delivered = _skip_unheard(list(handlers))
    failed = 0
    for _turn in range(limit):
        outcome = _deliver_next(handlers)
        if outcome is None:
            break
        delivered, failed = (delivered + 1, failed) if outcome else (delivered, failed + 1)
    return Relayed(delivered=delivered, failed=failed)


def prune(*, before: datetime) -> int:
    """Deletes events delivered before that moment; dead and waiting events stay. Returns how many went."""
    gone, _by_model = OutboxEvent.objects.filter(state=OutboxState.DELIVERED, delivered_at__lt=before).delete()
    return gone


def revive(*, seq: int) -> bool:
    """Puts a dead event back in line, for when its cause is mended."""
    return bool(
        OutboxEvent.objects.filter(seq=seq, state=OutboxState.DEAD).update(
            state=OutboxState.PENDING, attempts=0, due_at=now()
        )
    )


def _skip_unheard(heard: list[str]) -> int:
    """News that nobody listens to needs no turn of its own."""
    unheard = OutboxEvent.objects.filter(state=OutboxState.PENDING).exclude(name__in=heard)
    return unheard.update(state=OutboxState.DELIVERED, delivered_at=now())


# The head of each stream only: an earlier event that waits for its next attempt holds back the ones after it. Another
# relay's head is locked and skipped, and what follows it is not a head yet, so order holds between relays too.
_NEXT = """
    SELECT seq, name, key, payload, announced_at, attempts
    FROM events_outboxevent AS head
    WHERE state = 'pending' AND due_at <= %s
      AND NOT EXISTS (SELECT FROM events_outboxevent AS earlier
                      WHERE earlier.state = 'pending' AND earlier.stream = head.stream AND earlier.seq < head.seq)
    ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def _deliver_next(handlers: Mapping[str, Sequence[Handler]]) -> bool | None:
    """True: delivered. False: a handler failed. None: nothing is due."""
    row: OutboxEvent | None = None
    try:
        with transaction.atomic(durable=True):
            row = next(iter(OutboxEvent.objects.raw(_NEXT, [now()])), None)
            if row is None:
                return None
            event = Event(row.seq, row.name, row.key, row.payload, row.announced_at)
            for handle in handlers.get(row.name, ()):
                handle(event)
            OutboxEvent.objects.filter(seq=row.seq).update(state=OutboxState.DELIVERED, delivered_at=now())
    except Exception as error:
        # Whatever a handler raises, the relay must outlive it: the event carries the reason and is tried again.
        if row is None or connection.connection is None or connection.connection.closed:
            raise
        log.exception("event handler failed", extra={"event": row.name, "key": row.key})
        _postpone(row, error)
        return False
    return True


def _postpone(row: OutboxEvent, error: Exception) -> None:
    attempts = row.attempts + 1
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    OutboxEvent.objects.filter(seq=row.seq, state=OutboxState.PENDING).update(
        attempts=attempts,
        last_error=f"{type(error).__name__}: {error}".replace("\x00", "")[:1000],
        due_at=now() + pause,
        state=OutboxState.DEAD if attempts >= MAX_ATTEMPTS else OutboxState.PENDING,
    )
