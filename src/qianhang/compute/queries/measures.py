"""What compute counts for the scoreboard. Each number opens to the clusters or jobs behind it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Max, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor
from qianhang.core.measures import Counted, EvidenceRow, Measure
from qianhang.core.units.quantities import pflops
from qianhang.core.web.language import in_reader_language

from ..models import Cluster, Job, NodePool, Run
from ..rules.states import State

BUILT = (Cluster.State.ACTIVE, Cluster.State.DRAINING)
PER_CENT = Decimal(100)
FLOPS_PER_PFLOPS = Decimal(10) ** 15
_PLACES = Decimal("0.000001")


# ── the fleet as it stands ───────────────────────────────────────────────────────────────────────────────────────


def _pools(*, domestic: bool = False) -> list[NodePool]:
    """Pools with cards whose dense figure is known, of clusters that are built. What is only announced is not there."""
    rows = NodePool.objects.filter(
        cluster__state__in=BUILT, cards_per_node__gt=0, accelerator__fp16_dense_gflops__isnull=False
    )
    if domestic:
        rows = rows.filter(accelerator__domestic=True)
    return list(rows.select_related("cluster", "accelerator").order_by("cluster__slug", "name"))


def _pflops_of(pool: NodePool) -> Decimal:
    gflops = pool.accelerator.fp16_dense_gflops if pool.accelerator else None
    return pflops(pool.nodes * pool.cards_per_node, gflops or 0)


def _fleet(*, domestic: bool) -> tuple[Callable[[datetime], Counted], Callable[..., Sequence[EvidenceRow]]]:
    def count(_at: datetime) -> Counted:
        pools = _pools(domestic=domestic)
        return Counted(sum(map(_pflops_of, pools), Decimal(0)), len(pools))

    def evidence(_actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
        return [_pool_row(pool, _pflops_of(pool), "PFLOPS", at) for pool in _pools(domestic=domestic)[:limit]]

    return count, evidence


def _pool_row(pool: NodePool, value: Decimal | None, unit: str, at: datetime) -> EvidenceRow:
    cluster = pool.cluster
    name = in_reader_language(cluster.name, cluster.name_en)
    cards = f" · {pool.nodes * pool.cards_per_node} × {pool.accelerator}" if pool.accelerator else ""
    return EvidenceRow(
        kind="cluster",
        reference=cluster.slug,
        label=f"{name} · {pool.name}{cards}",
        value=value,
        unit=unit,
        at=at,
        organisation_id=cluster.organisation_id,
    )


def _domestic_share(_at: datetime) -> Counted:
    pools = _pools()
    total = sum(map(_pflops_of, pools), Decimal(0))
    own = sum((_pflops_of(pool) for pool in pools if pool.accelerator and pool.accelerator.domestic), Decimal(0))
    return Counted(_share(own, total), len(pools))


def _powered() -> list[tuple[NodePool, int]]:
    """Pools with cards and the rated power of all their cards in watts, where it is known."""
    return [
        (pool, pool.nodes * pool.cards_per_node * pool.accelerator.power_w)
        for pool in _pools()
        if pool.accelerator and pool.accelerator.power_w
    ]


def _weighted(value_of: Callable[[Cluster], Decimal | None]) -> Callable[[datetime], Counted]:
    """The mean over clusters that state it, each weighing what the power of its cards weighs."""

    def count(_at: datetime) -> Counted:
        stated = [(value, watts) for pool, watts in _powered() if (value := value_of(pool.cluster)) is not None]
        watts = sum(watts for _value, watts in stated)
        if not watts:
            return Counted(None, 0)
        return Counted((sum((value * w for value, w in stated), Decimal(0)) / watts).quantize(_PLACES), len(stated))

    return count


def _stated(value_of: Callable[[Cluster], Decimal | None], unit: str) -> Callable[..., Sequence[EvidenceRow]]:
    def evidence(_actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
        rows = [(pool, value_of(pool.cluster)) for pool, _watts in _powered()]
        return [_pool_row(pool, value, unit, at) for pool, value in rows if value is not None][:limit]

    return evidence


def _pue(cluster: Cluster) -> Decimal | None:
    return cluster.pue


def _green(cluster: Cluster) -> Decimal | None:
    return None if cluster.green_share is None else cluster.green_share * PER_CENT


def _connected(_at: datetime) -> Counted:
    count = Cluster.objects.filter(state__in=BUILT).count()
    return Counted(Decimal(count), count)


def _connected_rows(_actor: Actor, _at: datetime, limit: int) -> Sequence[EvidenceRow]:
    rows = Cluster.objects.filter(state__in=BUILT).order_by("slug")[:limit]
    return [
        EvidenceRow("cluster", row.slug, in_reader_language(row.name, row.name_en), None, "", row.created_at,
                    row.organisation_id)
        for row in rows
    ]  # fmt: skip


# ── what runs on it ──────────────────────────────────────────────────────────────────────────────────────────────


def _busy(item: str, per_node: str) -> Callable[[datetime], Counted]:
    """The share of cards or CPUs of the built fleet that runs hold at this moment, in per cent."""

    def count(_at: datetime) -> Counted:
        there = NodePool.objects.filter(cluster__state__in=BUILT).aggregate(all=Sum(F("nodes") * F(per_node)))["all"]
        held = Run.objects.unfinished().filter(cluster__state__in=BUILT)
        sums = held.aggregate(all=Sum(f"job__{item}"), runs=Count("id"))
        return Counted(_share(Decimal(sums["all"] or 0), Decimal(there or 0)), sums["runs"])

    return count


def _busy_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    runs = Run.objects.visible_to(actor).unfinished().filter(cluster__state__in=BUILT)
    rows = runs.select_related("job__organisation").order_by("-placed_at")[:limit]
    return [
        EvidenceRow("job", str(run.job_id), run.job.organisation.name, Decimal(run.job.cards), _CARDS, run.placed_at,
                    run.job.organisation_id)
        for run in rows
    ]  # fmt: skip


def _finished_jobs(at: datetime) -> Counted:
    count = Job.objects.filter(state=State.SUCCEEDED, ended_at__lte=at).count()
    return Counted(Decimal(count), count)


def _finished_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    rows = Job.objects.visible_to(actor).filter(state=State.SUCCEEDED, ended_at__lte=at)
    return [_job_row(job) for job in _light(rows).order_by("-ended_at", "-id")[:limit]]


def _light(jobs: QuerySet[Job]) -> QuerySet[Job]:
    return jobs.select_related("organisation").only("id", "ended_at", "organisation__name", "organisation_id")


def _job_row(job: Job) -> EvidenceRow:
    return EvidenceRow("job", str(job.id), job.organisation.name, Decimal(1), "", job.ended_at, job.organisation_id)


def _served(at: datetime) -> Counted:
    count = Job.objects.filter(runs__started_at__lte=at).order_by().values("organisation_id").distinct().count()
    return Counted(Decimal(count), count)


def _served_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    """One row an organisation: its latest job that ran."""
    jobs = Job.objects.visible_to(actor).filter(runs__started_at__lte=at)
    latest = (
        jobs.order_by()
        .values("organisation_id", "organisation__name")
        .annotate(jobs=Count("id", distinct=True), last=Max("runs__started_at"))
        .order_by("-last")[:limit]
    )
    return [
        EvidenceRow("organisation", str(row["organisation_id"]), row["organisation__name"], Decimal(row["jobs"]), _JOBS,
                    row["last"], row["organisation_id"])
        for row in latest
    ]  # fmt: skip


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return None if not whole else (part * PER_CENT / whole).quantize(_PLACES)


_JOBS, _CARDS = "jobs", "cards"
_OF_NOW = _("As it stands when it is observed.")
_total, _total_rows = _fleet(domestic=False)
_own, _own_rows = _fleet(domestic=True)

MEASURES: Sequence[Measure] = (
    Measure(
        code="compute.fleet_pflops",
        unit="PFLOPS",
        name=_("Computing power of the fleet"),
        definition=_("Dense FP16 performance of all accelerator cards in clusters that are connected."),
        counted=_("Cards of every pool times the dense figure of their model; announced clusters are left out."),
        words=("智能算力规模", "算力规模", "智算规模", "算力总规模", "智能算力", "算力"),
        count=_total,
        evidence=_total_rows,
        base_unit="FLOPS",
        base_factor=FLOPS_PER_PFLOPS,
        of_any_day=False,
    ),
    Measure(
        code="compute.domestic_pflops",
        unit="PFLOPS",
        name=_("Computing power of domestic make"),
        definition=_("Dense FP16 performance of the accelerator cards of domestic make in connected clusters."),
        counted=_("As the computing power of the fleet, for card models marked as domestic."),
        words=("国产算力规模", "自主可控算力", "国产智能算力", "国产算力"),
        count=_own,
        evidence=_own_rows,
        base_unit="FLOPS",
        base_factor=FLOPS_PER_PFLOPS,
        of_any_day=False,
    ),
    Measure(
        code="compute.domestic_share",
        unit="%",
        name=_("Domestic share of computing power"),
        definition=_("Computing power of domestic make as a share of all."),
        counted=_("Domestic PFLOPS divided by all PFLOPS of connected clusters."),
        words=("国产算力占比", "国产化率", "自主可控算力占比", "国产化占比"),
        count=_domestic_share,
        evidence=_total_rows,
        base_unit="ratio",
        base_factor=Decimal("0.01"),
        of_any_day=False,
    ),
    Measure(
        code="compute.clusters",
        unit="个",
        name=_("Connected clusters"),
        definition=_("Clusters that are built and connected, so that jobs can run there."),
        counted=_OF_NOW,
        words=("接入算力中心", "算力中心", "智算中心", "算力集群", "接入集群"),
        count=_connected,
        evidence=_connected_rows,
        of_any_day=False,
    ),
    Measure(
        code="compute.card_utilisation",
        unit="%",
        name=_("Cards in use"),
        definition=_("The share of accelerator cards of connected clusters that jobs hold."),
        counted=_OF_NOW,
        words=("算力利用率", "智算利用率", "算力使用率", "算力综合利用率", "利用率"),
        count=_busy("cards", "cards_per_node"),
        evidence=_busy_rows,
        base_unit="ratio",
        base_factor=Decimal("0.01"),
        of_any_day=False,
    ),
    Measure(
        code="compute.cpu_utilisation",
        unit="%",
        name=_("CPUs in use"),
        definition=_("The share of CPUs of connected clusters that jobs hold."),
        counted=_OF_NOW,
        words=("通用算力利用率", "CPU利用率"),
        count=_busy("cpus", "cpus_per_node"),
        evidence=_busy_rows,
        base_unit="ratio",
        base_factor=Decimal("0.01"),
        of_any_day=False,
    ),
    Measure(
        code="compute.pue",
        unit="PUE",
        name=_("Power usage effectiveness, weighted"),
        definition=_("The mean PUE of connected clusters, weighted by the rated power of their cards."),
        counted=_("Clusters that state no PUE, and cards of unknown power, are left out."),
        words=("电能利用效率", "能源利用效率", "数据中心PUE", "PUE"),
        count=_weighted(_pue),
        evidence=_stated(_pue, "PUE"),
        of_any_day=False,
        lower_is_better=True,
    ),
    Measure(
        code="compute.green_share",
        unit="%",
        name=_("Green power share, weighted"),
        definition=_("The mean green share of connected clusters, weighted by the rated power of their cards."),
        counted=_("Clusters that state no share, and cards of unknown power, are left out."),
        words=("绿电占比", "绿色电力占比", "绿电使用率", "可再生能源使用率", "绿色电力"),
        count=_weighted(_green),
        evidence=_stated(_green, "%"),
        base_unit="ratio",
        base_factor=Decimal("0.01"),
        of_any_day=False,
    ),
    Measure(
        code="compute.jobs_finished",
        unit="个",
        name=_("Jobs finished"),
        definition=_("Jobs that ended successfully, since the beginning."),
        counted=_("Jobs in the state succeeded that had ended by the moment of observation."),
        words=("训练任务", "算力任务", "作业", "任务数", "计算任务"),
        count=_finished_jobs,
        evidence=_finished_rows,
    ),
    Measure(
        code="compute.users_served",
        unit="家",
        name=_("Organisations served with computing power"),
        definition=_("Organisations of which at least one job has run."),
        counted=_("Organisations with a run that had started by the moment of observation."),
        words=("服务企业", "服务用户", "服务单位", "服务企业数", "算力服务企业", "使用算力企业"),
        count=_served,
        evidence=_served_rows,
    ),
)
