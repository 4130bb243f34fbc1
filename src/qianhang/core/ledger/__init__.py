"""Double-entry ledger on PostgreSQL; see README.md.

    from qianhang.core import ledger
    ledger.post([ledger.Transfer(id=derived_id("fee", run_id), debit=wallet, credit=payable, amount=1_500)])

Names are loaded when first used, so that importing this package needs no configured Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .accounts import account_id, balance, balances, open_account
    from .coalescer import Coalescer, LedgerUnavailable
    from .errors import AccountDiffers, AccountNotFound, LedgerRefused
    from .posting import post, post_batch
    from .queries import StatementPage, TransferView, statement, transfers_of
    from .sweeping import void_expired
    from .transfers import MAX_AMOUNT, MAX_BATCH, Balance, Kind, Result, Transfer
    from .verification import VerifyReport, verify

_HOME = {
    "account_id": "accounts",
    "balance": "accounts",
    "balances": "accounts",
    "open_account": "accounts",
    "AccountDiffers": "errors",
    "AccountNotFound": "errors",
    "LedgerRefused": "errors",
    "Coalescer": "coalescer",
    "LedgerUnavailable": "coalescer",
    "post": "posting",
    "post_batch": "posting",
    "StatementPage": "queries",
    "TransferView": "queries",
    "statement": "queries",
    "transfers_of": "queries",
    "void_expired": "sweeping",
    "VerifyReport": "verification",
    "verify": "verification",
    "MAX_AMOUNT": "transfers",
    "MAX_BATCH": "transfers",
    "Balance": "transfers",
    "Kind": "transfers",
    "Result": "transfers",
    "Transfer": "transfers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


__all__ = [
    "MAX_AMOUNT",
    "MAX_BATCH",
    "AccountDiffers",
    "AccountNotFound",
    "Balance",
    "Coalescer",
    "Kind",
    "LedgerRefused",
    "LedgerUnavailable",
    "Result",
    "StatementPage",
    "Transfer",
    "TransferView",
    "VerifyReport",
    "account_id",
    "balance",
    "balances",
    "open_account",
    "post",
    "post_batch",
    "statement",
    "transfers_of",
    "verify",
    "void_expired",
]
