import uuid

from django.db import transaction

from qianhang.core import audit, ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id
from qianhang.core.ledger import Kind, Transfer

from ..closing import close_hold, lock_hold, returns_of_ended_voucher
from ..errors import HoldClosed
from ..models import Hold


@transaction.atomic(savepoint=False)
def release_hold(*, actor: Actor, reference: uuid.UUID, reason: str) -> None:
    """Frees everything held for `reference`, because what it was held for will not happen. Safe to repeat.

    Raises:
        NotFound: nothing was held for this reference, or it is foreign.
        HoldClosed: it was settled; what was charged is not undone by a release.
    """
    hold = lock_hold(reference)
    if not actor.may(Permission.QUEUE_MANAGE):
        authorize(actor, Permission.JOB_SUBMIT, organisation_id=hold.organisation_id, what="hold")
    if hold.state == Hold.State.RELEASED:
        return
    if hold.state == Hold.State.SETTLED:
        raise HoldClosed(state=hold.get_state_display())
    transfers = [
        Transfer(
            id=derived_id("release", pending),
            debit=None,
            credit=None,
            amount=0,
            kind=Kind.VOID,
            pending_id=pending,
            link=hold.id,
            code="release",
            reference=reference,
        )
        for pending in (hold.voucher_transfer, hold.wallet_transfer)
        if pending is not None
    ]
    if transfers:
        ledger.post(transfers + returns_of_ended_voucher(hold, freed=hold.voucher_micro))
    close_hold(hold, Hold.State.RELEASED, reason=reason)
    audit.record(
        actor=actor,
        action="hold.released",
        subject="hold",
        subject_id=hold.id,
        organisation_id=hold.organisation_id,
        after={"reference": str(reference), "released_micro": hold.amount_micro},
        reason=reason,
    )
