"""What settling and releasing a hold share."""

import uuid

from qianhang.core.clock import derived_id, now
from qianhang.core.errors import NotFound
from qianhang.core.ledger import Transfer

from .models import Hold, Voucher
from .rules.voucher_use import ENDED


def lock_hold(reference: uuid.UUID) -> Hold:
    """The hold of `reference`, and its voucher, locked in that order (place_hold never waits for a hold's row)."""
    hold = Hold.objects.select_for_update().filter(reference=reference).first()
    if hold is None:
        raise NotFound(what="hold")
    if hold.voucher_id is not None:
        hold.voucher = (
            Voucher.objects.select_related("programme")
            .select_for_update(of=("self",), no_key=True)
            .get(id=hold.voucher_id)
        )
    return hold


def close_hold(hold: Hold, state: Hold.State, *, reason: str) -> None:
    hold.state = state
    hold.closed_at = now()
    hold.closed_reason = reason[:500]
    hold.save(update_fields=["state", "closed_at", "closed_reason"])


def returns_of_ended_voucher(hold: Hold, *, freed: int) -> list[Transfer]:
    """A voucher that expired or was revoked while money was held on it: what the hold frees goes back to the pool."""
    voucher = hold.voucher
    if voucher is None or freed == 0 or voucher.state not in ENDED:
        return []
    return [
        Transfer(
            id=derived_id("voucher-return", hold.id),
            debit=voucher.account,
            credit=voucher.programme.pool_account,
            amount=freed,
            link=hold.id,
            code="voucher.return",
            reference=voucher.id,
        )
    ]
