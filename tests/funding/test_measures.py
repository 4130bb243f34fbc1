"""What funding counts for the scoreboard, exactly, and that each number opens to vouchers and receipts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from qianhang.core.clock import new_id, now
from qianhang.funding.measures import MEASURES
from qianhang.funding.models import Receipt
from qianhang.funding.services import place_hold, settle_hold

from .conftest import SYSTEM, YUAN, Region

pytestmark = pytest.mark.django_db
BY_CODE = {measure.code: measure for measure in MEASURES}


def count(code: str, *, ago: timedelta = timedelta(0)) -> Decimal | None:
    return BY_CODE[f"funding.{code}"].count(now() - ago).value


@pytest.fixture
def receipt(region: Region, credit, voucher, metered) -> Receipt:
    """Twelve yuan, half of it paid by the voucher."""
    credit(100)
    reference = new_id()
    place_hold(
        actor=SYSTEM, reference=reference, organisation_id=region.firm.id, amount_micro=20 * YUAN, voucher_id=voucher
    )
    line = metered(reference, 3_600_000, 12 * YUAN)
    settle_hold(actor=SYSTEM, reference=reference, supplier_id=region.supplier.id, lines=[line], occurred_at=now())
    return Receipt.objects.get(reference=reference)


def test_vouchers_are_counted_from_the_moment_they_are_issued(voucher):
    assert (count("vouchers_issued"), count("voucher_value_issued")) == (1, 100)
    assert (count("voucher_value_redeemed"), count("organisations_helped")) == (0, 0)
    assert count("vouchers_issued", ago=timedelta(hours=1)) == 0


def test_what_vouchers_paid_opens_to_its_receipts(region, receipt):
    assert (count("voucher_value_redeemed"), count("organisations_helped")) == (6, 1)
    [row] = BY_CODE["funding.voucher_value_redeemed"].evidence(region.official, now(), 10)
    assert (row.kind, row.reference, row.value, row.unit) == ("receipt", str(receipt.id), 6, "元")
    [helped] = BY_CODE["funding.organisations_helped"].evidence(region.official, now(), 10)
    assert (helped.label, helped.value) == ("Firm", 6)


def test_evidence_is_scoped_to_who_asks(region, receipt):
    for measure in MEASURES:
        assert measure.evidence(region.stranger, now(), 10) == []
