import uuid

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor

from ..models import Voucher
from ..queries import voucher_of
from ..shapes import VoucherView
from ..voucher_steps import return_unspent, step_voucher


@transaction.atomic
def revoke_voucher(*, actor: Actor, voucher_id: uuid.UUID, reason: str) -> VoucherView:
    """Ends a voucher for good and returns what is unspent to the pool; what is held stays valid for its hold.

    Raises: NotFound; InvalidInput without a reason; VoucherStateRefused when it already ended.
    """
    voucher, before = step_voucher(actor, voucher_id, Voucher.State.REVOKED, reason=reason)
    returned = return_unspent([voucher])[voucher.id]
    audit.record(
        actor=actor,
        action="voucher.revoked",
        subject="voucher",
        subject_id=voucher.id,
        organisation_id=voucher.organisation_id,
        before={"state": before},
        after={"state": voucher.state, "returned": returned, "unit": voucher.programme.unit},
        reason=reason,
    )
    events.announce(name="voucher.ended", key=f"voucher-end:{voucher.id}", payload={"voucher_id": str(voucher.id)})
    return voucher_of(actor=actor, voucher_id=voucher.id)
