"""What funding answers with: frozen records, so that no caller reaches back into the tables. Amounts in micro-yuan."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qianhang.core.access import Actor
from qianhang.core.ledger import Balance
from qianhang.core.web.language import in_reader_language

from .models import Hold, Payout, Receipt, ReceiptLine


@dataclass(frozen=True, slots=True)
class HoldView:
    id: uuid.UUID
    reference: uuid.UUID
    organisation_id: uuid.UUID
    state: str
    amount_micro: int
    wallet_micro: int
    voucher_micro: int
    voucher_id: uuid.UUID | None
    created_at: datetime
    closed_at: datetime | None
    closed_reason: str

    @classmethod
    def of(cls, hold: Hold) -> "HoldView":
        return cls(**{name: getattr(hold, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class ReceiptLineView:
    """`amount_micro` is quantity x price, rounded half up to a micro-yuan."""

    usage_record: uuid.UUID
    item: str
    quantity: int
    unit: str
    price_micro: int
    amount_micro: int

    @classmethod
    def of(cls, line: ReceiptLine) -> "ReceiptLineView":
        return cls(**{name: getattr(line, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """lines + rounding - waived == total == voucher + wallet; total + released == what was held.

    A reader who is owed, and did not pay, is told what was used and what is owed for it; who paid, how, and what was
    set aside are None or empty.
    """

    id: uuid.UUID
    number: str
    reference: uuid.UUID
    organisation_id: uuid.UUID | None
    organisation_name: str
    supplier_id: uuid.UUID
    supplier_name: str
    lines_micro: int
    rounding_micro: int
    waived_micro: int
    total_micro: int
    voucher_micro: int | None
    wallet_micro: int | None
    released_micro: int | None
    voucher_id: uuid.UUID | None
    voucher_number: str
    occurred_at: datetime
    issued_at: datetime
    lines: tuple[ReceiptLineView, ...] = ()

    @property
    def held_micro(self) -> int | None:
        return None if self.released_micro is None else self.total_micro + self.released_micro

    @property
    def shows_payer(self) -> bool:
        return self.organisation_id is not None

    @classmethod
    def of(cls, receipt: Receipt, lines: Sequence[ReceiptLine] = (), *, reader: Actor) -> "ReceiptView":
        """Needs `organisation`, `supplier` and `hold__voucher` loaded (see queries.receipts_seen)."""
        own = {
            name
            for name in cls.__slots__
            if name not in {"organisation_name", "supplier_name", "voucher_id", "voucher_number", "lines"}
        }
        voucher = receipt.hold.voucher
        whole = cls(
            **{name: getattr(receipt, name) for name in own},
            organisation_name=receipt.organisation.shown_name,
            supplier_name=receipt.supplier.shown_name,
            voucher_id=receipt.hold.voucher_id,
            voucher_number=voucher.number if voucher else "",
            lines=tuple(ReceiptLineView.of(line) for line in lines),
        )
        return whole if receipt.shows_payer_to(reader) else replace(whole, **_PAYER_UNTOLD)


_PAYER_UNTOLD: Mapping[str, Any] = {
    "organisation_id": None,
    "organisation_name": "",
    "voucher_micro": None,
    "wallet_micro": None,
    "released_micro": None,
    "voucher_id": None,
    "voucher_number": "",
}


@dataclass(frozen=True, slots=True)
class WalletView:
    """`available + held + spent == credited`."""

    organisation_id: uuid.UUID
    credited_micro: int
    spent_micro: int
    held_micro: int
    available_micro: int

    @classmethod
    def of(cls, organisation_id: uuid.UUID, balance: Balance) -> "WalletView":
        return cls(
            organisation_id=organisation_id,
            credited_micro=balance.credits_posted,
            spent_micro=balance.debits_posted,
            held_micro=balance.debits_pending,
            available_micro=balance.available,
        )


@dataclass(frozen=True, slots=True)
class VoucherView:
    """Amounts in `unit`. `spent + held + available + returned == face`; `returned` went back to the pool."""

    id: uuid.UUID
    number: str
    state: str
    state_reason: str
    organisation_id: uuid.UUID
    organisation_name: str
    programme_id: uuid.UUID
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

    @property
    def shown_programme(self) -> str:
        """For a page: the programme's English name for those who read English, where there is one."""
        return in_reader_language(self.programme_name, self.programme_name_en)


@dataclass(frozen=True, slots=True)
class UsableVoucher:
    """A voucher that may pay now. `available_micro` is what it could still pay."""

    id: uuid.UUID
    number: str
    share_ppm: int
    available_micro: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """Amounts in `unit`. `budget` is all that was ever put into the pool; `available` is still to be issued."""

    id: uuid.UUID
    slug: str
    name: str
    name_en: str
    kind: str
    unit: str
    legal_basis: str
    share_ppm: int
    cap: int
    valid_days: int
    organisation_id: uuid.UUID
    budget: int
    available: int
    issued: int
    vouchers: int
    is_demo: bool

    @property
    def shown_name(self) -> str:
        """For a page: the English name for those who read English, where there is one."""
        return in_reader_language(self.name, self.name_en)


@dataclass(frozen=True, slots=True)
class StatementMonth:
    """One month in the platform's time zone: what a supplier's receipts came to, and how many there were."""

    month: str
    receipts: int
    earned_micro: int


@dataclass(frozen=True, slots=True)
class PayoutView:
    id: uuid.UUID
    organisation_id: uuid.UUID
    amount_micro: int
    bank_reference: str
    made_at: datetime

    @classmethod
    def of(cls, payout: Payout) -> "PayoutView":
        return cls(**{name: getattr(payout, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class StatementView:
    """`owed == earned - paid`."""

    supplier_id: uuid.UUID
    supplier_name: str
    earned_micro: int
    paid_micro: int
    owed_micro: int
    months: tuple[StatementMonth, ...]
    payouts: tuple[PayoutView, ...]
