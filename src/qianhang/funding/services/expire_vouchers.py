from datetime import datetime

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor
from qianhang.core.errors import Forbidden

from ..models import Voucher
from ..voucher_steps import return_unspent

BATCH = 500


@transaction.atomic
def expire_vouchers(*, actor: Actor, at: datetime) -> int:
    """Ends every voucher whose time is over and returns its unspent value to the pool; held parts stay valid for
    their hold. At most 500 in one call; returns how many. Run by the scheduler; several may run at once.

    Raises: Forbidden unless the platform itself calls.
    """
    if not actor.is_system:
        raise Forbidden(permission="expire")
    due = list(
        Voucher.objects.select_related("programme")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(state__in=[Voucher.State.ACTIVE, Voucher.State.FROZEN], expires_at__lte=at)
        .order_by("expires_at", "id")[:BATCH]
    )
    returned = return_unspent(due)
    for voucher in due:
        before = voucher.state
        voucher.state = Voucher.State.EXPIRED
        voucher.save(update_fields=["state"])
        audit.record(
            actor=actor,
            action="voucher.expired",
            subject="voucher",
            subject_id=voucher.id,
            organisation_id=voucher.organisation_id,
            before={"state": before},
            after={"state": voucher.state, "returned": returned[voucher.id], "unit": voucher.programme.unit},
        )
        events.announce(name="voucher.ended", key=f"voucher-end:{voucher.id}", payload={"voucher_id": str(voucher.id)})
    return len(due)
