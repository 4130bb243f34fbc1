"""Reads that look across many rows: costs of a list, the queue, the dashboard, a supplier's own clusters."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, QuerySet, Sum

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import NotFound
from qianhang.core.web.language import in_reader_language
from qianhang.funding import overviews as funding

from .endings import ending_sentence
from .labels import STATE_LABELS
from .models import Cluster, Job, Run, Upload
from .quoting import ARCHIVES
from .rules.states import ACTIVE, WAITING, State
from .shapes import JobRow

QUEUE_SHOWN = 50
LATEST_SHOWN = 8


def _own(actor: Actor) -> uuid.UUID:
    """The organisation the actor acts for. Raises NotFound for somebody who acts for none."""
    if actor.organisation_id is None:
        raise NotFound(what="organisation")
    return actor.organisation_id


def _name(cluster: Cluster) -> str:
    return in_reader_language(cluster.name, cluster.name_en)


def costs_of_jobs(*, actor: Actor, job_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What each job was charged, over all its attempts, in micro-yuan. A job without a receipt is not in it."""
    job_of = dict(Run.objects.visible_to(actor).filter(job_id__in=job_ids).values_list("id", "job_id"))
    costs: dict[uuid.UUID, int] = {}
    for run_id, micro in funding.charged_for(actor=actor, references=list(job_of)).items():
        costs[job_of[run_id]] = costs.get(job_of[run_id], 0) + micro
    return costs


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class WaitingJob:
    row: JobRow
    place: int
    """1 is served next."""
    pool: str
    """The pool it waits for, with its cluster; empty while that is not decided."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    row: JobRow
    run_id: uuid.UUID
    state: str
    state_label: str
    cluster: str
    cluster_name: str
    since: datetime
    at_most_until: datetime
    """When its time limit ends it."""


@dataclass(frozen=True, slots=True)
class OrganisationLoad:
    organisation_id: uuid.UUID
    name: str
    waiting: int
    running: int
    cards: int
    cpus: int
    """Of the running ones."""


@dataclass(frozen=True, slots=True)
class QueueView:
    """Lists show the first `QUEUE_SHOWN`; counts are of all."""

    waiting_count: int
    running_count: int
    oldest_submitted_at: datetime | None
    waiting: tuple[WaitingJob, ...]
    running: tuple[RunningJob, ...]
    organisations: tuple[OrganisationLoad, ...]


def queue_of(*, actor: Actor, organisation_id: uuid.UUID | None = None) -> QueueView:
    """Everybody's queue as it stands now, in the order in which it is served. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.QUEUE_VIEW)
    waiting = _with_names(Job.objects.waiting())
    running = Run.objects.unfinished()
    if organisation_id is not None:
        waiting = waiting.filter(organisation_id=organisation_id)
        running = running.filter(job__organisation_id=organisation_id)
    first = waiting.select_related("waiting_for__cluster").order_by("queue_at", "id")[:QUEUE_SHOWN]
    loads = _loads()
    of_one = [load for load in loads if organisation_id in {None, load.organisation_id}]
    return QueueView(
        waiting_count=sum(load.waiting for load in of_one),
        running_count=sum(load.running for load in of_one),
        oldest_submitted_at=_front(waiting),
        waiting=tuple(_waiting(job, place, actor) for place, job in enumerate(first, start=1)),
        running=tuple(
            _running(run, actor)
            for run in running.select_related("cluster", "job__organisation", "job__submitted_by")
            .defer(*(f"job__{name}" for name in _HEAVY))
            .order_by("placed_at")[:QUEUE_SHOWN]
        ),
        organisations=tuple(loads),
    )


# What a line of a list does not show, and what makes most of a row's weight.
_HEAVY = ("spec", "quote", "sealed_secrets")


def _with_names(jobs: QuerySet[Job]) -> QuerySet[Job]:
    return jobs.select_related("organisation", "submitted_by").defer(*_HEAVY)


@dataclass(frozen=True, slots=True)
class QueueNumbers:
    waiting: int
    running: int
    organisations: int
    oldest_submitted_at: datetime | None


def queue_numbers(*, actor: Actor) -> QueueNumbers:
    """The queue at a glance. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.QUEUE_VIEW)
    loads = _loads()
    return QueueNumbers(
        waiting=sum(load.waiting for load in loads),
        running=sum(load.running for load in loads),
        organisations=len(loads),
        oldest_submitted_at=_front(Job.objects.waiting()),
    )


def _front(waiting: QuerySet[Job]) -> datetime | None:
    """When the job at the front was submitted: read off the queue's own index, where a minimum would read all jobs."""
    return waiting.order_by("queue_at", "id").values_list("submitted_at", flat=True).first()


def _waiting(job: Job, place: int, actor: Actor) -> WaitingJob:
    pool = job.waiting_for
    return WaitingJob(JobRow.of(job, reader=actor), place, f"{_name(pool.cluster)} · {pool.name}" if pool else "")


def _running(run: Run, actor: Actor) -> RunningJob:
    since = run.started_at or run.placed_at
    return RunningJob(
        row=JobRow.of(run.job, reader=actor),
        run_id=run.id,
        state=run.state,
        state_label=str(STATE_LABELS[State(run.state)]),
        cluster=run.cluster.slug,
        cluster_name=_name(run.cluster),
        since=since,
        at_most_until=since + timedelta(seconds=run.job.time_limit_s),
    )


def _loads() -> list[OrganisationLoad]:
    """Who waits and who runs, the busiest first. Two queries over partial indexes, however many jobs have ended."""
    waiting = {
        row["organisation_id"]: row
        for row in Job.objects.waiting()
        .order_by()
        .values("organisation_id", "organisation__name", "organisation__name_en")
        .annotate(waiting=Count("id"))
    }
    running = {
        row["job__organisation_id"]: row
        for row in Run.objects.unfinished()
        .order_by()
        .values("job__organisation_id", "job__organisation__name", "job__organisation__name_en")
        .annotate(running=Count("id"), cards=Sum("job__cards"), cpus=Sum("job__cpus"))
    }
    names = {
        key: in_reader_language(row["organisation__name"], row["organisation__name_en"]) for key, row in waiting.items()
    }
    names |= {
        key: in_reader_language(row["job__organisation__name"], row["job__organisation__name_en"])
        for key, row in running.items()
    }
    nobody = {"running": 0, "cards": 0, "cpus": 0}
    loads = []
    for organisation_id, name in names.items():
        active = running.get(organisation_id, nobody)
        loads.append(
            OrganisationLoad(
                organisation_id=organisation_id,
                name=name,
                waiting=waiting[organisation_id]["waiting"] if organisation_id in waiting else 0,
                running=active["running"],
                cards=active["cards"],
                cpus=active["cpus"],
            )
        )
    return sorted(loads, key=lambda load: (-load.running - load.waiting, load.name))


# ── the dashboard ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class WorkView:
    """An organisation's own work now."""

    counts: Mapping[str, int]
    """By state; what is not in it is zero."""
    unfinished: tuple[JobRow, ...]
    latest: tuple[JobRow, ...]

    @property
    def waiting(self) -> int:
        return sum(self.counts.get(state, 0) for state in WAITING)

    @property
    def active(self) -> int:
        return sum(self.counts.get(state, 0) for state in ACTIVE)


def work_of(*, actor: Actor) -> WorkView:
    """What runs, waits and has ended lately in the actor's own organisation. Raises Unauthenticated, Forbidden."""
    authorize(actor, Permission.JOB_VIEW)
    own = _with_names(Job.objects.visible_to(actor).filter(organisation_id=_own(actor)))
    unfinished = [*WAITING, *ACTIVE]
    counts = own.filter(state__in=unfinished).order_by().values_list("state").annotate(Count("id"))
    ended = own.exclude(state__in=unfinished)
    return WorkView(
        counts=dict(counts),
        unfinished=tuple(JobRow.of(job, reader=actor) for job in own.filter(state__in=unfinished)[:LATEST_SHOWN]),
        latest=tuple(JobRow.of(job, reader=actor) for job in ended[:LATEST_SHOWN]),
    )


# ── a supplier's own clusters ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SuppliedRun:
    """A run as its supplier sees it: what it used and earns. Whose job it is and what it is called are not told."""

    id: uuid.UUID
    cluster: str
    cluster_name: str
    state: str
    state_label: str
    sentence: str
    cards: int
    cpus: int
    placed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_ms: int | None
    earned_micro: int | None
    """None while it is not settled."""


def supplied_runs(*, actor: Actor, cluster: str = "", state: str = "") -> QuerySet[Run]:
    """Runs on the actor's own clusters, for paginate(key="placed_at"); rows become views with `supplied_views`."""
    authorize(actor, Permission.STATEMENT_VIEW)
    own = Cluster.objects.filter(organisation_id=_own(actor))
    if cluster:
        own = own.filter(slug=cluster)
    # Jobs are fetched for the page alone: joined here, all of them would be, before the newest are picked.
    jobs = Prefetch("job", queryset=Job.objects.only("cards", "cpus"))
    rows = Run.objects.filter(cluster_id__in=list(own.values_list("id", flat=True)))
    rows = rows.prefetch_related("cluster", jobs)
    if state:
        rows = rows.filter(state=state)
    return rows


def supplied_views(*, actor: Actor, rows: Iterable[Run]) -> list[SuppliedRun]:
    runs = list(rows)
    earned = funding.earned_for(actor=actor, references=[run.id for run in runs])
    return [
        SuppliedRun(
            id=run.id,
            cluster=run.cluster.slug,
            cluster_name=_name(run.cluster),
            state=run.state,
            state_label=str(STATE_LABELS[State(run.state)]),
            # The reason's code alone: its text may quote the job.
            sentence=ending_sentence(run.reason_code, ""),
            cards=run.job.cards,
            cpus=run.job.cpus,
            placed_at=run.placed_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            elapsed_ms=run.elapsed_ms,
            earned_micro=earned.get(run.id),
        )
        for run in runs
    ]


@dataclass(frozen=True, slots=True)
class SuppliedCluster:
    slug: str
    name: str
    state: str
    state_label: str
    heartbeat_at: datetime | None
    running: int
    last_day: int
    """Runs that were placed in the last 24 hours."""


def supplied_clusters(*, actor: Actor) -> list[SuppliedCluster]:
    """The actor's own clusters with what runs there now."""
    authorize(actor, Permission.STATEMENT_VIEW)
    own = list(Cluster.objects.visible_to(actor).filter(organisation_id=_own(actor)))
    runs = Run.objects.filter(cluster__in=own).order_by()
    running = dict(runs.unfinished().values_list("cluster_id").annotate(Count("id")))
    fresh = dict(runs.filter(placed_at__gte=now() - timedelta(days=1)).values_list("cluster_id").annotate(Count("id")))
    return [
        SuppliedCluster(
            slug=cluster.slug,
            name=_name(cluster),
            state=cluster.state,
            state_label=str(Cluster.State(cluster.state).label),
            heartbeat_at=cluster.heartbeat_at,
            running=running.get(cluster.id, 0),
            last_day=fresh.get(cluster.id, 0),
        )
        for cluster in own
    ]


# ── what a person chooses from when submitting ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class UploadedFile:
    id: uuid.UUID
    name: str
    bytes: int
    is_archive: bool


def uploads(*, actor: Actor, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, UploadedFile]:
    """Those of the uploads that are the actor's own organisation's."""
    own = Upload.objects.visible_to(actor).filter(organisation_id=_own(actor), id__in=set(ids))
    return {row.id: UploadedFile(row.id, row.name, row.bytes, row.content_type in ARCHIVES) for row in own}
