"""What raw SQL cannot do to the books: with the application's role, with the owner's, and as superuser in passing."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from qianhang.core import ledger
from qianhang.core.clock import now
from qianhang.core.ledger import Result
from tests.core.ledger.books import Books, everything, hold, open_books, settle

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = [
    "UPDATE ledger_transfer SET amount = amount + 1",
    "UPDATE ledger_transfer SET code = code",
    "DELETE FROM ledger_transfer",
    "TRUNCATE ledger_transfer",
    "UPDATE ledger_account SET credits_posted = credits_posted + 1",
    "UPDATE ledger_account SET debits_pending = 0",
    "UPDATE ledger_account SET no_overdraft = false WHERE no_overdraft",
    "UPDATE ledger_account SET unit = 'tokens' WHERE unit = 'CNY'",
    "UPDATE ledger_account SET organisation_id = gen_random_uuid()",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account",
    "INSERT INTO ledger_account (code, unit, no_overdraft, credits_posted) VALUES ('rich', 'CNY', true, 1000)",
]
INSERT = "INSERT INTO ledger_transfer (id, debit, credit, amount, freed, kind, pending_id) VALUES "


@pytest.fixture
def books() -> Books:
    books = open_books(funds=100)
    ledger.post([hold(books.wallet, books.payable, 40)])
    return books


@pytest.mark.parametrize("role", ["qianhang_app", "qianhang_owner", "postgres"])
@pytest.mark.parametrize("change", CHANGES)
def test_history_and_counters_cannot_be_edited(
    books: Books, connect_as: Callable[..., psycopg.Connection], role: str, change: str
) -> None:
    before = everything(books)
    with pytest.raises(errors.InsufficientPrivilege), connect_as(role) as raw:
        raw.execute(change.encode())
    assert everything(books) == before


def test_the_application_cannot_insert_a_transfer_beside_the_door(
    books: Books, app_connection: psycopg.Connection
) -> None:
    before = everything(books)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table ledger_transfer"):
        app_connection.execute(
            "INSERT INTO ledger_transfer (id, debit, credit, amount, kind) VALUES (gen_random_uuid(), %s, %s, 1, 0)",
            [books.wallet, books.payable],
        )
    app_connection.rollback()
    assert everything(books) == before


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 61, 0, 0, NULL)", "ledger_account_no_overdraft"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 61, 0, 1, NULL)", "ledger_account_no_overdraft"),
        ("(gen_random_uuid(), %(wallet)s, %(wallet)s, 1, 0, 0, NULL)", "ledger_transfer_two_accounts"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 0, 0, 0, NULL)", "ledger_transfer_amount_in_range"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, -1, 0, 0, NULL)", "ledger_transfer_amount_in_range"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 1, 9, 0, NULL)", "ledger_transfer_shape"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 5, 4, 2, gen_random_uuid())", "ledger_transfer_shape"),
        ("(gen_random_uuid(), %(wallet)s, %(payable)s, 41, 41, 3, gen_random_uuid())", "ledger_account_in_range"),
    ],
)
def test_even_a_superuser_cannot_insert_past_the_limits(
    books: Books, admin_connection: psycopg.Connection, row: str, constraint: str
) -> None:
    before = everything(books)
    with pytest.raises(errors.CheckViolation) as refusal:
        admin_connection.execute(
            (INSERT + row).encode(),
            {"wallet": books.wallet, "payable": books.payable},
        )
    admin_connection.rollback()
    assert refusal.value.diag.constraint_name == constraint
    assert everything(books) == before


def test_a_transfer_inserted_by_a_superuser_still_moves_the_counters(
    books: Books, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute(
        "INSERT INTO ledger_transfer (id, debit, credit, amount, kind) VALUES (gen_random_uuid(), %s, %s, 60, 0)",
        [books.wallet, books.payable],
    )
    admin_connection.commit()
    assert ledger.balance(books.wallet).available == 0
    assert ledger.verify().ok


def test_the_functions_cannot_be_fooled_by_a_temporary_table(books: Books, app_connection: psycopg.Connection) -> None:
    """The door runs with its owner's rights: a caller's temporary table of the same name must not come first."""
    before = everything(books)
    app_connection.execute("CREATE TEMPORARY TABLE ledger_account (LIKE public.ledger_account)")
    app_connection.execute("CREATE TEMPORARY TABLE ledger_transfer (LIKE public.ledger_transfer)")
    app_connection.execute("SET search_path = pg_temp, public")
    row = app_connection.execute(
        "SELECT public.ledger_post_batch(ARRAY[gen_random_uuid()], ARRAY[%s::bigint], ARRAY[%s::bigint], "
        "ARRAY[61::bigint], ARRAY[0::smallint], ARRAY[NULL::uuid], ARRAY[NULL::uuid], ARRAY[''], ARRAY[NULL::uuid], "
        "ARRAY[NULL::integer])",
        [books.wallet, books.payable],
    ).fetchone()
    assert row == (["exceeds_credits"],)
    app_connection.commit()
    assert everything(books) == before


def test_claiming_an_earlier_clock_does_not_bring_an_expired_hold_back(
    books: Books, admin_connection: psycopg.Connection
) -> None:
    pending = hold(books.wallet, books.payable, 10, timeout_s=60)
    ledger.post([pending])
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute("UPDATE ledger_transfer SET at = at - interval '2 minutes' WHERE id = %s", [pending.id])
    admin_connection.commit()
    long_ago = now() - timedelta(days=1)
    assert ledger.post_batch([settle(pending, 1)], at=long_ago) == [Result.PENDING_EXPIRED]


def test_inner_functions_are_not_for_the_application(app_connection: psycopg.Connection) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app_connection.execute("SELECT ledger_decide_in_order('{}')")
    app_connection.rollback()
