"""Sealing: entries become blocks of a hash chain, off the hot path. The format is in verify.py, which stands alone.

The one difficulty is that identity numbers are handed out before commit: entry 6 can be visible while entry 5 still
waits for its commit, and a block over 1..6 would leave 5 out for ever. So sealing takes two steps, as CREATE INDEX
CONCURRENTLY does. First read the highest visible number and, in the same statement, who holds the lock every writer of
this table takes before its number is drawn (a snapshot is older than the locks it is compared with). When those
writers have ended, every number up to that one is visible or burnt. Nobody is blocked meanwhile.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.db import connection, transaction

from qianhang.core.clock import now

from .models import AuditBlock, AuditEntry
from .verify import ALGORITHM, GENESIS, block_hash, entry_digest

BLOCK_SIZE = 10_000
SEAL_LOCK = 0x5EA1
POLL_S = 0.01

COLUMNS = (
    "seq", "at", "actor_kind", "actor_user", "actor_organisation", "actor_key", "actor_name", "action", "subject",
    "subject_id", "organisation_id", "before", "after", "reason", "request_id",
)  # fmt: skip

_LOOK = """
    SELECT coalesce((SELECT max(seq) FROM audit_auditentry), 0),
           array(SELECT virtualtransaction FROM pg_locks
                 WHERE locktype = 'relation' AND relation = 'audit_auditentry'::regclass AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid())
"""
_STILL_WRITING = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'audit_auditentry'::regclass AND virtualtransaction = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    entries: int = 0
    blocks: int = 0
    waiting_for: int = 0
    """Writers that had not ended in time; what they hold back is sealed by a later call."""


def seal_audit(*, patience: timedelta = timedelta(seconds=1)) -> Sealed:
    """Seals what is safe to seal; call it every few seconds, outside any transaction, from any process.

    Waits up to `patience` for transactions that are writing entries right now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK)
        highest, writers = cursor.fetchone()
        latest = AuditBlock.objects.order_by("-number").values_list("last_seq", flat=True).first() or 0
        if highest <= latest:
            return Sealed()
        left = _await_writers(cursor, writers, patience)
    if left:
        return Sealed(waiting_for=left)
    entries = blocks = 0
    while count := _seal_block(highest):
        entries, blocks = entries + count, blocks + 1
    return Sealed(entries=entries, blocks=blocks)


def _await_writers(cursor: Any, writers: Sequence[str], patience: timedelta) -> int:
    deadline = time.monotonic() + patience.total_seconds()
    while writers:
        cursor.execute(_STILL_WRITING, [writers])
        left: int = cursor.fetchone()[0]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(POLL_S)
    return 0


@transaction.atomic(savepoint=False)
def _seal_block(highest: int) -> int:
    """Seals one block of entries up to `highest`; returns how many, 0 if there are none or someone else is sealing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    before = AuditBlock.objects.order_by("-number").first()
    after_seq = before.last_seq if before else 0
    rows = list(
        AuditEntry.objects.filter(seq__gt=after_seq, seq__lte=highest)
        .order_by("seq")
        .values_list(*COLUMNS)[:BLOCK_SIZE]
    )
    if not rows:
        return 0
    number = before.number + 1 if before else 1
    digests = b"".join(entry_digest(entry_line(row)) for row in rows)
    previous = bytes(before.hash).hex() if before else GENESIS
    first, last = rows[0][0], rows[-1][0]
    hashed = block_hash(number=number, first=first, last=last, digests=digests, previous=previous)
    AuditBlock.objects.create(
        number=number,
        algorithm=ALGORITHM,
        first_seq=first,
        last_seq=last,
        count=len(rows),
        digests=digests,
        previous=bytes.fromhex(previous),
        hash=bytes.fromhex(hashed),
        sealed_at=now(),
    )
    return len(rows)


def entry_line(row: Sequence[Any]) -> bytes:
    """The canonical bytes of an entry: JSON, keys sorted, no spaces, UTF-8, time in UTC to the microsecond."""
    facts = dict(zip(COLUMNS, row, strict=True))
    facts["at"] = facts["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def export_lines() -> Iterator[bytes]:
    """The whole trail as lines (without line ends), each block's entries before their block. Streams."""
    after = 0
    for block in AuditBlock.objects.order_by("number").iterator(chunk_size=20):
        yield from _lines_between(after, block.last_seq)
        yield _block_line(block)
        after = max(after, block.last_seq)
    yield from _lines_between(after, None)


def _lines_between(after: int, last: int | None) -> Iterator[bytes]:
    rows = AuditEntry.objects.filter(seq__gt=after).order_by("seq").values_list(*COLUMNS)
    if last is not None:
        rows = rows.filter(seq__lte=last)
    for row in rows.iterator(chunk_size=2000):
        yield entry_line(row)


def _block_line(block: AuditBlock) -> bytes:
    from base64 import b64encode

    facts = {
        "block": block.number,
        "algorithm": block.algorithm,
        "first": block.first_seq,
        "last": block.last_seq,
        "count": block.count,
        "digests": b64encode(block.digests).decode(),
        "previous": bytes(block.previous).hex(),
        "hash": bytes(block.hash).hex(),
        "sealed_at": block.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return json.dumps(facts, separators=(",", ":")).encode()
