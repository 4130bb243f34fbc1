from qianhang.core.access import Actor

from ..placement_record import ranked_record, rejected_record
from ..quoting import prepare
from ..shapes import PlacementView, QuoteView, VoucherChoiceView


def quote_job(*, actor: Actor, spec: object) -> QuoteView:
    """Would this job run, where, why there, when, and what would it cost at most? A dry run: nothing is written.

    Raises: Unauthenticated, Forbidden, JobSpecRefused, NoClusterFits, VoucherUnusable.
    """
    prepared = prepare(actor=actor, document=spec)
    best, *others = (*prepared.ranking.best_first, *prepared.ranking.later)
    hold = prepared.hold_micro
    return QuoteView(
        spec=prepared.spec.normalised(),
        cost_micro=best.cost_micro,
        wallet_micro=best.own_micro,
        voucher_micro=best.cost_micro - best.own_micro,
        hold_micro=hold,
        starts_in_s=next(term.value or 0 for term in best.terms if term.name == "start"),
        placement=PlacementView.of(
            policy=prepared.ranking.policy,
            chosen=ranked_record(best),
            others=[ranked_record(entry) for entry in others],
            rejected=[rejected_record(entry) for entry in prepared.ranking.rejected],
        ),
        voucher=VoucherChoiceView.of(prepared.voucher_record()),
    )
