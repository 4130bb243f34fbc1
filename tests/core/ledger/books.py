"""A few accounts to post between, opened through the ledger's own door."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from qianhang.core import ledger
from qianhang.core.clock import new_id
from qianhang.core.ledger import Balance, Kind, Transfer


@dataclass
class Books:
    """A treasury that may go negative, two wallets that may not, and an account in another unit."""

    treasury: int
    wallet: int
    payable: int
    tokens: int

    def give(self, amount: int, *, to: int | None = None) -> None:
        ledger.post([move(self.treasury, to or self.wallet, amount)])


def open_books(*, funds: int = 0) -> Books:
    key = new_id()
    books = Books(
        treasury=ledger.open_account(code=f"treasury:{key}", unit="CNY", no_overdraft=False),
        wallet=ledger.open_account(code=f"wallet:{key}", unit="CNY"),
        payable=ledger.open_account(code=f"payable:{key}", unit="CNY"),
        tokens=ledger.open_account(code=f"tokens:{key}", unit="tokens", no_overdraft=False),
    )
    if funds:
        books.give(funds)
    return books


def move(debit: int, credit: int, amount: int, **more: object) -> Transfer:
    return Transfer(**{"id": new_id(), "debit": debit, "credit": credit, "amount": amount, **more})


def hold(debit: int, credit: int, amount: int, **more: object) -> Transfer:
    return move(debit, credit, amount, kind=Kind.PENDING, **more)


def settle(pending: Transfer, amount: int, **more: object) -> Transfer:
    return Transfer(**{"id": new_id(), "kind": Kind.POST, "pending_id": pending.id, "amount": amount, **more})


def release(pending: Transfer, **more: object) -> Transfer:
    return Transfer(**{"id": new_id(), "kind": Kind.VOID, "pending_id": pending.id, "amount": 0, **more})


def everything(books: Books) -> tuple[object, ...]:
    """All that a refusal must leave as it was: every account's counters and the number of transfers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_transfer")
        (transfers,) = cursor.fetchone()
    return (transfers, *(ledger.balance(a) for a in (books.treasury, books.wallet, books.payable, books.tokens)))


def posted(debits: int = 0, credits: int = 0, **pending: int) -> Balance:
    return Balance(debits_posted=debits, credits_posted=credits, **pending)


def ids(transfers: list[Transfer]) -> list[UUID]:
    return [transfer.id for transfer in transfers]
