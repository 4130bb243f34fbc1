import uuid

from django.db import transaction

from qianhang.core.access import Actor

from ..models import Voucher
from ..shapes import VoucherView
from ..voucher_steps import switch_voucher


@transaction.atomic
def unfreeze_voucher(*, actor: Actor, voucher_id: uuid.UUID, reason: str) -> VoucherView:
    """Lets a frozen voucher pay again.

    Raises: NotFound; InvalidInput without a reason; VoucherStateRefused when its state does not allow it.
    """
    return switch_voucher(actor, voucher_id, Voucher.State.ACTIVE, action="voucher.unfrozen", reason=reason)
