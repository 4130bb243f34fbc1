"""Time and identifiers: the only place that reads the clock or draws randomness for business records."""

import os
import time
import uuid
from datetime import UTC, datetime

NAMESPACE = uuid.UUID("6f1c2a52-1f0e-5b7e-9a44-8d0c53f7a1c3")


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A time-ordered identifier (UUID version 7, RFC 9562 section 5.7), so that indexes grow at one end."""
    stamp = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (stamp & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (tail >> 68 & 0xFFF) << 64 | 0b10 << 62
    return uuid.UUID(int=value | tail & ((1 << 62) - 1))


def derived_id(*parts: object) -> uuid.UUID:
    """The same identifier for the same parts (UUID version 5): the idempotency key of a step done twice."""
    return uuid.uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))
