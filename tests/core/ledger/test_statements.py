"""What pages read: an account's statement, a page at a time, and everything posted for one reference."""

import pytest

from qianhang.core import ledger
from qianhang.core.clock import new_id
from qianhang.core.ledger import Kind
from tests.core.ledger.books import hold, ids, move, open_books, release, settle

pytestmark = pytest.mark.django_db


def test_a_statement_is_read_page_by_page_newest_first_without_gaps_or_repeats() -> None:
    books = open_books()
    transfers = [
        move(books.treasury, books.wallet, 10 + i) if i % 2 else move(books.treasury, books.payable, 10 + i)
        for i in range(30)
    ]
    ledger.post(transfers)
    seen, cursor, pages = [], None, 0
    while True:
        page = ledger.statement(books.treasury, cursor=cursor, limit=7)
        seen += [line.id for line in page.transfers]
        pages += 1
        if (cursor := page.next) is None:
            break
    assert seen == ids(transfers)[::-1]
    assert pages == 5
    assert [line.id for line in ledger.statement(books.wallet).transfers] == ids(transfers)[1::2][::-1]


def test_a_page_that_ends_with_the_last_transfer_has_no_next() -> None:
    books = open_books()
    ledger.post([move(books.treasury, books.wallet, 1) for _ in range(4)])
    assert ledger.statement(books.wallet, limit=4).next is None
    assert ledger.statement(books.wallet, limit=3).next is not None
    assert ledger.statement(books.tokens).transfers == ()


def test_a_reference_tells_its_story_in_order() -> None:
    books, run = open_books(funds=100), new_id()
    pending = hold(books.wallet, books.payable, 50, reference=run, code="hold")
    ledger.post([pending])
    ledger.post([settle(pending, 30, reference=run, code="settle")])
    other = hold(books.wallet, books.payable, 9)
    ledger.post([other])
    ledger.post([release(other)])
    held, settled = ledger.transfers_of(run)
    assert (held.kind, held.amount, held.pending, held.posted, held.code) == (Kind.PENDING, 50, 50, 0, "hold")
    assert (settled.kind, settled.amount, settled.pending, settled.posted) == (Kind.POST, 30, -50, 30)
    assert (settled.debit.split(":")[0], settled.credit.split(":")[0], settled.unit) == ("wallet", "payable", "CNY")
    assert settled.pending_id == pending.id
    assert ledger.transfers_of(new_id()) == []


def test_balances_come_by_code_in_one_query(django_assert_num_queries) -> None:
    books = open_books(funds=100)
    codes = [line.credit for line in ledger.statement(books.wallet).transfers] + ["nobody"]
    with django_assert_num_queries(1):
        found = ledger.balances(codes)
    assert {code: balance.available for code, balance in found.items()} == {codes[0]: 100}
