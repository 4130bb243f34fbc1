"""`verify` proves right books right and names what a superuser did to wrong ones."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from qianhang.core import ledger
from qianhang.core.clock import new_id, now
from qianhang.core.ledger import Kind, Result
from qianhang.core.ledger.cli import app
from tests.core.ledger.books import Books, hold, move, open_books, release, settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books() -> Books:
    """Every kind of transfer once, and one hold left open."""
    books = open_books(funds=100)
    settled, released, open_hold = (hold(books.wallet, books.payable, 10) for _ in range(3))
    ledger.post([settled, released, open_hold, move(books.treasury, books.payable, 7)])
    ledger.post([settle(settled, 6), release(released)])
    return books


@pytest.fixture
def tamper(admin_connection: psycopg.Connection) -> Callable[..., None]:
    """Runs SQL as a superuser with every trigger of this session silent."""

    def run(query: str, *values: object) -> None:
        admin_connection.execute("SET session_replication_role = replica")
        admin_connection.execute(query.encode(), values)
        admin_connection.commit()

    return run


def checks() -> set[str]:
    return {finding.check for finding in ledger.verify().findings}


def test_right_books_verify_with_their_totals(books: Books) -> None:
    report = ledger.verify()
    assert (report.ok, report.findings, report.transfers, report.accounts) == (True, (), 7, 4)
    cny, tokens = report.units
    assert (cny.unit, cny.debits_posted, cny.credits_posted) == ("CNY", 113, 113)
    assert (cny.debits_pending, cny.credits_pending, cny.balances) == (10, 10, True)
    assert (tokens.unit, tokens.accounts, tokens.debits_posted) == ("tokens", 1, 0)


def test_empty_books_verify() -> None:
    report = ledger.verify()
    assert (report.ok, report.transfers, report.accounts) == (True, 0, 0)


def test_a_changed_amount_is_found_on_both_accounts(books: Books, tamper: Callable) -> None:
    tamper("UPDATE ledger_transfer SET amount = 8 WHERE kind = 0 AND debit = %s AND amount = 7", books.treasury)
    report = ledger.verify()
    assert [finding.check for finding in report.findings] == ["counters equal the sum of the transfers"] * 2
    assert {finding.subject.split(":")[0] for finding in report.findings} == {"treasury", "payable"}
    assert "counters 0 107 0 0, transfers sum to 0 108 0 0" in {f.detail.split(" (")[0] for f in report.findings}


def test_a_deleted_transfer_is_found(books: Books, tamper: Callable) -> None:
    tamper("DELETE FROM ledger_transfer WHERE amount = 7")
    assert checks() == {"counters equal the sum of the transfers"}


def test_a_deleted_hold_is_found_by_what_resolved_it(books: Books, tamper: Callable) -> None:
    tamper(
        "DELETE FROM ledger_transfer WHERE id = (SELECT pending_id FROM ledger_transfer WHERE kind = %s)",
        int(Kind.POST),
    )
    report = ledger.verify()
    assert any("which is not there" in finding.detail for finding in report.findings)


def test_an_edited_counter_is_found_and_breaks_the_unit(books: Books, tamper: Callable) -> None:
    tamper("UPDATE ledger_account SET credits_posted = credits_posted + 5 WHERE id = %s", books.wallet)
    assert checks() == {"counters equal the sum of the transfers", "debits equal credits in every unit"}


def test_a_deleted_account_is_found_by_its_transfers(books: Books, tamper: Callable) -> None:
    tamper("DELETE FROM ledger_account WHERE id = %s", books.payable)
    details = {finding.subject for finding in ledger.verify().findings}
    assert f"no account {books.payable}" in details


def test_a_changed_unit_is_found(books: Books, tamper: Callable) -> None:
    tamper("UPDATE ledger_account SET unit = 'EUR' WHERE id = %s", books.payable)
    assert checks() == {"debits equal credits in every unit", "transfers stay within one unit"}


def test_a_redirected_settlement_is_found(books: Books, tamper: Callable) -> None:
    tamper("UPDATE ledger_transfer SET credit = %s WHERE kind = 2", books.treasury)
    assert "every post and void fits its pending transfer" in checks()


def test_a_removed_index_and_a_second_resolution_are_found(books: Books, tamper: Callable) -> None:
    tamper("DROP INDEX ledger_transfer_resolved_once")
    tamper(
        "INSERT INTO ledger_transfer (id, debit, credit, amount, freed, kind, pending_id) "
        "SELECT %s, debit, credit, freed, freed, 3, pending_id FROM ledger_transfer WHERE kind = 2",
        new_id(),
    )
    try:
        assert {"no pending transfer is resolved twice", "triggers and constraints are in place"} <= checks()
    finally:
        tamper("DELETE FROM ledger_transfer WHERE kind = 3 AND seq = (SELECT max(seq) FROM ledger_transfer)")
        tamper(
            "CREATE UNIQUE INDEX ledger_transfer_resolved_once ON ledger_transfer (pending_id)"
            " WHERE pending_id IS NOT NULL"
        )


def test_a_switched_off_trigger_is_found(books: Books, connect_as: Callable[..., psycopg.Connection]) -> None:
    owner = connect_as("qianhang_owner", autocommit=True)
    owner.execute("ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_immutable")
    try:
        (finding,) = ledger.verify().findings
        assert finding.subject == "ledger_transfer_immutable"
    finally:
        owner.execute("ALTER TABLE ledger_transfer ENABLE TRIGGER ledger_transfer_immutable")
    assert ledger.verify().ok


def test_a_hold_that_nobody_swept_is_overdue(books: Books, tamper: Callable) -> None:
    pending = hold(books.wallet, books.payable, 10, timeout_s=60)
    ledger.post([pending])
    assert ledger.verify().ok
    tamper("UPDATE ledger_transfer SET at = at - interval '2 hours' WHERE id = %s", pending.id)
    assert checks() == {"no pending transfer is overdue"}
    assert ledger.void_expired(now()) == 1
    assert ledger.verify().ok


def test_many_findings_are_counted_and_not_all_listed(books: Books, tamper: Callable) -> None:
    for _ in range(30):
        open_books()
    tamper("UPDATE ledger_account SET credits_posted = credits_posted + 1, debits_posted = debits_posted + 1")
    findings = ledger.verify().findings
    assert len(findings) == 21
    assert findings[-1].detail == "and 104 more"


def test_the_command_reports_right_books_and_exits_with_zero(books: Books) -> None:
    answer = CliRunner().invoke(app, ["verify"])
    assert answer.exit_code == 0
    assert "4 accounts, 7 transfers" in answer.output
    assert "posted debits 113 = credits 113" in answer.output
    assert "The books are right." in answer.output


def test_the_command_names_what_is_wrong_and_exits_with_one(books: Books, tamper: Callable) -> None:
    tamper("UPDATE ledger_account SET credits_posted = credits_posted + 5 WHERE id = %s", books.wallet)
    answer = CliRunner().invoke(app, ["verify"])
    assert answer.exit_code == 1
    assert "FAILED  counters equal the sum of the transfers" in answer.output
    assert "posted debits 113 AGAINST credits 118" in answer.output
    as_json = CliRunner().invoke(app, ["verify", "--json"])
    assert as_json.exit_code == 1
    assert '"ok": false' in as_json.output


def test_a_sweep_voids_what_timed_out_once(books: Books) -> None:
    late, early, lasting = (hold(books.wallet, books.payable, 5, timeout_s=s) for s in (60, 30, None))
    ledger.post([late, early, lasting])
    assert ledger.void_expired(now()) == 0
    assert ledger.void_expired(now() + timedelta(seconds=31)) == 1
    assert ledger.post_batch([settle(early, 5)]) == [Result.PENDING_RESOLVED]
    assert ledger.void_expired(now() + timedelta(seconds=61), limit=1) == 1
    assert ledger.void_expired(now() + timedelta(days=99)) == 0
    assert ledger.balance(books.wallet).debits_pending == 15
