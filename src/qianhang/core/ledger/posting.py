"""Posting transfers in the caller's own transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from .errors import LedgerRefused
from .transfers import MAX_BATCH, POST_BATCH, Result, Transfer, columns, results


def post_batch(transfers: Sequence[Transfer], *, all_or_none: bool = False, at: datetime | None = None) -> list[Result]:
    """Posts at most MAX_BATCH transfers in one statement and returns one result per transfer, in order.

    Accounts are locked in id order, so that batches never wait for each other in a circle: post once per
    transaction, or each time to accounts of a higher id. `at` may claim a later moment than the database's clock
    when time-outs are judged, never an earlier one. Raises ValueError for a batch that is too long.
    """
    if len(transfers) > MAX_BATCH:
        raise ValueError(f"a batch holds at most {MAX_BATCH} transfers, not {len(transfers)}")
    if not transfers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(POST_BATCH, [*columns(transfers), all_or_none, at])
        return results(cursor.fetchone()[0])


def post(transfers: Sequence[Transfer], *, at: datetime | None = None) -> None:
    """Posts all of them, or writes nothing and raises. A repetition is welcome and changes nothing.

    Raises:
        LedgerRefused: at least one is neither new and right nor in the ledger already.
    """
    answers = post_batch(transfers, all_or_none=True, at=at)
    if not all(answer.is_in_ledger for answer in answers):
        raise LedgerRefused({t.id: answer for t, answer in zip(transfers, answers, strict=True)})
