"""What the ledger refuses, in words."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError

from .transfers import Result


class LedgerRefused(DomainError):
    """Nothing of the batch was written. `results` says why, per transfer; `LINKED_FAILED` ones only share the fate."""

    code, status = "ledger_refused", 409
    message = _("The ledger refused this: {reasons}.")

    def __init__(self, results: Mapping[UUID, Result]) -> None:
        self.results = dict(results)
        reasons = sorted({r.value for r in results.values() if not r.is_in_ledger} - {Result.LINKED_FAILED.value})
        super().__init__(reasons=", ".join(reasons) or Result.LINKED_FAILED.value)

    def has(self, result: Result) -> bool:
        """True if at least one transfer was refused for this reason."""
        return result in self.results.values()


class AccountNotFound(DomainError):
    code, status = "account_not_found", 404
    message = _("There is no account {account}.")


class AccountDiffers(DomainError):
    code, status = "account_differs", 409
    message = _("Account {account} exists with another unit, owner or overdraft rule.")
