from django.db import transaction

from qianhang.core.access import Actor
from qianhang.core.errors import NotFound
from qianhang.funding.errors import InsufficientFunds, VoucherUnusable
from qianhang.funding.services import place_hold

from ..deferring import defer_placement
from ..identity import run_id_of
from ..models import Job
from ..rules.states import State
from ..transitions import move


def requeue_job(*, actor: Actor, job: Job) -> bool:
    """Puts a locked job whose run was lost back into the queue, while its retry budget lasts; part of the caller's
    transaction. Every attempt has its own hold: when the money for it is gone, the job fails and says so.

    Returns whether the job waits again.
    """
    if job.retries_left <= 0:
        return False
    lost = job.runs.order_by("-attempt").values_list("attempt", flat=True)[0]
    job.retries_left -= 1
    job.save(update_fields=["retries_left"])
    move(job, State.REQUEUED, actor=actor, reason_code="lost")
    try:
        with transaction.atomic():
            place_hold(
                actor=actor,
                reference=run_id_of(job.id, attempt=lost + 1),
                organisation_id=job.organisation_id,
                amount_micro=job.budget_micro,
                voucher_id=job.voucher_id,
            )
    except InsufficientFunds:
        move(job, State.FAILED, actor=actor, reason_code="insufficient_funds")
        return False
    except (VoucherUnusable, NotFound):
        move(job, State.FAILED, actor=actor, reason_code="voucher_unusable")
        return False
    defer_placement(job.id)
    return True
