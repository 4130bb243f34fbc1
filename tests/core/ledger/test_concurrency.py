"""Many writers at once, at READ COMMITTED: limits hold, ids count once, nobody gets an error."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from qianhang.appliance.postgres import APP, EmbeddedPostgres
from qianhang.core import ledger
from qianhang.core.clock import derived_id, new_id
from qianhang.core.ledger import Balance, Result, Transfer
from qianhang.core.ledger.transfers import POST_BATCH, columns, results
from tests.core.ledger.books import hold, move, open_books, posted, release, settle
from tests.harness.database import TEST_DATABASE

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8


@pytest.fixture
def together(database: EmbeddedPostgres) -> Callable[..., list[list[Result]]]:
    """Runs one list of batches per writer, each on its own connection, all starting at the same moment."""

    def run(work: Sequence[Sequence[Sequence[Transfer]]]) -> list[list[Result]]:
        start = threading.Barrier(len(work))

        def write(batches: Sequence[Sequence[Transfer]]) -> list[Result]:
            answers: list[Result] = []
            with database.connect(role=APP, database=TEST_DATABASE, autocommit=True) as connection:
                start.wait(timeout=30)
                for batch in batches:
                    answers += post_on(connection, batch)
            return answers

        with ThreadPoolExecutor(len(work)) as pool:
            return [done.result(timeout=120) for done in [pool.submit(write, batches) for batches in work]]

    return run


def post_on(connection: psycopg.Connection, batch: Sequence[Transfer]) -> list[Result]:
    row = connection.execute(POST_BATCH, [*columns(batch), False, None]).fetchone()
    assert row is not None
    return results(row[0])


def test_eight_writers_with_overlapping_ids_spend_a_thousand_units_exactly_once(together: Callable) -> None:
    """Every writer asks for most of the same 1,500 transfers of one unit, in its own order and batch size."""
    books, key = open_books(funds=1000), new_id()
    asked = [Transfer(id=derived_id(key, i), debit=books.wallet, credit=books.payable, amount=1) for i in range(1500)]
    work = []
    for writer in range(WRITERS):
        turned = asked[writer * 180 :] + asked[: writer * 180]
        size = 1 + 17 * writer
        work.append([turned[i : i + size] for i in range(0, 900, size)])
    answers = Counter(answer for per_writer in together(work) for answer in per_writer)
    assert answers[Result.OK] == 1000
    assert set(answers) == {Result.OK, Result.EXISTS, Result.EXCEEDS_CREDITS}
    assert ledger.balance(books.wallet) == posted(debits=1000, credits=1000)
    assert ledger.verify().ok


def test_the_same_new_id_on_different_accounts_is_ok_once_and_different_everywhere_else(
    together: Callable,
) -> None:
    """Nothing makes these writers wait for each other but the id itself."""
    key = new_id()
    sets = [open_books(funds=100) for _ in range(WRITERS)]
    work = [
        [[Transfer(id=derived_id(key, i), debit=books.wallet, credit=books.payable, amount=1)] for i in range(40)]
        for books in sets
    ]
    answers = Counter(answer for per_writer in together(work) for answer in per_writer)
    assert answers == {Result.OK: 40, Result.EXISTS_DIFFERENT: 40 * (WRITERS - 1)}
    assert sum(ledger.balance(books.payable).credits_posted for books in sets) == 40


def test_batches_over_random_accounts_never_wait_for_each_other_in_a_circle(together: Callable) -> None:
    """Without one order of locking, these writers end in deadlocks within a few batches."""
    chance, key = random.Random(7), new_id()
    accounts = [ledger.open_account(code=f"{key}:{i}", unit="CNY", no_overdraft=False) for i in range(40)]

    def batch() -> list[Transfer]:
        return [move(*chance.sample(accounts, 2), 1) for _ in range(chance.randint(2, 30))]

    work = [[batch() for _ in range(40)] for _ in range(WRITERS)]
    answers = Counter(answer for per_writer in together(work) for answer in per_writer)
    assert set(answers) == {Result.OK}
    assert ledger.verify().ok


def test_a_hold_raced_for_by_settlements_and_releases_is_resolved_once(together: Callable) -> None:
    books = open_books(funds=1000)
    pending = [hold(books.wallet, books.payable, 20) for _ in range(50)]
    ledger.post(pending)
    work = [
        [[settle(one, 5) if (i + writer) % 2 else release(one)] for i, one in enumerate(pending)]
        for writer in range(WRITERS)
    ]
    per_writer = together(work)
    for i in range(len(pending)):
        assert sorted(answers[i] for answers in per_writer) == [Result.OK] + [Result.PENDING_RESOLVED] * (WRITERS - 1)
    settled = ledger.balance(books.payable).credits_posted
    assert ledger.balance(books.wallet) == Balance(debits_posted=settled, credits_posted=1000)
    assert ledger.verify().ok


def test_an_id_committed_while_a_batch_waits_for_it_exists(connect_as: Callable[..., psycopg.Connection]) -> None:
    """The second writer has read that the id is free, then waits at the index until the first commits."""
    books, others = open_books(funds=10), open_books(funds=10)
    first, second = connect_as(), connect_as(autocommit=True)
    key = new_id()
    mine = Transfer(id=key, debit=books.wallet, credit=books.payable, amount=1)
    theirs = Transfer(id=key, debit=others.wallet, credit=others.payable, amount=1)
    also = move(others.wallet, others.payable, 2)
    assert post_on(first, [mine]) == [Result.OK]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post_on, second, [theirs, also])
        until_blocked(connect_as("postgres", autocommit=True), second.info.backend_pid)
        first.commit()
        assert waiting.result(timeout=30) == [Result.EXISTS_DIFFERENT, Result.OK]
    assert ledger.balance(others.payable) == posted(credits=2)


def test_an_id_rolled_back_while_a_batch_waits_for_it_is_free(connect_as: Callable[..., psycopg.Connection]) -> None:
    books = open_books(funds=10)
    first, second = connect_as(), connect_as(autocommit=True)
    mine = move(books.wallet, books.payable, 10)
    assert post_on(first, [mine]) == [Result.OK]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post_on, second, [mine])
        until_blocked(connect_as("postgres", autocommit=True), second.info.backend_pid)
        first.rollback()
        assert waiting.result(timeout=30) == [Result.OK]
    assert ledger.balance(books.wallet).available == 0


def test_writers_that_open_the_same_account_at_once_get_the_same_one(database: EmbeddedPostgres) -> None:
    codes, start = [f"{new_id()}:{i}" for i in range(30)], threading.Barrier(WRITERS)

    def open_all(_: int) -> list[int]:
        with database.connect(role=APP, database=TEST_DATABASE, autocommit=True) as connection:
            start.wait(timeout=30)
            opened = "SELECT id FROM ledger_open_account(%s, 'CNY', NULL, true)"
            return [connection.execute(opened, [code]).fetchone()[0] for code in codes]

    with ThreadPoolExecutor(WRITERS) as pool:
        found = list(pool.map(open_all, range(WRITERS)))
    assert found == [[ledger.account_id(code) for code in codes]] * WRITERS
    assert len(set(found[0])) == len(codes)


def until_blocked(watcher: psycopg.Connection, pid: int) -> None:
    """Returns when the session waits for another one's lock."""
    blocked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    while watcher.execute(blocked, [pid]).fetchone() != (True,):
        pass
