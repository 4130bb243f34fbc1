import uuid

from django.db import transaction

from qianhang.core.access import Actor

from ..models import Voucher
from ..shapes import VoucherView
from ..voucher_steps import switch_voucher


@transaction.atomic
def freeze_voucher(*, actor: Actor, voucher_id: uuid.UUID, reason: str) -> VoucherView:
    """Stops a voucher from paying until it is unfrozen; what is already held on it stays valid for its hold.

    Raises: NotFound; InvalidInput without a reason; VoucherStateRefused when its state does not allow it.
    """
    return switch_voucher(actor, voucher_id, Voucher.State.FROZEN, action="voucher.frozen", reason=reason)
