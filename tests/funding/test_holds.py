"""Holding, settling and releasing money for a run."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from qianhang.core import ledger
from qianhang.core.access import Actor, Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import new_id, now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound
from qianhang.core.events.models import OutboxEvent
from qianhang.core.ledger.models import Transfer
from qianhang.funding import queries
from qianhang.funding.errors import (
    HoldClosed,
    HoldDiffers,
    InsufficientFunds,
    SettlementDiffers,
    UsageNotMetered,
    VoucherUnusable,
)
from qianhang.funding.models import Hold, Receipt, ReceiptLine, Voucher
from qianhang.funding.rules.rating import ChargeLine
from qianhang.funding.services import (
    expire_vouchers,
    freeze_voucher,
    place_hold,
    release_hold,
    revoke_voucher,
    settle_hold,
)

from .conftest import SYSTEM, YUAN, Region, member

HOUR_MS = 3_600_000
ENDED_AT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def written() -> tuple[int, ...]:
    """How many rows there are of everything a hold or a settlement writes."""
    tables = (Hold, Receipt, ReceiptLine, Transfer, AuditEntry, OutboxEvent)
    return tuple(table.objects.count() for table in tables)


def wallet(region: Region) -> tuple[int, int, int]:
    """Available, held and spent, in yuan."""
    seen = queries.wallet_of(actor=region.developer, organisation_id=region.firm.id)
    return seen.available_micro // YUAN, seen.held_micro // YUAN, seen.spent_micro // YUAN


def on_voucher(voucher: uuid.UUID) -> tuple[int, int, int, int]:
    """Available, held, spent and returned, in yuan."""
    seen = queries.voucher_of(actor=SYSTEM, voucher_id=voucher)
    return seen.available // YUAN, seen.held // YUAN, seen.spent // YUAN, seen.returned // YUAN


def hold(region: Region, yuan: int, *, reference: uuid.UUID | None = None, voucher: uuid.UUID | None = None):
    with transaction.atomic():
        return place_hold(
            actor=region.developer,
            reference=reference or new_id(),
            organisation_id=region.firm.id,
            amount_micro=yuan * YUAN,
            voucher_id=voucher,
        )


def settle(region: Region, reference: uuid.UUID, *lines: ChargeLine):
    with transaction.atomic():
        return settle_hold(
            actor=SYSTEM, reference=reference, supplier_id=region.supplier.id, lines=lines, occurred_at=ENDED_AT
        )


def release(actor: Actor, reference: uuid.UUID) -> None:
    with transaction.atomic():
        release_hold(actor=actor, reference=reference, reason="cancelled")


def test_a_hold_takes_the_vouchers_share_and_the_rest_from_the_wallet(region, credit, voucher):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    assert (held.state, held.voucher_micro, held.wallet_micro) == ("held", 30 * YUAN, 30 * YUAN)
    assert wallet(region) == (20, 30, 0)
    assert on_voucher(voucher) == (70, 30, 0, 0)


def test_a_hold_beyond_the_wallet_is_refused_with_the_figures_and_leaves_no_trace(region, credit):
    credit(50)
    before = written()
    with pytest.raises(InsufficientFunds) as refused:
        hold(region, 51)
    assert refused.value.facts["available_micro"] == 50 * YUAN
    assert refused.value.facts["required_micro"] == 51 * YUAN
    assert written() == before
    assert wallet(region) == (50, 0, 0)


def test_when_the_wallet_cannot_pay_its_part_the_vouchers_part_is_not_held_either(region, voucher):
    with pytest.raises(InsufficientFunds):
        hold(region, 60, voucher=voucher)
    assert on_voucher(voucher) == (100, 0, 0, 0)


def test_the_same_reference_again_holds_nothing_more(region, credit):
    credit(50)
    first = hold(region, 20)
    again = hold(region, 20, reference=first.reference)
    assert again == first
    assert wallet(region) == (30, 20, 0)


def test_the_same_reference_for_another_amount_is_refused(region, credit):
    credit(50)
    first = hold(region, 20)
    with pytest.raises(HoldDiffers):
        hold(region, 21, reference=first.reference)
    assert wallet(region) == (30, 20, 0)


def test_a_hold_over_nothing_needs_no_money(region):
    free = hold(region, 0)
    assert (free.amount_micro, free.wallet_micro, free.voucher_micro) == (0, 0, 0)
    receipt = settle(region, free.reference)
    assert (receipt.total_micro, receipt.released_micro, receipt.lines) == (0, 0, ())


@pytest.mark.parametrize("amount", [-1, 10**15 + 1])
def test_a_negative_or_absurd_hold_is_refused(region, amount):
    with pytest.raises(InvalidInput), transaction.atomic():
        place_hold(actor=region.developer, reference=new_id(), organisation_id=region.firm.id, amount_micro=amount)
    assert Hold.objects.count() == 0


def test_nobody_holds_money_of_another_organisation(region, credit):
    credit(50)
    with pytest.raises(NotFound), transaction.atomic():
        place_hold(actor=region.stranger, reference=new_id(), organisation_id=region.firm.id, amount_micro=YUAN)
    with pytest.raises(Forbidden), transaction.atomic():
        place_hold(
            actor=member(region.firm, Role.VIEWER),
            reference=new_id(),
            organisation_id=region.firm.id,
            amount_micro=YUAN,
        )
    assert Hold.objects.count() == 0


def test_a_foreign_voucher_does_not_exist_for_a_stranger(region, voucher):
    with pytest.raises(NotFound), transaction.atomic():
        place_hold(
            actor=region.stranger,
            reference=new_id(),
            organisation_id=region.other_firm.id,
            amount_micro=YUAN,
            voucher_id=voucher,
        )


def test_a_frozen_voucher_is_refused_and_says_so(region, credit, voucher):
    credit(50)
    freeze_voucher(actor=region.official, voucher_id=voucher, reason="check of the invoices")
    with pytest.raises(VoucherUnusable) as refused:
        hold(region, 10, voucher=voucher)
    assert refused.value.reason == "frozen"
    number = Voucher.objects.get(id=voucher).number
    with translation.override("en"):
        assert str(refused.value) == f"Voucher {number} cannot be used: it is frozen."
    with translation.override("zh-hans"):
        assert str(refused.value) == f"算力券 {number} 不能使用：它已被冻结。"
    assert wallet(region) == (50, 0, 0)


def test_an_expired_voucher_is_refused_even_before_the_sweep_has_run(region, credit, voucher):
    credit(50)
    Voucher.objects.filter(id=voucher).update(expires_at=now())
    with pytest.raises(VoucherUnusable) as refused:
        hold(region, 10, voucher=voucher)
    assert refused.value.reason == "expired"


def test_settling_charges_what_was_metered_and_frees_the_rest(region, credit, voucher, metered):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    receipt = settle(region, held.reference, metered(held.reference, 2 * HOUR_MS, 12 * YUAN))
    assert (receipt.total_micro, receipt.voucher_micro, receipt.wallet_micro, receipt.released_micro) == (
        24 * YUAN,
        12 * YUAN,
        12 * YUAN,
        36 * YUAN,
    )
    assert wallet(region) == (38, 0, 12)
    assert on_voucher(voucher) == (88, 0, 12, 0)
    owed = queries.statement_of_supplier(actor=region.seller, supplier_id=region.supplier.id)
    assert (owed.earned_micro, owed.owed_micro) == (24 * YUAN, 24 * YUAN)
    assert receipt.number.startswith("R20")
    assert [(line.quantity, line.unit, line.amount_micro) for line in receipt.lines] == [
        (2 * HOUR_MS, "card_ms", 24 * YUAN)
    ]


def test_the_clearing_account_is_empty_after_every_settlement(region, credit, voucher, metered):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    settle(region, held.reference, metered(held.reference, HOUR_MS + 1, 12 * YUAN))
    clearing = ledger.balances([f"clearing:{region.firm.id}"])[f"clearing:{region.firm.id}"]
    assert (clearing.credits_pending, clearing.credits_posted - clearing.debits_posted) == (0, 0)
    assert clearing.credits_posted == 12 * YUAN + 3


def test_settling_twice_charges_once(region, credit, metered):
    credit(50)
    held = hold(region, 20)
    line = metered(held.reference, HOUR_MS, 12 * YUAN)
    first = settle(region, held.reference, line)
    before = written()
    assert settle(region, held.reference, line) == first
    assert written() == before
    assert wallet(region) == (38, 0, 12)


def test_settling_again_from_other_records_is_refused(region, credit, metered):
    credit(50)
    held = hold(region, 20)
    settle(region, held.reference, metered(held.reference, HOUR_MS, 12 * YUAN))
    other = metered(held.reference, HOUR_MS, 1 * YUAN, item="cpu_hour")
    with pytest.raises(SettlementDiffers):
        settle(region, held.reference, other)


def test_use_beyond_the_hold_is_not_charged(region, credit, metered):
    credit(50)
    held = hold(region, 20)
    receipt = settle(region, held.reference, metered(held.reference, 2 * HOUR_MS, 12 * YUAN))
    assert (receipt.lines_micro, receipt.waived_micro, receipt.total_micro, receipt.released_micro) == (
        24 * YUAN,
        4 * YUAN,
        20 * YUAN,
        0,
    )
    assert wallet(region) == (30, 0, 20)


def test_no_use_is_a_receipt_over_nothing(region, credit, voucher):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    receipt = settle(region, held.reference)
    assert (receipt.total_micro, receipt.released_micro) == (0, 60 * YUAN)
    assert wallet(region) == (50, 0, 0)
    assert on_voucher(voucher) == (100, 0, 0, 0)


def test_a_charge_that_no_usage_record_bears_is_refused_and_writes_nothing(region, credit, metered):
    credit(50)
    held = hold(region, 20)
    line = metered(held.reference, HOUR_MS, 12 * YUAN)
    invented = [
        ChargeLine(new_id(), "card_hour", HOUR_MS, 12 * YUAN),
        ChargeLine(line.usage_record_id, "card_hour", HOUR_MS + 1, 12 * YUAN),
        metered(new_id(), HOUR_MS, 12 * YUAN),  # metered, but for another run
    ]
    before = written()
    for wrong in invented:
        with pytest.raises(UsageNotMetered):
            settle(region, held.reference, wrong)
    with pytest.raises(UsageNotMetered):
        settle(region, held.reference, line, line)
    assert written() == before


def test_only_the_platform_settles(region, credit):
    credit(50)
    held = hold(region, 20)
    with pytest.raises(Forbidden):
        settle_hold(
            actor=region.official,
            reference=held.reference,
            supplier_id=region.supplier.id,
            lines=[],
            occurred_at=ENDED_AT,
        )


def test_what_was_never_held_cannot_be_settled(region):
    with pytest.raises(NotFound):
        settle(region, new_id())


def test_releasing_frees_everything_and_may_be_repeated(region, credit, voucher):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    for _ in range(2):
        release(region.developer, held.reference)
    assert wallet(region) == (50, 0, 0)
    assert on_voucher(voucher) == (100, 0, 0, 0)
    seen = queries.hold_of(actor=region.developer, reference=held.reference)
    assert (seen.state, seen.closed_reason) == ("released", "cancelled")


def test_a_settled_hold_cannot_be_released_nor_a_released_one_settled(region, credit):
    credit(50)
    settled, released = hold(region, 10), hold(region, 10)
    settle(region, settled.reference)
    release(SYSTEM, released.reference)
    with pytest.raises(HoldClosed):
        release(SYSTEM, settled.reference)
    with pytest.raises(HoldClosed):
        settle(region, released.reference)


def test_a_stranger_cannot_release(region, credit):
    credit(50)
    held = hold(region, 10)
    with pytest.raises(NotFound):
        release(region.stranger, held.reference)
    assert wallet(region) == (40, 10, 0)


def test_a_voucher_that_expires_under_a_running_job_still_pays_and_the_rest_goes_home(
    region, credit, programme, voucher, metered
):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    assert expire_vouchers(actor=SYSTEM, at=now() + timedelta(days=31)) == 1
    assert on_voucher(voucher) == (0, 30, 0, 70)
    receipt = settle(region, held.reference, metered(held.reference, HOUR_MS, 12 * YUAN))
    assert receipt.voucher_micro == 6 * YUAN
    assert on_voucher(voucher) == (0, 0, 6, 94)
    pool = queries.programme_of(actor=region.official, programme_id=programme)
    assert (pool.budget, pool.available, pool.issued) == (250 * YUAN, 244 * YUAN, 100 * YUAN)


def test_what_a_revoked_voucher_held_goes_home_when_the_hold_is_released(region, credit, programme, voucher):
    credit(50)
    held = hold(region, 60, voucher=voucher)
    revoke_voucher(actor=region.official, voucher_id=voucher, reason="wrong application")
    release(SYSTEM, held.reference)
    assert on_voucher(voucher) == (0, 0, 0, 100)
    assert queries.programme_of(actor=region.official, programme_id=programme).available == 250 * YUAN
