"""A voucher's step from state to state, and its unspent value going home."""

import uuid
from collections.abc import Sequence

from qianhang.core import audit, ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id
from qianhang.core.ledger import Transfer

from . import accounts
from .errors import VoucherStateRefused, required_text
from .models import Voucher
from .queries import voucher_of
from .rules.voucher_use import may_follow
from .shapes import VoucherView


def step_voucher(actor: Actor, voucher_id: uuid.UUID, state: Voucher.State, *, reason: str) -> tuple[Voucher, str]:
    """Locks the voucher and moves it to `state`; returns it and the state it was in.

    Raises: NotFound; InvalidInput without a reason; VoucherStateRefused.
    """
    authorize(actor, Permission.VOUCHER_ISSUE)
    reason = required_text(reason, path="reason", most=500)
    vouchers = Voucher.objects.select_related("programme").select_for_update(of=("self",), no_key=True)
    voucher = vouchers.fetch(actor, id=voucher_id)
    before = voucher.state
    if not may_follow(before, state):
        raise VoucherStateRefused(
            number=voucher.number, state=voucher.get_state_display(), wanted=Voucher.State(state).label
        )
    voucher.state = state
    voucher.state_reason = reason
    voucher.save(update_fields=["state", "state_reason"])
    return voucher, before


def switch_voucher(
    actor: Actor, voucher_id: uuid.UUID, state: Voucher.State, *, action: str, reason: str
) -> VoucherView:
    """A step that moves no money, with its audit entry: freezing, and its undoing. Raises as `step_voucher` does."""
    voucher, before = step_voucher(actor, voucher_id, state, reason=reason)
    audit.record(
        actor=actor,
        action=action,
        subject="voucher",
        subject_id=voucher.id,
        organisation_id=voucher.organisation_id,
        before={"state": before},
        after={"state": voucher.state},
        reason=reason,
    )
    return voucher_of(actor=actor, voucher_id=voucher.id)


def return_unspent(vouchers: Sequence[Voucher]) -> dict[uuid.UUID, int]:
    """Moves what is neither spent nor held back to the pools, in one batch, and returns how much for each voucher.

    Held parts stay valid for their hold; what a hold frees later goes back when it closes. The vouchers are locked.
    """
    balances = ledger.balances([accounts.voucher(voucher.id) for voucher in vouchers])
    unspent = {voucher.id: balances[accounts.voucher(voucher.id)].available for voucher in vouchers}
    ledger.post(
        [
            Transfer(
                id=derived_id("voucher-return", voucher.id),
                debit=voucher.account,
                credit=voucher.programme.pool_account,
                amount=unspent[voucher.id],
                code="voucher.return",
                reference=voucher.id,
            )
            for voucher in vouchers
            if unspent[voucher.id]
        ]
    )
    return unspent
