"""What the REST operations about money take and give. Money is an integer of micro-yuan."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from qianhang.core.units.money import CNY
from qianhang.core.web.shapes import Strict

Amount = Annotated[int, Field(gt=0, le=1_000_000_000_000_000, description="In whole fen: a multiple of 10,000.")]
Quantity = Annotated[int, Field(gt=0, le=1_000_000_000_000_000, description="In the programme's unit.")]
Key = Annotated[str, Field(min_length=1, max_length=200, description="Names this movement; once is all it counts.")]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class WalletOut(Schema):
    """`available + held + spent == credited`."""

    organisation_id: UUID
    credited_micro: int
    spent_micro: int
    held_micro: int
    available_micro: int


class TopUpIn(Strict):
    amount_micro: Amount
    key: Key
    reason: Reason


class VoucherOut(Schema):
    """Amounts in `unit`. `spent + held + available + returned == face`."""

    id: UUID
    number: str
    state: str
    state_reason: str
    organisation_id: UUID
    organisation_name: str
    programme_id: UUID
    programme_slug: str
    programme_name: str
    programme_name_en: str
    kind: str
    unit: str
    share_ppm: int
    face: int
    spent: int
    held: int
    available: int
    returned: int
    issued_at: datetime
    expires_at: datetime


class VoucherIn(Strict):
    programme_id: UUID
    organisation_id: UUID
    key: Key
    face: Quantity | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


class VoucherStepIn(Strict):
    reason: Reason


class ProgrammeOut(Schema):
    """Amounts in `unit`: `budget` was put in, `available` is still to be issued."""

    id: UUID
    slug: str
    name: str
    name_en: str
    kind: str
    unit: str
    legal_basis: str
    share_ppm: int
    cap: int
    valid_days: int
    organisation_id: UUID
    budget: int
    available: int
    issued: int
    vouchers: int
    is_demo: bool


class ProgrammeIn(Strict):
    slug: Annotated[str, Field(min_length=1, max_length=60)]
    name: Annotated[str, Field(min_length=1, max_length=160)]
    share_ppm: Annotated[int, Field(gt=0, le=1_000_000, description="The share a voucher pays, in millionths.")]
    cap: Quantity
    valid_days: Annotated[int, Field(gt=0, le=3660)]
    name_en: Annotated[str, Field(max_length=160)] = ""
    kind: Annotated[str, Field(min_length=1, max_length=30)] = "compute"
    unit: Annotated[str, Field(min_length=1, max_length=30)] = CNY
    legal_basis: Annotated[str, Field(max_length=300)] = ""


class AppropriationIn(Strict):
    amount: Quantity
    key: Key
    reason: Reason
    payer: Annotated[str, Field(max_length=160)] = ""


class ReceiptLineOut(Schema):
    usage_record: UUID
    item: str
    quantity: int
    unit: str
    price_micro: int
    amount_micro: int


class ReceiptOut(Schema):
    """`lines + rounding - waived == total == voucher + wallet`; `total + released` is what was held.

    Rounding is 0 but on receipts from before charges were exact. For a supplier who did not pay, who paid and how are
    null or empty.
    """

    id: UUID
    number: str
    reference: UUID
    organisation_id: UUID | None
    organisation_name: str
    supplier_id: UUID
    supplier_name: str
    lines_micro: int
    rounding_micro: int
    waived_micro: int
    total_micro: int
    voucher_micro: int | None
    wallet_micro: int | None
    released_micro: int | None
    voucher_id: UUID | None
    voucher_number: str
    occurred_at: datetime
    issued_at: datetime


class WholeReceiptOut(ReceiptOut):
    lines: list[ReceiptLineOut]


class PayoutIn(Strict):
    amount_micro: Amount
    bank_reference: Annotated[str, Field(min_length=1, max_length=120)]
    key: Key


class PayoutOut(Schema):
    id: UUID
    organisation_id: UUID
    amount_micro: int
    bank_reference: str
    made_at: datetime


class StatementMonthOut(Schema):
    month: Annotated[str, Field(description="Such as 2026-11, in the platform's time zone.")]
    receipts: int
    earned_micro: int


class StatementOut(Schema):
    """`owed == earned - paid`."""

    supplier_id: UUID
    supplier_name: str
    earned_micro: int
    paid_micro: int
    owed_micro: int
    months: list[StatementMonthOut]
    payouts: list[PayoutOut]
