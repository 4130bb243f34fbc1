import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from qianhang.core import audit, events, ledger, metering
from qianhang.core.access import Actor
from qianhang.core.clock import derived_id
from qianhang.core.errors import Forbidden, NotFound
from qianhang.core.ledger import Kind, Transfer

from .. import accounts
from ..closing import close_hold, lock_hold, returns_of_ended_voucher
from ..errors import HoldClosed, SettlementDiffers, UsageNotMetered
from ..models import Hold, Receipt, ReceiptLine
from ..numbering import next_number
from ..queries import receipt_of
from ..rules.rating import ChargeLine, Rating, rate_lines
from ..rules.split import Split, split_charge
from ..shapes import ReceiptView


@transaction.atomic(savepoint=False)
def settle_hold(
    *,
    actor: Actor,
    reference: uuid.UUID,
    supplier_id: uuid.UUID,
    lines: Sequence[ChargeLine],
    occurred_at: datetime,
) -> ReceiptView:
    """Charges what was metered against the hold of `reference`, owes it to the supplier, and frees the rest.

    Everything in one linked group: the voucher's part, the wallet's part and the supplier's due are posted together
    or not at all. No lines: a receipt over zero, and all of the hold is freed. The same reference again returns the
    first receipt. Use beyond what was held is waived, and the receipt says how much.

    Raises:
        Forbidden: only the platform itself settles; nobody charges by hand.
        NotFound: nothing is held for this reference.
        HoldClosed: it was released.
        UsageNotMetered: a line names a usage record that is not of this reference, or another quantity.
        SettlementDiffers: it was settled before, from other usage records.
    """
    if not actor.is_system:
        raise Forbidden(permission="settle")
    hold = lock_hold(reference)
    if hold.state == Hold.State.SETTLED:
        return _first_receipt(actor, reference, lines)
    if hold.state == Hold.State.RELEASED:
        raise HoldClosed(state=hold.get_state_display())
    _check_against_metering(reference, lines)

    rating = rate_lines(lines, limit_micro=hold.amount_micro)
    share_ppm = hold.voucher.share_ppm if hold.voucher else 0
    split = split_charge(total_micro=rating.total_micro, share_ppm=share_ppm, voucher_limit_micro=hold.voucher_micro)
    ledger.post(_transfers(hold, split, supplier_id=supplier_id))
    receipt = _write_receipt(hold, rating, split, lines, supplier_id=supplier_id, occurred_at=occurred_at)
    close_hold(hold, Hold.State.SETTLED, reason="")
    _tell(actor, receipt)
    view = receipt_of(actor=actor, reference=reference)
    if view is None:
        raise NotFound(what=Receipt._meta.verbose_name)
    return view


def _first_receipt(actor: Actor, reference: uuid.UUID, lines: Sequence[ChargeLine]) -> ReceiptView:
    receipt = receipt_of(actor=actor, reference=reference)
    if receipt is None:
        raise NotFound(what=Receipt._meta.verbose_name)
    charged = {(line.usage_record, line.item, line.quantity, line.price_micro) for line in receipt.lines}
    if charged != {(n.usage_record_id, n.item, n.quantity_ms, n.price_micro_per_hour) for n in lines}:
        raise SettlementDiffers(number=receipt.number)
    return receipt


def _check_against_metering(reference: uuid.UUID, lines: Sequence[ChargeLine]) -> None:
    """A charge comes from usage records, never from a caller's own arithmetic."""
    if not lines:
        return
    metered = {record.id: record.quantity for record in metering.usage_of(reference)}
    if len({line.usage_record_id for line in lines}) != len(lines) or any(
        metered.get(line.usage_record_id) != line.quantity_ms for line in lines
    ):
        raise UsageNotMetered


def _transfers(hold: Hold, split: Split, *, supplier_id: uuid.UUID) -> list[Transfer]:
    transfers = []
    for pending, part in ((hold.voucher_transfer, split.voucher_micro), (hold.wallet_transfer, split.wallet_micro)):
        if pending is not None:
            transfers.append(_resolve(hold, pending, part))
    total = split.voucher_micro + split.wallet_micro
    if total:
        transfers.append(
            Transfer(
                id=derived_id("settle", hold.id, "supplier"),
                debit=accounts.wallet_of(hold.organisation_id).clearing_account,
                credit=accounts.open_payable(supplier_id),
                amount=total,
                link=hold.id,
                code="settle",
                reference=hold.reference,
            )
        )
    return transfers + returns_of_ended_voucher(hold, freed=hold.voucher_micro - split.voucher_micro)


def _resolve(hold: Hold, pending: uuid.UUID, part: int) -> Transfer:
    """Posts a part of a pending transfer and frees the rest; voids it when the part is nothing."""
    return Transfer(
        id=derived_id("settle", pending),
        debit=None,
        credit=None,
        amount=part,
        kind=Kind.POST if part else Kind.VOID,
        pending_id=pending,
        link=hold.id,
        code="settle",
        reference=hold.reference,
    )


def _write_receipt(
    hold: Hold,
    rating: Rating,
    split: Split,
    lines: Sequence[ChargeLine],
    *,
    supplier_id: uuid.UUID,
    occurred_at: datetime,
) -> Receipt:
    receipt = Receipt.objects.create(
        id=derived_id("receipt", hold.reference),
        number=next_number(connection, "R"),
        hold=hold,
        reference=hold.reference,
        organisation_id=hold.organisation_id,
        supplier_id=supplier_id,
        lines_micro=rating.lines_micro,
        waived_micro=rating.waived_micro,
        total_micro=rating.total_micro,
        voucher_micro=split.voucher_micro,
        wallet_micro=split.wallet_micro,
        released_micro=hold.amount_micro - rating.total_micro,
        occurred_at=occurred_at,
    )
    ReceiptLine.objects.bulk_create(
        ReceiptLine(
            id=derived_id("receipt-line", line.usage_record_id),
            receipt=receipt,
            usage_record=line.usage_record_id,
            item=line.item,
            quantity=line.quantity_ms,
            unit=line.unit,
            price_micro=line.price_micro_per_hour,
            amount_micro=amount,
        )
        for line, amount in zip(lines, rating.amounts_micro, strict=True)
    )
    return receipt


def _tell(actor: Actor, receipt: Receipt) -> None:
    audit.record(
        actor=actor,
        action="receipt.issued",
        subject="receipt",
        subject_id=receipt.id,
        organisation_id=receipt.organisation_id,
        after={
            "number": receipt.number,
            "reference": str(receipt.reference),
            "total_micro": receipt.total_micro,
            "voucher_micro": receipt.voucher_micro,
            "wallet_micro": receipt.wallet_micro,
        },
    )
    events.announce(
        name="receipt.issued",
        key=f"receipt:{receipt.id}",
        payload={"receipt_id": str(receipt.id), "reference": str(receipt.reference)},
    )
