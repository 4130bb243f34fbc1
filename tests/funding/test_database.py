"""What the database itself refuses, and what happens when two come at once."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import Error as DatabaseError

from qianhang.core import ledger
from qianhang.core.clock import new_id, now
from qianhang.funding import queries
from qianhang.funding.errors import InsufficientFunds
from qianhang.funding.models import Hold, Receipt
from qianhang.funding.services import make_payout, place_hold, release_hold, settle_hold

from .conftest import SYSTEM, YUAN


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Runs each call in a thread and a connection of its own, all let go together; an error is an answer too."""
    gate = threading.Barrier(len(calls))
    answers: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            with transaction.atomic():
                answers[place] = call()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def holder(region, yuan, *, reference=None, voucher=None):
    return lambda: place_hold(
        actor=region.developer,
        reference=reference or new_id(),
        organisation_id=region.firm.id,
        amount_micro=yuan * YUAN,
        voucher_id=voucher,
    )


@pytest.mark.django_db(transaction=True)
def test_of_many_holds_on_the_last_money_exactly_one_wins(region, credit):
    credit(10)
    answers = at_once(*[holder(region, 10) for _ in range(6)])
    assert sum(isinstance(answer, InsufficientFunds) for answer in answers) == 5
    assert Hold.objects.count() == 1
    seen = queries.wallet_of(actor=region.developer, organisation_id=region.firm.id)
    assert (seen.available_micro, seen.held_micro) == (0, 10 * YUAN)


@pytest.mark.django_db(transaction=True)
def test_one_reference_held_by_many_at_once_holds_once(region, credit):
    credit(50)
    reference = new_id()
    answers = at_once(*[holder(region, 10, reference=reference) for _ in range(6)])
    assert len({answer.id for answer in answers}) == 1
    seen = queries.wallet_of(actor=region.developer, organisation_id=region.firm.id)
    assert seen.held_micro == 10 * YUAN


@pytest.mark.django_db(transaction=True)
def test_holds_on_the_last_of_a_voucher_never_hold_more_than_it_has(region, credit, voucher):
    credit(1000)
    answers = at_once(*[holder(region, 80, voucher=voucher) for _ in range(5)])
    held = [answer.voucher_micro // YUAN for answer in answers if not isinstance(answer, Exception)]
    # Half of 80 is 40: two get all of their share, one gets what is left, and for the others nothing is left.
    assert sorted(held) == [20, 40, 40]
    assert {answer.reason for answer in answers if isinstance(answer, Exception)} == {"empty"}
    seen = queries.voucher_of(actor=SYSTEM, voucher_id=voucher)
    assert (seen.held, seen.available) == (100 * YUAN, 0)


@pytest.mark.django_db(transaction=True)
def test_settling_and_releasing_at_once_does_exactly_one_of_them(region, credit, metered):
    credit(50)
    reference = new_id()
    holder(region, 20, reference=reference)()
    line = metered(reference, 3_600_000, 12 * YUAN)
    at_once(
        lambda: settle_hold(
            actor=SYSTEM,
            reference=reference,
            supplier_id=region.supplier.id,
            lines=[line],
            occurred_at=now(),
        ),
        lambda: release_hold(actor=SYSTEM, reference=reference, reason="cancelled"),
    )
    state = Hold.objects.get(reference=reference).state
    seen = queries.wallet_of(actor=region.developer, organisation_id=region.firm.id)
    outcome = (state, Receipt.objects.count(), seen.spent_micro, seen.held_micro)
    assert outcome in {("settled", 1, 12 * YUAN, 0), ("released", 0, 0, 0)}


@pytest.fixture
def paid(region, credit, metered):
    """A receipt with a line, a payout and an appropriation."""
    credit(50)
    reference = new_id()
    holder(region, 20, reference=reference)()
    settle_hold(
        actor=SYSTEM,
        reference=reference,
        supplier_id=region.supplier.id,
        lines=[metered(reference, 3_600_000, 12 * YUAN)],
        occurred_at=now(),
    )
    make_payout(
        actor=region.official,
        supplier_id=region.supplier.id,
        amount_micro=YUAN,
        bank_reference="bank 7",
        key="p1",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE funding_receipt SET total_micro = total_micro",
        "DELETE FROM funding_receipt",
        "UPDATE funding_receiptline SET amount_micro = 0",
        "DELETE FROM funding_receiptline",
        "UPDATE funding_payout SET amount_micro = 1",
        "DELETE FROM funding_payout",
        "UPDATE funding_appropriation SET amount = 1",
        "DELETE FROM funding_appropriation",
        "DELETE FROM funding_hold",
        "DELETE FROM funding_voucher",
        "DELETE FROM funding_wallet",
        "TRUNCATE funding_receipt CASCADE",
    ],
)
def test_the_application_cannot_change_what_was_charged_or_paid(statement, app_role, voucher, paid):
    with app_role(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE funding_receipt SET number = 'R-forged'",
        "DELETE FROM funding_receiptline",
        "UPDATE funding_payout SET bank_reference = 'elsewhere'",
    ],
)
def test_even_the_owner_of_the_tables_cannot_change_them(statement, connect_as, region, paid):
    owner = connect_as("qianhang_owner")
    with pytest.raises(psycopg.errors.RestrictViolation, match="a correction is a new row"):
        owner.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_numbers_are_readable_and_never_given_twice(region, credit):
    credit(50)
    references = [new_id() for _ in range(8)]
    for reference in references:
        holder(region, 1, reference=reference)()
    at_once(
        *[
            lambda reference=reference: settle_hold(
                actor=SYSTEM,
                reference=reference,
                supplier_id=region.supplier.id,
                lines=[],
                occurred_at=now(),
            )
            for reference in references
        ]
    )
    numbers = list(Receipt.objects.values_list("number", flat=True))
    assert len(set(numbers)) == 8
    assert all(len(number) == 16 and number[0] == "R" and number[9] == "-" for number in numbers)


def test_all_that_is_inside_equals_what_came_in(region, credit, voucher, paid):
    codes = ["treasury:CNY", f"wallet:{region.firm.id}", f"voucher:{voucher}", f"payable:{region.supplier.id}"]
    balances = ledger.balances(codes)
    pool = queries.programme_by_slug(actor=SYSTEM, slug="half").available
    inside = sum(balances[code].available for code in codes[1:]) + pool
    assert inside == -balances["treasury:CNY"].available == (50 + 250 - 1) * YUAN
