"""The codes of funding's ledger accounts, and how each is opened. The code says whose money it is."""

import uuid

from django.db import transaction

from qianhang.core import ledger
from qianhang.core.units.money import CNY

from .models import Wallet

# Account ids never change, and every submission needs them.
_committed: dict[uuid.UUID, Wallet] = {}


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


def clearing(organisation_id: uuid.UUID) -> str:
    """Between a payer and its suppliers: what is held is pending towards it; a settlement passes through it."""
    return f"clearing:{organisation_id}"


def wallet_of(organisation_id: uuid.UUID) -> Wallet:
    """The organisation's wallet and clearing account, opened if there is none yet. Safe to repeat."""
    if (remembered := _committed.get(organisation_id)) is not None:
        return remembered
    found = Wallet.objects.filter(organisation_id=organisation_id).first()
    if found is not None:
        # Only once this transaction has committed: before that, the row may be its own and may yet roll back.
        transaction.on_commit(lambda: _committed.setdefault(organisation_id, found))
        return found
    opened = Wallet(
        organisation_id=organisation_id,
        account=_open_own(wallet(organisation_id), organisation_id),
        clearing_account=_open_own(clearing(organisation_id), organisation_id),
    )
    Wallet.objects.bulk_create([opened], ignore_conflicts=True)
    return opened


def _open_own(code: str, organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=code, unit=CNY, organisation_id=organisation_id)


def open_payable(supplier_id: uuid.UUID) -> int:
    return _open_own(payable(supplier_id), supplier_id)


def open_voucher(voucher_id: uuid.UUID, *, unit: str, organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=voucher(voucher_id), unit=unit, organisation_id=organisation_id)


def open_pool(programme_id: uuid.UUID, *, unit: str, organisation_id: uuid.UUID) -> int:
    return ledger.open_account(code=pool(programme_id), unit=unit, organisation_id=organisation_id)


def open_treasury(unit: str = CNY) -> int:
    return ledger.open_account(code=treasury(unit), unit=unit, no_overdraft=False)
