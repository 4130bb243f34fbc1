"""Clusters, jobs, runs and what happened to them. Process logic lives in services/, decisions in rules/."""

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.errors import NotFound
from qianhang.core.people.models import Organisation, User

from .labels import STATE_CHOICES
from .rules.states import ACTIVE, ENDED, WAITING, State
from .upload_models import JobUpload as JobUpload  # noqa: PLC0414 -- a model of this app, kept in a file of its own
from .upload_models import Upload as Upload  # noqa: PLC0414


class Region(models.Model):
    """A place that latency and location rules speak of, such as a city."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)

    class Meta:
        verbose_name = _("region")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class RegionLink(models.Model):
    """Round-trip time between two regions in microseconds, stated once per unordered pair (code order)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    one = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    round_trip_us = models.PositiveIntegerField()
    source = models.CharField(max_length=120, help_text=_("Measured, or stated by whom."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="compute_link_once"),
            models.CheckConstraint(condition=Q(one__lt=models.F("other")), name="compute_link_ordered"),
        ]


class Accelerator(models.Model):
    """A card model. Figures are dense; a sparse figure is refused. What is unknown stays null."""

    class Evidence(models.TextChoices):
        VENDOR = "vendor", _("Vendor data sheet")
        SECONDARY = "secondary", _("Secondary source")
        MEASURED = "measured", _("Measured")
        UNVERIFIED = "unverified", pgettext_lazy("evidence of a figure", "Unverified")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.CharField(max_length=60)
    model = models.CharField(max_length=60)
    stack = models.CharField(max_length=30, blank=True, default="", help_text=_("Software stack, such as CUDA."))
    domestic = models.BooleanField(default=False)
    memory_gib = models.PositiveIntegerField(null=True, blank=True)
    fp16_dense_gflops = models.PositiveBigIntegerField(null=True, blank=True)
    measured_gflops = models.PositiveBigIntegerField(null=True, blank=True)
    power_w = models.PositiveIntegerField(null=True, blank=True)
    evidence = models.CharField(max_length=12, choices=Evidence.choices)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("accelerator")
        ordering = ["vendor", "model"]
        constraints = [models.UniqueConstraint(fields=["vendor", "model"], name="compute_accelerator_once")]

    def __str__(self) -> str:
        return f"{self.vendor} {self.model}"


class ClusterQuerySet(ScopedQuerySet["Cluster"]):
    def visible_to(self, actor: Actor) -> Self:
        """Clusters, their capacity and their prices are public to everyone signed in."""
        return self.none() if actor.is_anonymous else self


class Cluster(models.Model):
    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Announced, not built")
        ACTIVE = "active", _("Active")
        DRAINING = "draining", _("Draining")
        OFFLINE = "offline", _("Offline")
        RETIRED = "retired", _("Retired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="clusters", verbose_name=_("supplier")
    )
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True, default="")
    connector = models.CharField(max_length=30, help_text=_("The registered connector, such as local or planning."))
    settings = models.JSONField(default=dict, blank=True, help_text=_("What the connector needs; never secrets."))
    state = models.CharField(max_length=12, choices=State.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="clusters")
    pue = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    green_share = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    grid_g_per_kwh = models.PositiveIntegerField(null=True, blank=True)
    isolation = models.CharField(max_length=4, blank=True, default="", help_text=_("The level last detected."))
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        verbose_name = _("cluster")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class NodePool(models.Model):
    """Equal nodes of one cluster. Capacity is what the connector saw; for planned clusters, what was announced."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="pools")
    name = models.SlugField(max_length=40)
    nodes = models.PositiveIntegerField()
    cpus_per_node = models.PositiveIntegerField()
    memory_mib_per_node = models.PositiveBigIntegerField()
    accelerator = models.ForeignKey(Accelerator, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cards_per_node = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("node pool")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "name"], name="compute_pool_once"),
            models.CheckConstraint(
                condition=Q(cards_per_node=0) | Q(accelerator__isnull=False), name="compute_cards_have_a_model"
            ),
        ]


class Price(models.Model):
    """What one hour of one item costs in one pool, within a period. Periods of one item do not overlap."""

    class Item(models.TextChoices):
        CARD_HOUR = "card_hour", _("Card-hour")
        CPU_HOUR = "cpu_hour", _("CPU-hour")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pool = models.ForeignKey(NodePool, on_delete=models.CASCADE, related_name="prices")
    item = models.CharField(max_length=12, choices=Item.choices)
    micro_yuan = models.PositiveBigIntegerField()
    valid_from = models.DateTimeField(default=now)
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("price")
        ordering = ["item", "valid_from"]
        indexes = [models.Index(fields=["pool", "item", "valid_from"], name="compute_price_at")]


class JobQuerySet(ScopedQuerySet["Job"]):
    def visible_to(self, actor: Actor) -> Self:
        """That a job is there, what it takes, where it stands and what it costs: its organisation, and the programme
        office. What is in it is told to fewer: see `readable_by`."""
        if actor.is_system or actor.may(Permission.QUEUE_VIEW):
            return self
        if actor.is_anonymous or actor.organisation_id is None or not actor.may(Permission.JOB_VIEW):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)

    def readable_by(self, actor: Actor) -> Self:
        """What is in a job (its spec, log, samples and outputs): its own organisation's. No permission widens this,
        the programme office's neither."""
        if actor.is_system:
            return self
        if actor.is_anonymous or actor.organisation_id is None or not actor.may(Permission.JOB_VIEW):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)

    def fetch_readable(self, actor: Actor, **lookup: Any) -> "Job":
        """The one job that matches and that `actor` may read. Raises NotFound, for a job of others too."""
        job = self.readable_by(actor).filter(**lookup).first()
        if job is None:
            raise NotFound(what=self.model._meta.verbose_name)
        return job

    def waiting(self) -> Self:
        return self.filter(state__in=WAITING)

    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)


class Job(models.Model):
    """What a person asked for, once. Each attempt to do it is a Run."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="jobs")
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="jobs")
    name = models.CharField(max_length=120)
    spec = models.JSONField(help_text=_("The normalised job spec; secrets are not in it."))
    sealed_secrets = models.BinaryField(null=True, blank=True, help_text=_("Encrypted; opened at start only."))
    state = models.CharField(max_length=12, choices=STATE_CHOICES, default=State.QUEUED)
    reason_code = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=1000, blank=True, default="")
    priority = models.SmallIntegerField(default=0)
    queue_at = models.DateTimeField(
        default=now, help_text=_("Submission moved by the priority: waiting jobs are served in this order.")
    )
    waiting_for = models.ForeignKey(
        "NodePool",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The pool this job waits for; later jobs may not overtake it there."),
    )
    unfit_since = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when no cluster fits it any more, neither now nor later.")
    )
    nodes = models.PositiveIntegerField(default=1)
    cards = models.PositiveIntegerField(default=0, help_text=_("On all nodes together, as are CPUs and memory."))
    cpus = models.PositiveIntegerField(default=1)
    memory_mib = models.PositiveBigIntegerField(default=1024)
    time_limit_s = models.PositiveIntegerField()
    retries_left = models.PositiveSmallIntegerField(default=0)
    budget_micro = models.BigIntegerField(help_text=_("The most this job may cost; each attempt holds at most this."))
    voucher_id = models.UUIDField(null=True, blank=True)
    quote = models.JSONField(default=dict, help_text=_("The quote shown at submission."))
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(default=now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        ordering = ["-submitted_at", "-id"]
        indexes = [
            models.Index(fields=["organisation", "-submitted_at", "-id"], name="compute_job_newest"),
            models.Index(fields=["-submitted_at", "-id"], name="compute_job_all_newest"),
            models.Index(fields=["queue_at", "id"], name="compute_job_waiting", condition=Q(state__in=sorted(WAITING))),
            models.Index(fields=["organisation", "state", "-submitted_at", "-id"], name="compute_job_by_state"),
            models.Index(
                fields=["unfit_since"],
                name="compute_job_unfit",
                condition=Q(state__in=sorted(WAITING), unfit_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_readable_by(self, actor: Actor) -> bool:
        """`JobQuerySet.readable_by`, of one job that is at hand."""
        return actor.is_system or (actor.organisation_id == self.organisation_id and actor.may(Permission.JOB_VIEW))


class RunQuerySet(ScopedQuerySet["Run"]):
    def visible_to(self, actor: Actor) -> Self:
        """The job's organisation, the supplier whose cluster it ran on, and the programme office."""
        if actor.is_system or actor.may(Permission.QUEUE_VIEW):
            return self
        if actor.is_anonymous or actor.organisation_id is None:
            return self.none()
        mine = Q()
        if actor.may(Permission.JOB_VIEW):
            mine |= Q(job__organisation_id=actor.organisation_id)
        if actor.may(Permission.CLUSTER_MANAGE):
            mine |= Q(cluster__organisation_id=actor.organisation_id)
        return self.filter(mine) if mine else self.none()

    def unfinished(self) -> Self:
        return self.exclude(state__in=ENDED)


class Run(models.Model):
    """One attempt on one cluster. Its id is the idempotency key at the connector; `fence` grows with every holder
    of the lease, and a write with an older fence is refused."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="runs")
    attempt = models.PositiveSmallIntegerField()
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="runs")
    pool = models.ForeignKey(NodePool, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=STATE_CHOICES, default=State.PLACED)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    handle = models.CharField(max_length=200, blank=True, default="")
    isolation = models.CharField(max_length=4, blank=True, default="")
    exit_code = models.IntegerField(null=True, blank=True)
    reason_code = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=1000, blank=True, default="")
    placed_at = models.DateTimeField(default=now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    cpu_ms_used = models.PositiveBigIntegerField(default=0)
    peak_memory_mib = models.PositiveIntegerField(default=0)
    log_name = models.CharField(max_length=200, blank=True, default="", help_text=_("In the object store, when ended."))
    log_bytes = models.PositiveBigIntegerField(default=0)
    log_truncated = models.BooleanField(default=False)
    elapsed_ms = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Wall time on the cluster's own monotonic clock, when ended.")
    )
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the cluster was told to free what the ended run left there.")
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        ordering = ["attempt"]
        constraints = [models.UniqueConstraint(fields=["job", "attempt"], name="compute_run_attempt_once")]
        indexes = [
            models.Index(fields=["cluster"], name="compute_run_unfinished", condition=~Q(state__in=sorted(ENDED))),
            models.Index(
                fields=["ended_at"],
                name="compute_run_to_forget",
                condition=Q(state__in=sorted(ENDED), forgotten_at__isnull=True),
            ),
            models.Index(fields=["cluster", "-placed_at"], name="compute_run_of_cluster"),
        ]


class Placement(models.Model):
    """Why a run went where it went: the chosen cluster's terms, and a reason for each cluster that was not chosen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="placement")
    policy = models.CharField(max_length=60, help_text=_("Name and version of the policy that decided."))
    chosen = models.JSONField()
    others = models.JSONField(default=list, help_text=_("Fitting clusters that ranked lower, with their terms."))
    rejected = models.JSONField(default=list, help_text=_("Clusters that do not fit, each with its reasons."))
    decided_at = models.DateTimeField(default=now, editable=False)


class Transition(models.Model):
    """One step of a job through the state table. Append-only."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="transitions")
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=12, blank=True, default="")
    after = models.CharField(max_length=12)
    reason_code = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=1000, blank=True, default="")
    by = models.CharField(max_length=160)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["id"]


class UseSample(models.Model):
    """Live use of one run, one row per sampling tick while it runs."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    cpu_ms = models.PositiveBigIntegerField(help_text=_("CPU time used since the start."))
    memory_mib = models.PositiveIntegerField()
    processes = models.PositiveIntegerField(default=0)
    card_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    card_memory_mib = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["run", "at"], name="compute_sample_once")]


class Output(models.Model):
    """A file that a run brought back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="outputs")
    path = models.CharField(max_length=500)
    stored_as = models.CharField(max_length=300)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("output")
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["run", "path"], name="compute_output_once")]
