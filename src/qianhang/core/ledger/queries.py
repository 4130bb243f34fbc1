"""Reading transfers for pages: what happened for one reference, and an account's statement."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from .transfers import Kind

_COLUMNS = """
SELECT t.seq, t.id, t.at, t.kind, t.amount, t.freed, d.code, c.code, d.unit, t.code, t.reference, t.pending_id
"""
_ACCOUNTS = "JOIN ledger_account AS d ON d.id = t.debit JOIN ledger_account AS c ON c.id = t.credit"
_OF_REFERENCE = f"{_COLUMNS} FROM ledger_transfer AS t {_ACCOUNTS} WHERE t.reference = %s ORDER BY t.seq"
# Each half walks its own index backwards and stops after a page, however long the account's history is.
_STATEMENT = f"""
{_COLUMNS} FROM (
    (SELECT * FROM ledger_transfer WHERE debit = %(account)s AND seq < %(before)s ORDER BY seq DESC LIMIT %(rows)s)
    UNION ALL
    (SELECT * FROM ledger_transfer WHERE credit = %(account)s AND seq < %(before)s ORDER BY seq DESC LIMIT %(rows)s)
) AS t {_ACCOUNTS}
ORDER BY t.seq DESC LIMIT %(rows)s
"""  # noqa: S608 - built from the constants above
_NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer with its accounts' codes. `amount` and `freed` are in `unit`."""

    seq: int
    id: UUID
    at: datetime
    kind: Kind
    amount: int
    freed: int
    debit: str
    credit: str
    unit: str
    code: str
    reference: UUID | None
    pending_id: UUID | None

    @property
    def posted(self) -> int:
        """What it moved for good: nothing for a pending transfer or a void."""
        return self.amount if self.kind in {Kind.SINGLE, Kind.POST} else 0

    @property
    def pending(self) -> int:
        """What it set aside (positive) or freed (negative)."""
        return self.amount if self.kind is Kind.PENDING else -self.freed


_FIELDS = tuple(field.name for field in fields(TransferView))


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Newest first. `next` is the cursor of the following page, None on the last one."""

    transfers: tuple[TransferView, ...]
    next: int | None


def transfers_of(reference: UUID) -> list[TransferView]:
    """Everything posted for one reference, in the order it was posted."""
    return _read(_OF_REFERENCE, [reference])


def statement(account_id: int, *, cursor: int | None = None, limit: int = 50) -> StatementPage:
    """An account's transfers, newest first, a page at a time; `cursor` is the last page's `next`."""
    rows = _read(
        _STATEMENT,
        {"account": account_id, "before": _NEWEST if cursor is None else cursor, "rows": limit + 1},
    )
    page = tuple(rows[:limit])
    return StatementPage(transfers=page, next=page[-1].seq if len(rows) > limit else None)


def _read(query: str, values: Sequence[Any] | dict[str, Any]) -> list[TransferView]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = [dict(zip(_FIELDS, row, strict=True)) for row in cursor.fetchall()]
    return [TransferView(**row | {"kind": Kind(row["kind"])}) for row in rows]
