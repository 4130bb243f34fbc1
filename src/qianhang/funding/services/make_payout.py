import uuid

from django.db import transaction

from qianhang.core import audit, events, ledger
from qianhang.core.access import Actor, Permission, authorize, require_step_up
from qianhang.core.clock import derived_id
from qianhang.core.ledger import LedgerRefused, Transfer
from qianhang.core.units.money import exact_yuan

from .. import accounts
from ..errors import AboveOwed, required_text, whole_fen
from ..models import Payout
from ..moving import move_once
from ..recipients import active_organisation
from ..shapes import PayoutView


@transaction.atomic
def make_payout(
    *, actor: Actor, supplier_id: uuid.UUID, amount_micro: int, bank_reference: str, key: str
) -> PayoutView:
    """Records money paid out to a supplier, in whole fen, never above what it is owed. Needs a recent sign-in.

    `key` names the payment: the same key again returns the first payout.

    Raises:
        StepUpRequired: the person has not proved who they are within ten minutes; a key never can.
        InvalidInput; NotFound, NotActive: the supplier.
        AboveOwed: the supplier is owed less.
        KeyReused: the key named another amount or another supplier before.
    """
    authorize(actor, Permission.PAYOUT_MAKE, organisation_id=supplier_id, what="supplier")
    require_step_up(actor)
    whole_fen(amount_micro)
    key = required_text(key, path="key", most=200)
    bank_reference = required_text(bank_reference, path="bank_reference", most=120)
    supplier = active_organisation(actor, supplier_id)
    transfer_id = derived_id("payout", key)
    try:
        is_new = move_once(
            Transfer(
                id=transfer_id,
                debit=accounts.open_payable(supplier_id),
                credit=accounts.open_treasury(),
                amount=amount_micro,
                code="payout",
                reference=supplier_id,
            )
        )
    except LedgerRefused as refused:
        code = accounts.payable(supplier_id)
        owed = ledger.balances([code])[code].available
        if owed >= amount_micro:
            raise
        raise AboveOwed(name=supplier.name, owed=exact_yuan(owed), amount=exact_yuan(amount_micro)) from refused
    if not is_new:
        return PayoutView.of(Payout.objects.get(transfer=transfer_id))
    payout = Payout.objects.create(
        organisation_id=supplier_id, amount_micro=amount_micro, bank_reference=bank_reference, transfer=transfer_id
    )
    audit.record(
        actor=actor,
        action="payout.made",
        subject="payout",
        subject_id=payout.id,
        organisation_id=supplier_id,
        after={"amount_micro": amount_micro, "bank_reference": bank_reference},
    )
    events.announce(name="payout.made", key=f"payout:{payout.id}", payload={"payout_id": str(payout.id)})
    return PayoutView.of(payout)
