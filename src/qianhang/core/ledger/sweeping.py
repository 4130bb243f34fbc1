"""Voiding pending transfers whose time is over, so that what they set aside is free again."""

from datetime import datetime

from django.db import connection

from qianhang.core.clock import derived_id

from .posting import post_batch
from .transfers import MAX_BATCH, Kind, Result, Transfer

_EXPIRED = """
SELECT pending.id, pending.reference
FROM ledger_transfer AS pending
WHERE pending.timeout_s IS NOT NULL
    AND pending.at + pending.timeout_s * interval '1 second' <= %s
    AND NOT EXISTS (SELECT FROM ledger_transfer AS r WHERE r.pending_id = pending.id)
ORDER BY pending.seq
LIMIT %s
"""


def void_expired(now: datetime, *, limit: int = 1000) -> int:
    """Voids up to `limit` pending transfers that timed out by `now`, and returns how many. Run it again until 0.

    The voids' ids are derived from what they void: two sweeps at once, or one that is repeated, void each once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [now, min(limit, MAX_BATCH)])
        voids = [
            Transfer(
                id=derived_id("ledger.expired", pending_id),
                amount=0,
                kind=Kind.VOID,
                pending_id=pending_id,
                code="expired",
                reference=reference,
            )
            for pending_id, reference in cursor.fetchall()
        ]
    return post_batch(voids, at=now).count(Result.OK)
