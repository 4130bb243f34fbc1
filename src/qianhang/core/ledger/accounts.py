"""Opening accounts and reading their balances."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from .errors import AccountDiffers, AccountNotFound
from .models import Account
from .transfers import Balance

COUNTERS = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


def open_account(*, code: str, unit: str, organisation_id: UUID | None = None, no_overdraft: bool = True) -> int:
    """The id of the account with this code, opened if there is none yet. Safe to repeat.

    Raises:
        AccountDiffers: the code is taken by an account with another unit, owner or overdraft rule.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, unit, organisation_id, no_overdraft FROM ledger_open_account(%s, %s, %s, %s)",
            [code, unit, organisation_id, no_overdraft],
        )
        found: tuple[int, str, UUID | None, bool] = cursor.fetchone()
    if found[1:] != (unit, organisation_id, no_overdraft):
        raise AccountDiffers(account=code)
    return found[0]


def account_id(code: str) -> int:
    """Raises AccountNotFound."""
    found = Account.objects.filter(code=code).values_list("id", flat=True).first()
    if found is None:
        raise AccountNotFound(account=code)
    return found


def balance(account_id: int) -> Balance:
    """The account's counters now. Raises AccountNotFound."""
    found = Account.objects.filter(id=account_id).values_list(*COUNTERS).first()
    if found is None:
        raise AccountNotFound(account=account_id)
    return Balance(*found)


def balances(codes: Iterable[str]) -> dict[str, Balance]:
    """Balances by account code, in one query; a code without an account is absent."""
    rows = Account.objects.filter(code__in=list(codes)).values_list("code", *COUNTERS)
    return {code: Balance(*counters) for code, *counters in rows}
