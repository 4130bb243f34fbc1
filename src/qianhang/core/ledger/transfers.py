"""What is asked of the ledger and what it answers: plain values, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

MAX_BATCH = 8190
MAX_AMOUNT = 2**62 - 1


class Kind(IntEnum):
    SINGLE = 0
    PENDING = 1
    POST = 2
    VOID = 3


class Result(StrEnum):
    """The answer to one transfer. Only OK wrote something; OK and EXISTS both mean: it is in the ledger."""

    OK = "ok"
    EXISTS = "exists"
    EXISTS_DIFFERENT = "exists_different"
    MALFORMED = "malformed"
    INVALID_AMOUNT = "invalid_amount"
    ACCOUNT_NOT_FOUND = "account_not_found"
    SAME_ACCOUNT = "same_account"
    UNIT_MISMATCH = "unit_mismatch"
    EXCEEDS_CREDITS = "exceeds_credits"
    OVERFLOWS = "overflows"
    PENDING_NOT_FOUND = "pending_not_found"
    PENDING_DIFFERENT = "pending_different"
    PENDING_RESOLVED = "pending_resolved"
    PENDING_EXPIRED = "pending_expired"
    EXCEEDS_PENDING = "exceeds_pending"
    LINKED_FAILED = "linked_failed"

    @property
    def is_in_ledger(self) -> bool:
        return self in {Result.OK, Result.EXISTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One movement of `amount` (an integer in the accounts' unit) from `debit` to `credit` (account ids).

    `id` is the caller's and makes a repetition harmless: derive it from what happened (core.clock.derived_id).
    PENDING sets the amount aside; after `timeout_s` it can only be voided. POST and VOID name it in `pending_id` and
    may leave the accounts out; a POST of less than the pending amount frees the rest; a VOID's amount may be 0.
    Transfers of one batch with the same `link` are written all or none.
    """

    id: UUID
    amount: int
    debit: int | None = None
    credit: int | None = None
    kind: Kind = Kind.SINGLE
    pending_id: UUID | None = None
    link: UUID | None = None
    code: str = ""
    reference: UUID | None = None
    timeout_s: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's four counters, in its unit."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def available(self) -> int:
        """What can still be debited without an overdraft."""
        return self.credits_posted - self.debits_posted - self.debits_pending


POST_BATCH = (
    "SELECT ledger_post_batch(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::uuid[],"
    " %s::uuid[], %s::text[], %s::uuid[], %s::integer[], %s::boolean, %s::timestamptz)"
)


def columns(transfers: Sequence[Transfer]) -> list[list[Any]]:
    """The batch turned on its side, as the first ten arguments of POST_BATCH take it.

    An amount that no bigint holds goes as -1, so that its transfer is refused instead of the whole batch.
    """
    return [
        [t.id for t in transfers],
        [t.debit for t in transfers],
        [t.credit for t in transfers],
        [t.amount if 0 <= t.amount <= MAX_AMOUNT else -1 for t in transfers],
        [int(t.kind) for t in transfers],
        [t.pending_id for t in transfers],
        [t.link for t in transfers],
        [t.code for t in transfers],
        [t.reference for t in transfers],
        [t.timeout_s for t in transfers],
    ]


def results(codes: Iterable[str]) -> list[Result]:
    return [Result(code) for code in codes]
