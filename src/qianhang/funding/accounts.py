"""The codes of funding's ledger accounts, and how each is opened. The code says whose money it is."""

import uuid

from qianhang.core import ledger
from qianhang.core.units.money import CNY


def wallet(organisation_id: uuid.UUID) -> str:
    return f"wallet:{organisation_id}"


def voucher(voucher_id: uuid.UUID) -> str:
    return f"voucher:{voucher_id}"


def pool(programme_id: uuid.UUID) -> str:
    return f"pool:{programme_id}"


def payable(supplier_id: uuid.UUID) -> str:
    return f"payable:{supplier_id}"


def treasury(unit: str = CNY) -> str:
    """Where value enters and leaves the platform; the mirror of everything inside, so it may be overdrawn."""
    return f"treasury:{unit.partition('.')[0]}"


def clearing(unit: str = CNY) -> str:
    """Between the payers and the supplier: what is held is pending towards it; a settlement passes through it."""
    return f"clearing:{unit.partition('.')[0]}"


def open_wallet(organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=wallet(organisation_id), unit=CNY, organisation_id=organisation_id)


def open_payable(supplier_id: uuid.UUID) -> int:
    return ledger.open_account(code=payable(supplier_id), unit=CNY, organisation_id=supplier_id)


def open_voucher(voucher_id: uuid.UUID, *, unit: str, organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=voucher(voucher_id), unit=unit, organisation_id=organisation_id)


def open_pool(programme_id: uuid.UUID, *, unit: str, organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=pool(programme_id), unit=unit, organisation_id=organisation_id)


def open_treasury(unit: str = CNY) -> int:
    return ledger.open_account(code=treasury(unit), unit=unit, no_overdraft=False)


def open_clearing(unit: str = CNY) -> int:
    return ledger.open_account(code=clearing(unit), unit=unit)
