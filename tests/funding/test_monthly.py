"""What a supplier earned by month, in the installation's time zone."""

from datetime import UTC, datetime, timedelta

from qianhang.core.clock import new_id
from qianhang.funding.models import Hold, Receipt
from qianhang.funding.monthly import earned_by_month
from qianhang.funding.shapes import StatementMonth

# The installation's time zone is Shanghai's, eight hours ahead: its months begin at 16:00 UTC.
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)
NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def receipt(region, *, micro: int, issued_at: datetime) -> Receipt:
    facts = {"organisation_id": region.firm.id, "wallet_micro": micro, "voucher_micro": 0}
    hold = Hold.objects.create(reference=new_id(), amount_micro=micro, **facts)
    return Receipt.objects.create(
        number=f"R{hold.id}"[:20], hold=hold, reference=hold.reference, supplier_id=region.supplier.id,
        lines_micro=micro, rounding_micro=0, waived_micro=0, total_micro=micro, released_micro=0,
        issued_at=issued_at, occurred_at=issued_at, **facts,
    )  # fmt: skip


def test_a_month_holds_its_first_instant_and_not_the_next_months(region):
    for micro, moment in (
        (10_000, OCTOBER - INSTANT), (200_000, OCTOBER), (3_000_000, NOVEMBER - INSTANT), (40_000_000, NOVEMBER)
    ):  # fmt: skip
        receipt(region, micro=micro, issued_at=moment)
    assert earned_by_month(supplier_id=region.supplier.id) == (
        StatementMonth(month="2026-11", receipts=1, earned_micro=40_000_000),
        StatementMonth(month="2026-10", receipts=2, earned_micro=3_200_000),
        StatementMonth(month="2026-09", receipts=1, earned_micro=10_000),
    )


def test_a_month_without_receipts_is_left_out_and_a_year_may_lie_between(region):
    receipt(region, micro=10_000, issued_at=OCTOBER)
    receipt(region, micro=20_000, issued_at=OCTOBER - timedelta(days=700))
    months = earned_by_month(supplier_id=region.supplier.id)
    assert [(month.month, month.earned_micro) for month in months] == [("2026-10", 10_000), ("2024-10", 20_000)]


def test_who_has_earned_nothing_has_no_month(region):
    assert earned_by_month(supplier_id=region.supplier.id) == ()
