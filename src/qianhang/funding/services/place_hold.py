import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import ledger, rows
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id, now
from qianhang.core.errors import FieldProblem, InvalidInput
from qianhang.core.ledger import Kind, LedgerRefused, Transfer

from .. import accounts
from ..errors import MOST_MICRO, WALLET, HoldDiffers, InsufficientFunds, VoucherUnusable
from ..models import Hold, Voucher
from ..queries import unusable_facts, voucher_facts
from ..rules.split import Split, split_charge
from ..rules.voucher_use import why_unusable
from ..shapes import HoldView


@transaction.atomic(savepoint=False)
def place_hold(
    *,
    actor: Actor,
    reference: uuid.UUID,
    organisation_id: uuid.UUID,
    amount_micro: int,
    voucher_id: uuid.UUID | None = None,
    kind: str = "compute",
) -> HoldView:
    """Sets money aside for `reference` (a run): the voucher's share from the voucher, the rest from the wallet.

    Both parts or none. The same reference again returns the first hold. An amount of zero (a free cluster) is a hold
    with nothing in it. The caller's own audit entry says what the money is for. It all runs in the caller's
    transaction, which a refusal dooms; a caller that goes on after one wraps this in a savepoint of its own.

    Raises:
        InvalidInput: a negative or absurd amount.
        NotFound: no such voucher, or a foreign one.
        VoucherUnusable: with the reason.
        InsufficientFunds: the wallet, or the voucher, has too little; nothing is held.
        HoldDiffers: the reference holds another amount, payer or voucher.
    """
    authorize(actor, Permission.JOB_SUBMIT, organisation_id=organisation_id, what="wallet")
    if not 0 <= amount_micro <= MOST_MICRO:
        raise InvalidInput(
            problems=[
                FieldProblem(
                    path="amount_micro", message=str(_("Between nothing and one billion yuan.")), code="amount"
                )
            ]
        )
    voucher = _lock_voucher(actor, voucher_id) if voucher_id else None
    try:
        split = _split(voucher, organisation_id=organisation_id, amount_micro=amount_micro, kind=kind)
    except VoucherUnusable:
        # What was held before stays held, whatever has become of the voucher since.
        if earlier := _same_hold(reference, organisation_id, amount_micro, voucher_id):
            return HoldView.of(earlier)
        raise
    hold = Hold(
        reference=reference,
        organisation_id=organisation_id,
        amount_micro=amount_micro,
        wallet_micro=split.wallet_micro,
        voucher_micro=split.voucher_micro,
        voucher=voucher,
        wallet_transfer=derived_id("hold", reference, "wallet") if split.wallet_micro else None,
        voucher_transfer=derived_id("hold", reference, "voucher") if split.voucher_micro else None,
    )
    # The unique reference decides between two that come at once: the later one waits here, then finds the first.
    if rows.insert(hold, unless_there="reference"):
        _hold_at_ledger(hold)
        return HoldView.of(hold)
    earlier = _same_hold(reference, organisation_id, amount_micro, voucher_id)
    if earlier is None:
        raise HoldDiffers
    return HoldView.of(earlier)


def _same_hold(
    reference: uuid.UUID, organisation_id: uuid.UUID, amount_micro: int, voucher_id: uuid.UUID | None
) -> Hold | None:
    hold = Hold.objects.filter(reference=reference).first()
    if hold is None:
        return None
    if (hold.organisation_id, hold.amount_micro, hold.voucher_id) != (organisation_id, amount_micro, voucher_id):
        raise HoldDiffers
    return hold


def _lock_voucher(actor: Actor, voucher_id: uuid.UUID) -> Voucher:
    """Locked, so that it cannot be frozen, revoked, expired or drawn on by another hold between check and hold."""
    vouchers = Voucher.objects.select_related("programme").select_for_update(of=("self",), no_key=True)
    return vouchers.fetch(actor, id=voucher_id)


def _split(voucher: Voucher | None, *, organisation_id: uuid.UUID, amount_micro: int, kind: str) -> Split:
    if voucher is None:
        return Split(voucher_micro=0, wallet_micro=amount_micro)
    code = accounts.voucher(voucher.id)
    available = ledger.balances([code])[code].available
    reason = why_unusable(
        voucher_facts(voucher, available=available), organisation_id=organisation_id, kind=kind, at=now()
    )
    if reason is not None:
        raise VoucherUnusable(number=voucher.number, reason=reason, **unusable_facts(voucher))
    return split_charge(total_micro=amount_micro, share_ppm=voucher.share_ppm, voucher_limit_micro=available)


def _hold_at_ledger(hold: Hold) -> None:
    wallet = accounts.wallet_of(hold.organisation_id)
    clearing = wallet.clearing_account
    transfers = []
    if hold.voucher_transfer and hold.voucher:
        transfers.append(_pending(hold, hold.voucher_transfer, hold.voucher.account, clearing, hold.voucher_micro))
    if hold.wallet_transfer:
        transfers.append(_pending(hold, hold.wallet_transfer, wallet.account, clearing, hold.wallet_micro))
    if not transfers:
        return
    try:
        ledger.post(transfers)
    except LedgerRefused as refused:
        code = accounts.wallet(hold.organisation_id)
        available = ledger.balances([code])[code].available
        if available >= hold.wallet_micro:
            # Not the wallet: with the voucher row locked this cannot happen, so it is nobody's input to correct.
            raise
        raise InsufficientFunds(
            account=WALLET, available_micro=available, required_micro=hold.wallet_micro
        ) from refused


def _pending(hold: Hold, transfer_id: uuid.UUID, debit: int, credit: int, amount: int) -> Transfer:
    return Transfer(
        id=transfer_id,
        debit=debit,
        credit=credit,
        amount=amount,
        kind=Kind.PENDING,
        link=hold.id,
        code="hold",
        reference=hold.reference,
    )
