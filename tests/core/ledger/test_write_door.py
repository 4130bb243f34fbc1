"""One batch through the door: what each transfer is answered, and what is in the books afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from qianhang.core import ledger
from qianhang.core.clock import new_id, now
from qianhang.core.ledger import MAX_AMOUNT, MAX_BATCH, Balance, Kind, LedgerRefused, Result, Transfer
from tests.core.ledger.books import everything, hold, move, open_books, posted, release, settle

pytestmark = pytest.mark.django_db


def test_a_transfer_debits_one_account_and_credits_the_other() -> None:
    books = open_books(funds=100)
    assert ledger.post_batch([move(books.wallet, books.payable, 30)]) == [Result.OK]
    assert ledger.balance(books.wallet) == posted(debits=30, credits=100)
    assert ledger.balance(books.payable) == posted(credits=30)
    assert ledger.balance(books.wallet).available == 70


def test_a_repeated_transfer_exists_and_a_changed_one_is_told_apart() -> None:
    books = open_books(funds=100)
    first = move(books.wallet, books.payable, 30, code="fee", reference=new_id())
    ledger.post([first])
    before = everything(books)
    changes = [
        {"amount": 31},
        {"debit": books.payable, "credit": books.wallet},
        {"code": "other"},
        {"reference": new_id()},
        {"link": new_id()},
        {"kind": Kind.PENDING},
    ]
    assert ledger.post_batch([first]) == [Result.EXISTS]
    for change in changes:
        assert ledger.post_batch([replace(first, **change)]) == [Result.EXISTS_DIFFERENT], change
    assert everything(books) == before


def test_only_the_row_that_overdraws_is_refused() -> None:
    books = open_books(funds=100)
    batch = [move(books.wallet, books.payable, amount) for amount in (60, 50, 40)]
    assert ledger.post_batch(batch) == [Result.OK, Result.EXCEEDS_CREDITS, Result.OK]
    assert ledger.balance(books.wallet) == posted(debits=100, credits=100)


def test_money_received_in_a_batch_can_be_spent_later_in_it_and_not_before() -> None:
    books = open_books()
    spend = [move(books.wallet, books.payable, 10) for _ in range(2)]
    receive = move(books.treasury, books.wallet, 10)
    assert ledger.post_batch([spend[0], receive, spend[1]]) == [Result.EXCEEDS_CREDITS, Result.OK, Result.OK]


def test_the_same_id_twice_in_a_batch_counts_once() -> None:
    books = open_books(funds=100)
    one = move(books.wallet, books.payable, 30)
    other = replace(one, amount=31)
    assert ledger.post_batch([one, one, other]) == [Result.OK, Result.EXISTS, Result.EXISTS_DIFFERENT]
    assert ledger.balance(books.wallet) == posted(debits=30, credits=100)


def test_a_taken_id_is_the_first_reason_even_beside_another_one() -> None:
    books = open_books(funds=100)
    one = move(books.wallet, books.payable, 30)
    assert ledger.post_batch([one, replace(one, amount=0)]) == [Result.OK, Result.EXISTS_DIFFERENT]
    pending = hold(books.wallet, books.payable, 10)
    ledger.post([pending])
    assert ledger.post_batch([settle(pending, 10), settle(pending, 11)]) == [Result.OK, Result.PENDING_RESOLVED]


def test_a_hold_sets_funds_aside_until_a_part_is_posted_and_the_rest_freed() -> None:
    books = open_books(funds=100)
    pending = hold(books.wallet, books.payable, 80)
    ledger.post([pending])
    assert ledger.balance(books.wallet) == Balance(debits_pending=80, credits_posted=100)
    assert ledger.post_batch([move(books.wallet, books.payable, 21)]) == [Result.EXCEEDS_CREDITS]
    ledger.post([settle(pending, 55)])
    assert ledger.balance(books.wallet) == posted(debits=55, credits=100)
    assert ledger.balance(books.payable) == posted(credits=55)


def test_a_hold_is_resolved_once() -> None:
    books = open_books(funds=100)
    pending = hold(books.wallet, books.payable, 80)
    ledger.post([pending])
    void = release(pending)
    assert ledger.post_batch([void, settle(pending, 80)]) == [Result.OK, Result.PENDING_RESOLVED]
    assert ledger.post_batch([settle(pending, 1), release(pending), void]) == [
        Result.PENDING_RESOLVED,
        Result.PENDING_RESOLVED,
        Result.EXISTS,
    ]
    assert ledger.balance(books.wallet) == posted(credits=100)


def test_a_hold_and_its_settlement_fit_in_one_batch_in_that_order() -> None:
    books = open_books(funds=100)
    late, early = hold(books.wallet, books.payable, 10), hold(books.wallet, books.payable, 20)
    answers = ledger.post_batch([settle(late, 10), early, settle(early, 15), late])
    assert answers == [Result.PENDING_NOT_FOUND, Result.OK, Result.OK, Result.OK]
    assert ledger.balance(books.wallet) == posted(debits=15, credits=100, debits_pending=10)


def test_a_settlement_must_fit_its_hold() -> None:
    books = open_books(funds=100)
    pending = hold(books.wallet, books.payable, 80)
    plain = move(books.wallet, books.payable, 1)
    ledger.post([pending, plain])
    before = everything(books)
    assert ledger.post_batch(
        [
            settle(pending, 81),
            settle(pending, 0),
            settle(pending, 10, credit=books.treasury),
            release(pending, amount=79),
            settle(plain, 1),
            settle(hold(books.wallet, books.payable, 1), 1),
        ]
    ) == [
        Result.EXCEEDS_PENDING,
        Result.INVALID_AMOUNT,
        Result.PENDING_DIFFERENT,
        Result.PENDING_DIFFERENT,
        Result.PENDING_NOT_FOUND,
        Result.PENDING_NOT_FOUND,
    ]
    assert everything(books) == before


def test_a_hold_past_its_time_can_be_voided_and_not_posted() -> None:
    books = open_books(funds=100)
    pending = hold(books.wallet, books.payable, 80, timeout_s=60)
    ledger.post([pending])
    later = now() + timedelta(seconds=61)
    assert ledger.post_batch([settle(pending, 80)], at=later) == [Result.PENDING_EXPIRED]
    assert ledger.balance(books.wallet) == Balance(debits_pending=80, credits_posted=100)
    assert ledger.post_batch([release(pending)], at=later) == [Result.OK]
    assert ledger.balance(books.wallet) == posted(credits=100)


def test_linked_transfers_are_written_all_or_none() -> None:
    books = open_books(funds=100)
    link = new_id()
    batch = [
        move(books.wallet, books.payable, 60, link=link),
        move(books.wallet, books.payable, 5),
        move(books.wallet, books.payable, 60, link=link),
        move(books.wallet, books.payable, 100),
    ]
    # The link takes its place at its first transfer and fails there as a whole; what follows sees the funds untouched.
    assert ledger.post_batch(batch) == [
        Result.LINKED_FAILED,
        Result.OK,
        Result.EXCEEDS_CREDITS,
        Result.EXCEEDS_CREDITS,
    ]
    assert ledger.balance(books.wallet) == posted(debits=5, credits=100)


def test_what_a_failed_link_held_and_the_ids_it_used_are_free_for_the_next_row() -> None:
    books = open_books(funds=100)
    link = new_id()
    held = hold(books.wallet, books.payable, 60, link=link)
    moved = move(books.wallet, books.payable, 1, link=link)
    bad = move(books.wallet, books.tokens, 1, link=link)
    again = replace(moved, link=None, amount=100)
    assert ledger.post_batch([held, moved, bad, again]) == [
        Result.LINKED_FAILED,
        Result.LINKED_FAILED,
        Result.UNIT_MISMATCH,
        Result.OK,
    ]
    assert ledger.balance(books.wallet) == posted(debits=100, credits=100)


def test_a_linked_settlement_that_fails_leaves_its_hold_pending() -> None:
    books = open_books(funds=100)
    pending, link = hold(books.wallet, books.payable, 80), new_id()
    ledger.post([pending])
    answers = ledger.post_batch(
        [settle(pending, 80, link=link), move(books.wallet, books.tokens, 1, link=link), settle(pending, 40)]
    )
    assert answers == [Result.LINKED_FAILED, Result.UNIT_MISMATCH, Result.OK]
    assert ledger.balance(books.payable) == posted(credits=40)


def test_a_linked_group_repeated_in_one_batch_or_later_exists() -> None:
    books = open_books(funds=100)
    link = new_id()
    group = [move(books.wallet, books.payable, 10, link=link) for _ in range(2)]
    assert ledger.post_batch(group + group) == [Result.OK, Result.OK, Result.EXISTS, Result.EXISTS]
    assert ledger.post_batch(group) == [Result.EXISTS, Result.EXISTS]
    assert ledger.balance(books.wallet) == posted(debits=20, credits=100)


def test_a_linked_request_refused_twice_in_one_batch_gets_the_same_reason_twice() -> None:
    books = open_books(funds=100)
    nowhere = replace(move(books.wallet, books.payable, 10, link=new_id()), credit=None)
    assert ledger.post_batch([nowhere, nowhere]) == [Result.ACCOUNT_NOT_FOUND] * 2


def test_a_link_cannot_grow_afterwards() -> None:
    books = open_books(funds=100)
    link = new_id()
    old, new = (move(books.wallet, books.payable, 10, link=link) for _ in range(2))
    ledger.post([old])
    assert ledger.post_batch([old, new]) == [Result.EXISTS, Result.LINKED_FAILED]


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"amount": 0}, Result.INVALID_AMOUNT),
        ({"amount": -5}, Result.INVALID_AMOUNT),
        ({"amount": MAX_AMOUNT + 1}, Result.INVALID_AMOUNT),
        ({"amount": 10**30}, Result.INVALID_AMOUNT),
        ({"credit": "wallet"}, Result.SAME_ACCOUNT),
        ({"credit": "tokens"}, Result.UNIT_MISMATCH),
        ({"debit": 2**60}, Result.ACCOUNT_NOT_FOUND),
        ({"credit": None}, Result.ACCOUNT_NOT_FOUND),
        ({"timeout_s": 5}, Result.MALFORMED),
        ({"kind": Kind.PENDING, "timeout_s": 0}, Result.MALFORMED),
        ({"kind": Kind.POST}, Result.MALFORMED),
        ({"pending_id": new_id()}, Result.MALFORMED),
        ({"code": None}, Result.MALFORMED),
    ],
)
def test_nonsense_is_named_and_writes_nothing(wrong: dict, answer: Result) -> None:
    books = open_books(funds=100)
    wrong = {k: getattr(books, v) if isinstance(v, str) else v for k, v in wrong.items()}
    before = everything(books)
    assert ledger.post_batch([replace(move(books.wallet, books.payable, 10), **wrong)]) == [answer]
    assert everything(books) == before


def test_a_counter_that_would_run_over_is_refused_alone() -> None:
    books = open_books()
    batch = [move(books.treasury, books.wallet, MAX_AMOUNT - 1), move(books.treasury, books.payable, 2)]
    assert ledger.post_batch(batch) == [Result.OK, Result.OVERFLOWS]
    assert ledger.post_batch([move(books.treasury, books.payable, 1)]) == [Result.OK]
    assert ledger.balance(books.treasury).debits_posted == MAX_AMOUNT


def test_an_empty_batch_is_no_batch_and_a_huge_one_is_refused() -> None:
    books = open_books(funds=MAX_BATCH)
    assert ledger.post_batch([]) == []
    batch = [move(books.wallet, books.payable, 1) for _ in range(MAX_BATCH + 1)]
    with pytest.raises(ValueError, match="8190"):
        ledger.post_batch(batch)
    assert ledger.post_batch(batch[:-1]) == [Result.OK] * MAX_BATCH
    assert ledger.balance(books.wallet).available == 0


def test_post_writes_all_or_raises_with_every_reason() -> None:
    books = open_books(funds=100)
    before = everything(books)
    good, bad = move(books.wallet, books.payable, 10), move(books.wallet, books.payable, 91)
    with transaction.atomic(), pytest.raises(LedgerRefused) as refusal:
        ledger.post([good, bad])
    assert refusal.value.results == {good.id: Result.LINKED_FAILED, bad.id: Result.EXCEEDS_CREDITS}
    assert refusal.value.has(Result.EXCEEDS_CREDITS)
    assert everything(books) == before


def test_post_may_be_repeated_and_completed() -> None:
    books = open_books(funds=100)
    one, two = (move(books.wallet, books.payable, 10) for _ in range(2))
    ledger.post([one])
    ledger.post([one, two])
    ledger.post([one, two])
    assert ledger.balance(books.wallet) == posted(debits=20, credits=100)


def test_an_account_is_opened_once_and_never_as_something_else() -> None:
    code, owner = f"wallet:{new_id()}", new_id()
    opened = ledger.open_account(code=code, unit="CNY", organisation_id=owner)
    assert ledger.open_account(code=code, unit="CNY", organisation_id=owner) == opened
    assert ledger.account_id(code) == opened
    for other in (
        {"unit": "tokens", "organisation_id": owner},
        {"unit": "CNY", "organisation_id": new_id()},
        {"unit": "CNY", "organisation_id": owner, "no_overdraft": False},
    ):
        with pytest.raises(ledger.AccountDiffers):
            ledger.open_account(code=code, **other)


def test_unknown_accounts_are_named_not_invented() -> None:
    books = open_books(funds=5)
    with pytest.raises(ledger.AccountNotFound, match="nobody"):
        ledger.account_id("nobody")
    with pytest.raises(ledger.AccountNotFound):
        ledger.balance(2**60)
    assert ledger.balances([]) == {}
    assert ledger.balances(["nobody"]) == {}
    assert ledger.balance(books.wallet).available == 5


def test_a_transfer_says_what_it_is_by_keyword() -> None:
    with pytest.raises(TypeError):
        Transfer(new_id(), 5)  # type: ignore[misc]
