from django.db import transaction

from qianhang.core.access import Actor
from qianhang.core.errors import NotFound
from qianhang.core.units.money import MICRO_PER_FEN
from qianhang.funding import queries as funding
from qianhang.funding.errors import InsufficientFunds, VoucherUnusable
from qianhang.funding.services import place_hold

from ..deferring import defer_placement
from ..identity import run_id_of
from ..models import Job
from ..rules.job_spec import stored_job_spec
from ..rules.states import State
from ..transitions import move


def requeue_job(*, actor: Actor, job: Job) -> bool:
    """Puts a locked job whose run was lost back into the queue, while its retry budget lasts; part of the caller's
    transaction. Every attempt has its own hold: when the money for it is gone, the job fails and says so. A stated
    budget is for all attempts together.

    Returns whether the job waits again.
    """
    if job.retries_left <= 0:
        return False
    lost = job.runs.order_by("-attempt").values_list("attempt", flat=True)[0]
    job.retries_left -= 1
    job.save(update_fields=["retries_left"])
    move(job, State.REQUEUED, actor=actor, reason_code="lost")
    left_micro = _left_of_budget(actor, job)
    if left_micro < min((entry["cost_micro"] for entry in job.quote.get("fitting", ())), default=0):
        move(job, State.FAILED, actor=actor, reason_code="budget_spent")
        return False
    if left_micro < job.budget_micro:
        job.budget_micro = left_micro
        job.save(update_fields=["budget_micro"])
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


def _left_of_budget(actor: Actor, job: Job) -> int:
    """What the earlier attempts have left of a stated budget, in micro-yuan and whole fen, as holds are; without a
    budget, what each may cost."""
    budget_micro = stored_job_spec(job.spec).budget_micro
    if budget_micro is None:
        return job.budget_micro
    runs = list(job.runs.values_list("id", flat=True))
    receipts = funding.receipts_of_references(actor=actor, references=runs).values()
    left_micro = budget_micro - sum(receipt.total_micro for receipt in receipts)
    return left_micro - left_micro % MICRO_PER_FEN
