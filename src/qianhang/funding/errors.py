"""What funding refuses, and why. Amounts in messages are yuan; `facts` also carry them as integer micro-yuan."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError, FieldProblem, InvalidInput
from qianhang.core.units.money import CNY, MICRO_PER_FEN, exact_yuan

from .rules.voucher_use import Unusable

# One billion yuan: far above any real movement, far below what a bigint account can sum.
MOST_MICRO = 1_000_000_000 * 1_000_000

WALLET = _("The wallet")
POOL = _("The voucher programme")


class InsufficientFunds(DomainError):
    code, status = "insufficient_funds", 409
    message = _("{account} has {available} available, but {required} is needed.")

    def __init__(self, *, account: str | Promise, available_micro: int, required_micro: int, unit: str = CNY) -> None:
        super().__init__(
            account=account,
            available=show_amount(available_micro, unit),
            required=show_amount(required_micro, unit),
            available_micro=available_micro,
            required_micro=required_micro,
        )


WHY_UNUSABLE: dict[Unusable, Promise] = {
    Unusable.OTHER_ORGANISATION: _("it belongs to another organisation"),
    Unusable.REVOKED: _("it was revoked"),
    Unusable.FROZEN: _("it is frozen"),
    Unusable.EXPIRED: _("it expired on {expires_on}"),
    Unusable.OTHER_KIND: _("it pays for {pays_for} only"),
    Unusable.OTHER_UNIT: _("it is counted in {unit}, not in money"),
    Unusable.EMPTY: _("nothing is left on it"),
}


class VoucherUnusable(DomainError):
    """`reason` is one of rules.voucher_use.Unusable; `facts` fill the sentence for it."""

    code, status = "voucher_unusable", 409
    message = _("Voucher {number} cannot be used: {why}.")

    def __init__(self, *, number: str, reason: Unusable, **facts: Any) -> None:
        super().__init__(number=number, reason=reason.value, **facts)
        self.reason = reason

    def __str__(self) -> str:
        why = str(WHY_UNUSABLE[self.reason]).format(**self.facts)
        return str(self.message).format(number=self.facts["number"], why=why)


class VoucherStateRefused(DomainError):
    code, status = "voucher_state", 409
    message = _("Voucher {number} is {state}; it cannot become {wanted}.")


class HoldClosed(DomainError):
    code, status = "hold_closed", 409
    message = _("The money held for this was already {state}.")


class HoldDiffers(DomainError):
    code, status = "hold_differs", 409
    message = _("Money is already held for this, for another amount, payer or voucher.")


class SettlementDiffers(DomainError):
    code, status = "settlement_differs", 409
    message = _("This was already settled from other usage records: receipt {number}.")


class UsageNotMetered(DomainError):
    code, status = "usage_not_metered", 409
    message = _("A charge does not match the usage record it names.")


class KeyReused(DomainError):
    code, status = "key_reused", 409
    message = _("This key was already used for another amount or another account.")


class NotActive(DomainError):
    code, status = "organisation_not_active", 409
    message = _("{name} is not an active, verified organisation.")


class AboveOwed(DomainError):
    code, status = "payout_above_owed", 409
    message = _("{name} is owed {owed} yuan; {amount} yuan cannot be paid out.")


class SlugTaken(DomainError):
    code, status = "slug_taken", 409
    message = _("Another voucher programme already uses this short name.")


def show_amount(amount: int, unit: str) -> str:
    """`12.34 CNY`, or the bare integer with its unit for what is not money."""
    return f"{exact_yuan(amount)} CNY" if unit == CNY else f"{amount:,} {unit}"


def whole_fen(amount_micro: int, *, path: str = "amount_micro") -> None:
    """Raises InvalidInput unless an amount to be moved is positive, in whole fen, and not absurd."""
    if not 0 < amount_micro <= MOST_MICRO or amount_micro % MICRO_PER_FEN:
        problem = _("An amount is more than zero, in whole fen, and at most one billion yuan.")
        raise InvalidInput(problems=[FieldProblem(path=path, message=str(problem), code="amount")])


def positive_amount(amount: int, *, unit: str, path: str = "amount") -> None:
    """`whole_fen` for money; for another unit any positive integer that an account can carry."""
    if unit == CNY:
        whole_fen(amount, path=path)
    elif not 0 < amount <= MOST_MICRO:
        problem = _("An amount is more than zero and at most {most}.").format(most=MOST_MICRO)
        raise InvalidInput(problems=[FieldProblem(path=path, message=str(problem), code="amount")])


def required_text(value: str, *, path: str, most: int) -> str:
    """The stripped text. Raises InvalidInput when it is empty or longer than `most` characters."""
    text = value.strip()
    if not text or len(text) > most:
        problem = _("Write between 1 and {most} characters.").format(most=most)
        raise InvalidInput(problems=[FieldProblem(path=path, message=str(problem), code="length")])
    return text
