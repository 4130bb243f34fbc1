"""Single calls from many threads become batches; every caller gets its own answer, whatever happens to the link."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from qianhang.appliance.postgres import APP, EmbeddedPostgres
from qianhang.core import ledger
from qianhang.core.clock import derived_id, new_id
from qianhang.core.ledger import Coalescer, LedgerUnavailable, Result, Transfer
from tests.core.ledger.books import Books, move, open_books, posted
from tests.harness.database import TEST_DATABASE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conninfo(database: EmbeddedPostgres) -> str:
    return database.url(role=APP, database=TEST_DATABASE) + " application_name=coalescer"


@pytest.fixture
def coalescer(conninfo: str) -> Iterator[Coalescer]:
    with Coalescer(conninfo) as coalescer:
        yield coalescer


def test_every_thread_gets_its_own_answer(coalescer: Coalescer) -> None:
    books, key = open_books(funds=300), new_id()

    def pay(i: int) -> Result:
        transfer = Transfer(id=derived_id(key, i % 400), debit=books.wallet, credit=books.payable, amount=1)
        return coalescer.post(transfer, timeout_s=60)

    with ThreadPoolExecutor(32) as pool:
        answers = Counter(pool.map(pay, range(800)))
    assert answers[Result.OK] == 300
    assert answers.total() == 800
    assert ledger.balance(books.wallet) == posted(debits=300, credits=300)


def test_what_waits_together_is_written_in_one_commit(
    coalescer: Coalescer, connect_as: Callable[..., psycopg.Connection]
) -> None:
    books = open_books(funds=300)
    blocker = connect_as("qianhang_owner")
    blocker.execute("SELECT FROM ledger_account WHERE id = %s FOR UPDATE", [books.wallet])
    waiting = [coalescer.submit([move(books.wallet, books.payable, 1)]) for _ in range(200)]
    blocker.rollback()
    assert [future.result(timeout=60) for future in waiting] == [[Result.OK]] * 200
    (batches,) = blocker.execute(
        "SELECT count(DISTINCT xmin::text) FROM ledger_transfer WHERE debit = %s", [books.wallet]
    ).fetchone()
    assert batches <= 2  # The first may have gone alone; the rest gathered while it waited.


def test_a_group_stays_together_and_its_neighbours_do_not_share_its_fate(coalescer: Coalescer) -> None:
    books, link = open_books(funds=10), new_id()
    group = coalescer.submit([move(books.wallet, books.payable, amount, link=link) for amount in (6, 6)])
    single = coalescer.submit([move(books.wallet, books.payable, 10)])
    assert group.result(timeout=60) == [Result.LINKED_FAILED, Result.EXCEEDS_CREDITS]
    assert single.result(timeout=60) == [Result.OK]


def test_a_request_that_cannot_be_sent_fails_alone(
    coalescer: Coalescer, connect_as: Callable[..., psycopg.Connection]
) -> None:
    books = open_books(funds=10)
    blocker = connect_as("qianhang_owner")
    blocker.execute("SELECT FROM ledger_account WHERE id = %s FOR UPDATE", [books.wallet])
    first = coalescer.submit([move(books.wallet, books.payable, 1)])
    good = coalescer.submit([move(books.wallet, books.payable, 1)])
    bad = coalescer.submit([move(books.wallet, books.payable, 1, code="nul \x00 byte")])
    also_good = coalescer.submit([move(books.wallet, books.payable, 1)])
    blocker.rollback()
    assert [future.result(timeout=60) for future in (first, good, also_good)] == [[Result.OK]] * 3
    with pytest.raises(psycopg.DataError):
        bad.result(timeout=60)
    assert ledger.balance(books.payable) == posted(credits=3)


def test_lost_connections_lose_nothing_and_book_nothing_twice(
    coalescer: Coalescer, connect_as: Callable[..., psycopg.Connection]
) -> None:
    books = open_books(funds=2000)
    killer = connect_as("postgres", autocommit=True)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coalescer'"
    kills = 0

    def pay(i: int) -> bool:
        return coalescer.post(move(books.wallet, books.payable, 1), timeout_s=60).is_in_ledger

    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(pay, range(2000))
        for i, answer in enumerate(answers):
            assert answer
            if i % 250 == 100:
                kills += len(killer.execute(kill).fetchall())
    assert kills >= 3
    assert ledger.balance(books.wallet) == posted(debits=2000, credits=2000)
    assert ledger.verify().ok


def test_without_a_database_callers_are_told_and_nothing_hangs() -> None:
    with Coalescer("host=/nowhere dbname=none", patience_s=0.0) as coalescer:
        future = coalescer.submit([move(1, 2, 1)])
        with pytest.raises(LedgerUnavailable):
            future.result(timeout=60)


def test_closing_writes_what_waits_and_then_takes_nothing(conninfo: str) -> None:
    books = open_books(funds=100)
    coalescer = Coalescer(conninfo, max_batch=7)
    waiting = [coalescer.submit([move(books.wallet, books.payable, 1)]) for _ in range(100)]
    coalescer.close()
    assert [future.result(timeout=0) for future in waiting] == [[Result.OK]] * 100
    with pytest.raises(LedgerUnavailable):
        coalescer.submit([move(books.wallet, books.payable, 1)])
    coalescer.close()


def test_more_than_it_can_hold_is_refused_at_the_door(conninfo: str, connect_as: Callable) -> None:
    books = open_books(funds=100)
    blocker = connect_as("qianhang_owner")
    blocker.execute("SELECT FROM ledger_account WHERE id = %s FOR UPDATE", [books.wallet])
    with Coalescer(conninfo, max_batch=2, max_waiting=4) as coalescer:
        # At most one batch of two is in flight already, four transfers wait, nothing else gets in.
        taken = [call for call in [try_to_submit(coalescer, books) for _ in range(10)] if call is not None]
        assert 4 <= len(taken) <= 6
        with pytest.raises(ValueError, match="at most 2"):
            coalescer.submit([move(books.wallet, books.payable, 1) for _ in range(3)])
        assert coalescer.submit([]).result(timeout=0) == []
        blocker.rollback()
        assert [future.result(timeout=60) for future in taken] == [[Result.OK]] * len(taken)


def try_to_submit(coalescer: Coalescer, books: Books) -> "Future[list[Result]] | None":
    try:
        return coalescer.submit([move(books.wallet, books.payable, 1)])
    except LedgerUnavailable:
        return None


def test_a_cancelled_call_is_not_posted(conninfo: str, connect_as: Callable) -> None:
    books = open_books(funds=100)
    blocker = connect_as("qianhang_owner")
    blocker.execute("SELECT FROM ledger_account WHERE id = %s FOR UPDATE", [books.wallet])
    with Coalescer(conninfo, max_batch=1) as coalescer:
        calls = [coalescer.submit([move(books.wallet, books.payable, 1)]) for _ in range(5)]
        assert calls[-1].cancel()
        blocker.rollback()
        assert [call.result(timeout=60) for call in calls[:-1]] == [[Result.OK]] * 4
    assert ledger.balance(books.payable) == posted(credits=4)
