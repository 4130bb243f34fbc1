import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Max

from qianhang.core.access import Actor
from qianhang.core.clock import now

from .. import fleet
from ..identity import run_id_of
from ..models import Cluster, Job, Placement, Run
from ..placement_record import ranked_record, rejected_record, with_quoted_prices
from ..rules.job_spec import JobSpec, stored_job_spec
from ..rules.offers import VoucherTerms, expected_wait_s, need_of
from ..rules.placement import BALANCED, Ranked, Ranking, rank_clusters
from ..rules.states import WAITING, State
from ..transitions import move
from .fetch_git_source import source_is_here

# Whoever places a run also starts it; if that worker dies, another may after this time.
START_LEASE = timedelta(seconds=20)


@transaction.atomic
def place_job(*, actor: Actor, job_id: uuid.UUID) -> uuid.UUID | None:
    """Gives a waiting job a place on the best cluster that has room now. Safe to repeat and to race.

    Returns the id of the new run, to be started; None when the job is not waiting, when its source is still being
    fetched, or when it must go on waiting for room. Then the pool it waits for is noted, and later jobs may not
    overtake it there; or since when no cluster fits it any more.
    """
    job = Job.objects.select_for_update(of=("self",), no_key=True).filter(id=job_id).first()
    if job is None or job.state not in WAITING:
        return None
    spec = stored_job_spec(job.spec)
    if not source_is_here(spec.source):
        return None
    ranking = _rank_under_locks(job, spec)
    with_room = next((r for r in ranking.best_first if expected_wait_s(r.offer, need_of(spec)) == 0), None)
    if with_room is None:
        _keep_waiting(job, ranking)
        return None
    return _place(actor, job, with_room, ranking)


def _rank_under_locks(job: Job, spec: JobSpec) -> Ranking:
    """Ranks with the load as it is while nobody else can place on the clusters in question.

    Clusters are locked in the order of their ids, so that two placements wait for each other and never deadlock.
    """
    quoted = job.quote.get("voucher")
    terms = VoucherTerms(quoted["share_ppm"], quoted["available_micro"]) if quoted else None
    offers = with_quoted_prices(fleet.snapshot().offers, job.quote)
    first = rank_clusters(spec, offers, BALANCED, limit_micro=job.budget_micro, voucher=terms)
    candidates = [entry.offer.cluster_id for entry in first.best_first]
    locked = set(
        Cluster.objects.select_for_update(of=("self",), no_key=True)
        .filter(id__in=candidates, state=Cluster.State.ACTIVE)
        .order_by("id")
        .values_list("id", flat=True)
    )
    place = fleet.QueuePlace(job.queue_at, job.id)
    loaded = fleet.with_load((o for o in offers if o.cluster_id in locked), place=place)
    others = [offer for offer in offers if offer.cluster_id not in locked]
    return rank_clusters(spec, [*loaded, *others], BALANCED, limit_micro=job.budget_micro, voucher=terms)


def _keep_waiting(job: Job, ranking: Ranking) -> None:
    fitting = ranking.best_first or ranking.later
    waiting_for = fitting[0].offer.pool_id if fitting else None
    code = "waiting_for_cluster" if fitting else "no_cluster_fits"
    unfit_since = None if fitting else job.unfit_since or now()
    if (job.waiting_for_id, job.reason_code, job.unfit_since) != (waiting_for, code, unfit_since):
        job.waiting_for_id, job.reason_code, job.reason, job.unfit_since = waiting_for, code, "", unfit_since
        job.save(update_fields=["waiting_for", "reason_code", "reason", "unfit_since"])


def _place(actor: Actor, job: Job, chosen: Ranked, ranking: Ranking) -> uuid.UUID:
    attempt = 1
    if job.state == State.REQUEUED:
        attempt += job.runs.aggregate(last=Max("attempt"))["last"]
    moment = now()
    run = Run(
        id=run_id_of(job.id, attempt=attempt),
        job=job,
        attempt=attempt,
        cluster_id=chosen.offer.cluster_id,
        pool_id=chosen.offer.pool_id,
        state=State.PLACED,
        placed_at=moment,
        lease_until=moment + START_LEASE,
    )
    run.save(force_insert=True)
    Placement.objects.create(
        run=run,
        policy=ranking.policy,
        chosen=ranked_record(chosen),
        others=[ranked_record(entry) for entry in (*ranking.best_first, *ranking.later) if entry is not chosen],
        rejected=[rejected_record(entry) for entry in ranking.rejected],
        decided_at=moment,
    )
    if job.unfit_since is not None:
        job.unfit_since = None
        job.save(update_fields=["unfit_since"])
    move(job, State.PLACED, actor=actor, run=run)
    return run.id
