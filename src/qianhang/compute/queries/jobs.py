"""Jobs: the list, and everything about one."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Subquery

from qianhang.core.access import Actor, Permission
from qianhang.funding import queries as funding

from ..models import Cluster, Job, JobQuerySet, Output, Run, UseSample
from ..rules.states import ACTIVE, ENDED, WAITING, State
from ..shapes import (
    JobDetail,
    JobRow,
    OutputView,
    PlacementView,
    RunView,
    SampleView,
    TransitionView,
    VoucherChoiceView,
)

# What a list may filter by besides the states themselves.
GROUPS = {"waiting": WAITING, "active": ACTIVE, "ended": ENDED}
MOST_SAMPLES = 600


def jobs_seen(
    *,
    actor: Actor,
    state: str = "",
    q: str = "",
    organisation_id: uuid.UUID | None = None,
    cluster: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> JobQuerySet:
    """The jobs `actor` may see, for a front that pages (key `submitted_at`); make rows of them with job_rows.

    `state` is a state, or waiting, active or ended; `q` is part of a name, or the beginning of an id.
    """
    jobs = Job.objects.visible_to(actor)
    if state:
        jobs = jobs.filter(state__in=GROUPS.get(state, {state}))
    if organisation_id is not None:
        jobs = jobs.filter(organisation_id=organisation_id)
    if cluster:
        # The id first, so that the planner knows how common the cluster is.
        on = Cluster.objects.filter(slug=cluster).values_list("id", flat=True).first()
        jobs = jobs.filter(Exists(Run.objects.filter(job=OuterRef("pk"), cluster=on)))
    if since is not None:
        jobs = jobs.filter(submitted_at__gte=since)
    if until is not None:
        jobs = jobs.filter(submitted_at__lt=until)
    if q := q.strip().replace("\x00", ""):
        jobs = _matching(jobs, q)
    last = Run.objects.filter(job=OuterRef("pk")).order_by("-attempt")
    return (
        jobs.select_related("organisation", "submitted_by")
        .defer("spec", "quote", "sealed_secrets")
        .annotate(
            last_cluster=Subquery(last.values("cluster__slug")[:1]),
            last_cluster_name=Subquery(last.values("cluster__name")[:1]),
            last_cluster_name_en=Subquery(last.values("cluster__name_en")[:1]),
        )
    )


def job_rows(jobs: Iterable[Job], *, actor: Actor) -> list[JobRow]:
    return [JobRow.of(job, reader=actor) for job in jobs]


def _matching(jobs: JobQuerySet, q: str) -> JobQuerySet:
    """An id as far as it was typed (a prefix of an id is a range of ids), else part of a name."""
    digits = q.replace("-", "").lower()
    if 8 <= len(digits) <= 32 and all(digit in "0123456789abcdef" for digit in digits):
        by_id = jobs.filter(id__range=(uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))))
        if by_id.exists():
            return by_id
    return jobs.filter(name__icontains=q)


def job_detail(*, actor: Actor, job_id: uuid.UUID) -> JobDetail:
    """Everything about one job, in six queries however often it was tried; for a reader of another organisation (the
    programme office) without what is in it. Raises NotFound."""
    job = Job.objects.visible_to(actor).select_related("organisation", "submitted_by").fetch(actor, id=job_id)
    runs = list(job.runs.select_related("cluster", "pool", "placement").order_by("attempt"))
    if runs:
        cluster = runs[-1].cluster
        vars(job).update(
            last_cluster=cluster.slug, last_cluster_name=cluster.name, last_cluster_name_en=cluster.name_en
        )
    receipts = funding.receipts_of_references(actor=actor, references=[run.id for run in runs]) if runs else {}
    own = job.organisation_id == actor.organisation_id and actor.may(Permission.JOB_SUBMIT)
    told = job.is_readable_by(actor)
    waiting = State(job.state) in WAITING
    return JobDetail(
        job=JobRow.of(job, reader=actor),
        spec=job.spec if told else None,
        runs=tuple(RunView.of(run, told=told, receipt=receipts.get(run.id)) for run in runs),
        transitions=tuple(TransitionView.of(row, told=told) for row in job.transitions.all()),
        quote=PlacementView.of_quote(job.quote),
        voucher=VoucherChoiceView.of(job.quote),
        voucher_id=job.voucher_id,
        retries_left=job.retries_left,
        unfit_since=job.unfit_since if waiting else None,
        unfit_until=job.unfit_since + settings.UNFIT_JOBS_KEPT if waiting and job.unfit_since else None,
        may_cancel=State(job.state) not in ENDED
        and job.cancel_requested_at is None
        and (own or actor.may(Permission.QUEUE_MANAGE)),
    )


def outputs_of(*, actor: Actor, job_id: uuid.UUID) -> list[OutputView]:
    """The files that a job's runs brought back, by attempt and path. Raises NotFound."""
    job = Job.objects.only("id").fetch_readable(actor, id=job_id)
    rows = Output.objects.filter(run__job=job).order_by("run__attempt", "path")
    return [OutputView.of(row) for row in rows]


def samples_of(*, actor: Actor, job_id: uuid.UUID, after: datetime | None = None) -> list[SampleView]:
    """Use of the last run, oldest first; at most 600 rows, evenly thinned. Raises NotFound."""
    job = Job.objects.only("id").fetch_readable(actor, id=job_id)
    run = Run.objects.filter(job=job).order_by("-attempt").only("id").first()
    if run is None:
        return []
    samples = UseSample.objects.filter(run=run)
    if after is not None:
        samples = samples.filter(at__gt=after)
    count = samples.count()
    step = -(-count // MOST_SAMPLES)
    if step > 1:
        samples = samples.annotate(turn=F("id") % step).filter(turn=0)
    return [SampleView.of(row) for row in samples.order_by("at")]
