"""Hundreds of random operations on the real database, against a model of a few lines that keeps its own books."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction

from qianhang.core import ledger
from qianhang.core.clock import new_id, now
from qianhang.core.errors import DomainError
from qianhang.core.ledger.verification import verify
from qianhang.funding import queries
from qianhang.funding.models import Hold, Receipt, Voucher
from qianhang.funding.services import (
    expire_vouchers,
    freeze_voucher,
    issue_voucher,
    make_payout,
    place_hold,
    release_hold,
    revoke_voucher,
    settle_hold,
    top_up_wallet,
    unfreeze_voucher,
)

from .conftest import SYSTEM, YUAN, Region

FEN = 10_000
STEPS = 150


@dataclass
class Books:
    """What should be true, in micro-yuan. A voucher is [available, held, spent, state]."""

    wallet: int = 0
    wallet_held: int = 0
    wallet_spent: int = 0
    pool: int = 250 * YUAN
    earned: int = 0
    paid: int = 0
    vouchers: dict[uuid.UUID, list] = field(default_factory=dict)
    holds: dict[uuid.UUID, tuple[int, int, uuid.UUID | None]] = field(default_factory=dict)
    closed: list[uuid.UUID] = field(default_factory=list)

    def close(self, reference: uuid.UUID, charged: int) -> None:
        """Splits a charge over a hold's two parts, half and half, the odd micro-yuan to the wallet."""
        voucher_part, wallet_part, voucher = self.holds.pop(reference)
        by_voucher = min(charged // 2, voucher_part) if voucher else 0
        self.wallet_held -= wallet_part
        self.wallet += wallet_part - (charged - by_voucher)
        self.wallet_spent += charged - by_voucher
        self.earned += charged
        self.closed.append(reference)
        if voucher:
            one = self.vouchers[voucher]
            one[1] -= voucher_part
            one[2] += by_voucher
            freed = voucher_part - by_voucher
            if one[3] in {"revoked", "expired"}:
                self.pool += freed
            else:
                one[0] += freed


class Walk:
    """Each step does one thing both ways and expects the same outcome: done, or refused with this code."""

    def __init__(self, region: Region, programme: uuid.UUID, metered, seed: int) -> None:
        self.region, self.programme, self.metered = region, programme, metered
        self.draw = random.Random(seed)
        self.books = Books()
        self.refusals: dict[str, int] = {}

    def attempt(self, expected: str, act) -> bool:
        """True when it was done; asserts that it was refused exactly when the books say so."""
        outcome = ""
        try:
            with transaction.atomic():
                act()
        except DomainError as refusal:
            outcome = refusal.code
            self.refusals[outcome] = self.refusals.get(outcome, 0) + 1
        assert outcome == expected
        return not outcome

    def top_up(self) -> None:
        amount = self.draw.randint(1, 3_000) * FEN
        self.attempt(
            "",
            lambda: top_up_wallet(
                actor=self.region.official,
                organisation_id=self.region.firm.id,
                amount_micro=amount,
                key=str(new_id()),
                reason="walk",
            ),
        )
        self.books.wallet += amount

    def issue(self) -> None:
        face, key = self.draw.randint(1, 6_000) * FEN, str(new_id())
        made = []
        done = self.attempt(
            "insufficient_funds" if face > self.books.pool else "",
            lambda: made.append(
                issue_voucher(
                    actor=self.region.official,
                    programme_id=self.programme,
                    organisation_id=self.region.firm.id,
                    key=key,
                    face=face,
                )
            ),
        )
        if done:
            self.books.pool -= face
            self.books.vouchers[made[0].id] = [face, 0, 0, "active"]

    def hold(self) -> None:
        amount, reference = self.draw.randint(0, 1_500) * FEN, new_id()
        voucher = self.draw.choice([None, *self.books.vouchers])
        voucher_part, expected = 0, ""
        if voucher:
            available, _held, _spent, state = self.books.vouchers[voucher]
            voucher_part = min(amount // 2, available)
            expected = "" if state == "active" and available >= FEN else "voucher_unusable"
        wallet_part = amount - voucher_part
        if not expected and wallet_part > self.books.wallet:
            expected = "insufficient_funds"
        done = self.attempt(
            expected,
            lambda: place_hold(
                actor=self.region.developer,
                reference=reference,
                organisation_id=self.region.firm.id,
                amount_micro=amount,
                voucher_id=voucher,
            ),
        )
        if done:
            self.books.wallet -= wallet_part
            self.books.wallet_held += wallet_part
            self.books.holds[reference] = (voucher_part, wallet_part, voucher)
            if voucher:
                self.books.vouchers[voucher][0] -= voucher_part
                self.books.vouchers[voucher][1] += voucher_part

    def settle(self) -> None:
        """At ten micro-yuan a millisecond, so that most charges have a part of a fen; sometimes more than was held."""
        reference = self.draw.choice([*self.books.holds, *self.books.closed[-2:], None])
        if reference not in self.books.holds:
            self.attempt(
                "not_found"
                if reference is None
                else "hold_closed"
                if self.is_released(reference)
                else "settlement_differs",
                lambda: settle_hold(
                    actor=SYSTEM,
                    reference=reference or new_id(),
                    supplier_id=self.region.supplier.id,
                    lines=[self.metered(reference or new_id(), 1_000, 36 * YUAN, item="card_hour_again")],
                    occurred_at=now(),
                ),
            )
            return
        voucher_part, wallet_part, _voucher = self.books.holds[reference]
        used_ms = self.draw.randint(0, (voucher_part + wallet_part) // 5 + 5)
        line = self.metered(reference, used_ms, 36 * YUAN)
        for _twice in range(2):
            self.attempt(
                "",
                lambda: settle_hold(
                    actor=SYSTEM,
                    reference=reference,
                    supplier_id=self.region.supplier.id,
                    lines=[line],
                    occurred_at=now(),
                ),
            )
        self.books.close(reference, min(used_ms * 10, voucher_part + wallet_part))

    def release(self) -> None:
        if not self.books.holds:
            return
        reference = self.draw.choice([*self.books.holds])
        for _twice in range(2):
            self.attempt("", lambda: release_hold(actor=SYSTEM, reference=reference, reason="walk"))
        self.books.close(reference, 0)

    def step_voucher(self) -> None:
        if not self.books.vouchers:
            return
        voucher = self.draw.choice([*self.books.vouchers])
        one = self.books.vouchers[voucher]
        service, state, allowed = self.draw.choice(
            [
                (freeze_voucher, "frozen", {"active"}),
                (unfreeze_voucher, "active", {"frozen"}),
                (revoke_voucher, "revoked", {"active", "frozen"}),
            ]
        )
        expected = "" if one[3] in allowed else "voucher_state"
        if self.attempt(expected, lambda: service(actor=self.region.official, voucher_id=voucher, reason="walk")):
            one[3] = state
            if state == "revoked":
                self.books.pool += one[0]
                one[0] = 0

    def expire(self) -> None:
        living = [voucher for voucher, one in self.books.vouchers.items() if one[3] in {"active", "frozen"}]
        ending = self.draw.sample(living, k=min(len(living), self.draw.randint(0, 1)))
        Voucher.objects.filter(id__in=ending).update(expires_at=now() - timedelta(seconds=1))
        assert expire_vouchers(actor=SYSTEM, at=now()) == len(ending)
        for voucher in ending:
            one = self.books.vouchers[voucher]
            self.books.pool += one[0]
            one[0], one[3] = 0, "expired"

    def pay_out(self) -> None:
        amount = self.draw.randint(1, 400) * FEN
        owed = self.books.earned - self.books.paid
        done = self.attempt(
            "payout_above_owed" if amount > owed else "",
            lambda: make_payout(
                actor=self.region.official,
                supplier_id=self.region.supplier.id,
                amount_micro=amount,
                bank_reference="walk",
                key=str(new_id()),
            ),
        )
        self.books.paid += amount if done else 0

    def is_released(self, reference: uuid.UUID) -> bool:
        return Hold.objects.get(reference=reference).state == "released"

    def compare(self) -> None:
        books, region = self.books, self.region
        wallet = queries.wallet_of(actor=SYSTEM, organisation_id=region.firm.id)
        assert (wallet.available_micro, wallet.held_micro, wallet.spent_micro) == (
            books.wallet,
            books.wallet_held,
            books.wallet_spent,
        )
        seen = {
            one.id: [one.available, one.held, one.spent, one.state]
            for one in queries.vouchers_of(actor=SYSTEM, organisation_id=region.firm.id)
        }
        assert seen == books.vouchers
        assert queries.programme_of(actor=SYSTEM, programme_id=self.programme).available == books.pool
        statement = queries.statement_of_supplier(actor=SYSTEM, supplier_id=region.supplier.id)
        assert (statement.earned_micro, statement.paid_micro) == (books.earned, books.paid)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_every_random_step_the_platform_and_the_model_agree(seed, region, programme, metered):
    walk = Walk(region, programme, metered, seed)
    steps = [
        walk.top_up,
        walk.issue,
        walk.hold,
        walk.settle,
        walk.release,
        walk.step_voucher,
        walk.expire,
        walk.pay_out,
    ]
    for number in range(STEPS):
        walk.draw.choices(steps, weights=[2, 2, 8, 6, 2, 2, 1, 2])[0]()
        if number % 5 == 0:
            walk.compare()
    walk.compare()
    # The walk has met what it was made for: every kind of refusal, and use beyond a hold.
    assert set(walk.refusals) >= {"voucher_unusable", "insufficient_funds", "voucher_state", "settlement_differs"}
    assert Receipt.objects.filter(waived_micro__gt=0).exists()
    assert ledger.balances([f"clearing:{region.firm.id}"])[f"clearing:{region.firm.id}"].available == 0
    report = verify()
    assert report.ok, report
