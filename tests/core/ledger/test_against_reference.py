"""The database's ledger and a plain Python one are given the same random batches and must never disagree."""

import os
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from qianhang.core import ledger
from qianhang.core.clock import derived_id, new_id, now
from qianhang.core.ledger import MAX_AMOUNT, Kind, Result, Transfer
from qianhang.core.ledger.models import Transfer as Row

from .reference import Account, ReferenceLedger

# Accounts are numbered 0 to 4: a treasury without limit, three wallets in its unit, one account in another unit.
UNITS = [("CNY", False), ("CNY", True), ("CNY", True), ("CNY", True), ("tokens", False)]
NOWHERE = 9

accounts = st.sampled_from([0, 0, 1, 1, 2, 2, 3, 4, NOWHERE])
amounts = st.sampled_from([1, 2, 3, 5, 8, 13, 40, 100, 0, -1, MAX_AMOUNT, MAX_AMOUNT - 50])
names = st.integers(0, 14)  # Few names, so that ids repeat and resolutions find their pending transfers.
links = st.sampled_from([None, None, None, "a", "b"])
moves = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([Kind.SINGLE, Kind.SINGLE, Kind.PENDING]),
        "name": names,
        "debit": accounts,
        "credit": accounts,
        "amount": amounts,
        "link": links,
        "timeout_s": st.sampled_from([None, None, None, 60, 0]),
    }
)
resolutions = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([Kind.POST, Kind.VOID]),
        "name": names,
        "pending": names,
        "debit": st.sampled_from([None, None, None, 1]),
        "amount": amounts,
        "link": links,
    }
)
batches = st.lists(st.one_of(moves, moves, resolutions), min_size=1, max_size=9)


# Two rows of one name: small enough that nothing else in the batch decides how it is judged.
pairs = st.builds(
    lambda name, rows: [row | {"name": name} for row in rows],
    names,
    st.lists(st.one_of(moves, resolutions), min_size=2, max_size=2),
)


class Books(RuleBasedStateMachine):
    """One run: its own accounts and ids in a shared database, beside a reference that starts empty."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.key = new_id()
        self.reference = ReferenceLedger()
        self.ids = [
            ledger.open_account(code=f"{self.key}:{i}", unit=unit, no_overdraft=guarded)
            for i, (unit, guarded) in enumerate(UNITS)
        ]
        for account, (unit, guarded) in zip(self.ids, UNITS, strict=True):
            self.reference.accounts[account] = Account(unit, guarded)
        self.later = timedelta()
        self.posted: list[Transfer] = []

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def build(self, said: dict) -> Transfer:
        def account(number: int | None) -> int | None:
            return 2**60 if number == NOWHERE else None if number is None else self.ids[number]

        return Transfer(
            id=self.id(said["name"]),
            amount=said["amount"],
            debit=account(said["debit"]),
            credit=account(said.get("credit")),
            kind=said["kind"],
            pending_id=self.id(said["pending"]) if "pending" in said else None,
            link=said["link"] and derived_id(self.key, said["link"]),
            timeout_s=said.get("timeout_s"),
        )

    def id(self, name: int) -> UUID:
        return derived_id(self.key, name)

    def post(self, batch: list[Transfer], *, all_or_none: bool = False) -> None:
        moment = now()
        at = moment + self.later
        expected = self.reference.post(batch, now=moment, at=at, all_or_none=all_or_none)
        assert ledger.post_batch(batch, at=at, all_or_none=all_or_none) == expected
        self.posted += batch

    @rule(said=batches)
    def post_a_batch(self, said: list[dict]) -> None:
        self.post([self.build(one) for one in said])

    @rule(said=pairs)
    def post_a_pair(self, said: list[dict]) -> None:
        self.post([self.build(one) for one in said])

    @rule(said=batches)
    def post_all_or_none(self, said: list[dict]) -> None:
        self.post([self.build(one) for one in said], all_or_none=True)

    @rule(amount=st.sampled_from([10, 50, 200]), to=st.integers(1, 3), name=st.integers(100, 110))
    def pay_in(self, amount: int, to: int, name: int) -> None:
        self.post([Transfer(id=self.id(name), debit=self.ids[0], credit=self.ids[to], amount=amount, code="in")])

    @rule(which=st.integers(0, 200), change=st.sampled_from(["", "amount", "code", "reference", "kind"]))
    def post_again(self, which: int, change: str) -> None:
        """The same request again, or one that says something else under the same id."""
        if not self.posted:
            return
        asked = self.posted[which % len(self.posted)]
        changed = {
            "": {},
            "amount": {"amount": asked.amount + 1},
            "code": {"code": "other"},
            "reference": {"reference": self.key},
            "kind": {"kind": Kind.SINGLE},
        }[change]
        self.post([asked, replace(asked, **changed)])

    @rule()
    def time_passes(self) -> None:
        self.later += timedelta(hours=1)

    @invariant()
    def counters_agree(self) -> None:
        for account, expected in self.reference.accounts.items():
            assert ledger.balance(account) == expected.balance

    @invariant()
    def exactly_the_accepted_transfers_are_there(self) -> None:
        rows = Row.objects.filter(debit__in=self.ids).values_list("id", "debit", "credit", "amount", "kind")
        assert set(rows) == {
            (key, kept.debit, kept.credit, kept.amount, int(kept.asked.kind))
            for key, kept in self.reference.transfers.items()
        }


EXAMPLES = int(os.environ.get("QIANHANG_TEST_LEDGER_EXAMPLES", "0"))
"""So many random walks, other ones each time. By default a few, the same each time."""


@pytest.mark.slow
@pytest.mark.timeout(240 + EXAMPLES)
@pytest.mark.django_db
def test_the_database_answers_every_batch_as_the_reference_does() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=EXAMPLES or 80,
            derandomize=not EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_answer_has_a_name() -> None:
    assert {answer.is_in_ledger for answer in Result if answer in {Result.OK, Result.EXISTS}} == {True}
