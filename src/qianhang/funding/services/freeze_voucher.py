import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor

from ..models import Voucher
from ..queries import voucher_of
from ..shapes import VoucherView
from ..voucher_steps import step_voucher


@transaction.atomic
def freeze_voucher(*, actor: Actor, voucher_id: uuid.UUID, reason: str) -> VoucherView:
    """Stops a voucher from paying until it is unfrozen; what is already held on it stays valid for its hold.

    Raises: NotFound; InvalidInput without a reason; VoucherStateRefused when its state does not allow it.
    """
    voucher, before = step_voucher(actor, voucher_id, Voucher.State.FROZEN, reason=reason)
    audit.record(
        actor=actor,
        action="voucher.frozen",
        subject="voucher",
        subject_id=voucher.id,
        organisation_id=voucher.organisation_id,
        before={"state": before},
        after={"state": voucher.state},
        reason=reason,
    )
    return voucher_of(actor=actor, voucher_id=voucher.id)
