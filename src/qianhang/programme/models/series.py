"""Where a target's numbers come from, and the numbers themselves."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, User

from .evidence import Evidence
from .targets import Target


class Source(models.TextChoices):
    MEASURE = "measure", _("Counted by the platform")
    MANUAL = "manual", _("Reported with evidence")
    OUTSIDE = "outside", _("Fetched from outside")


class SeriesQuerySet(ScopedQuerySet["ManualSeries"]):
    def visible_to(self, actor: Actor) -> Self:
        """The programme office all; an organisation those it reports."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        if actor.organisation_id is None or not actor.may(Permission.PLAN_VIEW):
            return self.none()
        return self.filter(reporter_id=actor.organisation_id)


class ManualSeries(models.Model):
    """A number that software cannot count, such as an industry's revenue: reported by one person with evidence,
    confirmed by another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reporter = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("manual series")
        ordering = ["name", "id"]


class ManualValue(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for review")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(ManualSeries, on_delete=models.PROTECT, related_name="values")
    day = models.DateField()
    value = models.DecimalField(max_digits=30, decimal_places=9)
    note = models.CharField(max_length=500, blank=True, default="")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now, editable=False)
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("reported value")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("recorded_by")),
                name="programme_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", reviewed_by__isnull=True)
                | (~Q(state="waiting") & Q(reviewed_by__isnull=False)),
                name="programme_reviewed_by_somebody",
            ),
        ]


class OutsideQuerySet(ScopedQuerySet["OutsideSeries"]):
    def visible_to(self, actor: Actor) -> Self:
        return self if actor.is_system or actor.may(Permission.PLAN_OVERSEE) else self.none()


class OutsideSeries(models.Model):
    """Numbers that somebody else publishes: fetched from a URL on a schedule, or sent as a CSV file."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    url = models.URLField(max_length=1000, blank=True, default="", help_text=_("Empty: values come as files only."))
    date_column = models.CharField(max_length=80, default="date")
    value_column = models.CharField(max_length=80, default="value")
    every_hours = models.PositiveSmallIntegerField(default=24)
    fetched_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    objects = OutsideQuerySet.as_manager()

    class Meta:
        verbose_name = _("outside series")
        ordering = ["name", "id"]
        constraints = [models.CheckConstraint(condition=Q(every_hours__gte=1), name="programme_fetch_hourly_at_most")]


class OutsideValue(models.Model):
    """One value of one day as a file or an answer stated it; a later statement of that day is a row of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(OutsideSeries, on_delete=models.PROTECT, related_name="values")
    day = models.DateField()
    value = models.DecimalField(max_digits=30, decimal_places=9)
    sha256 = models.CharField(max_length=64, help_text=_("Of the file or answer it was read from."))
    came_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["day", "came_at"]
        indexes = [models.Index(fields=["series", "day", "-came_at"], name="programme_outside_day")]


class Binding(models.Model):
    """What feeds a target. One at a time; an ended one is kept, so that old numbers stay explained.

    A value of the source times `factor` is in the target's unit.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="bindings")
    source = models.CharField(max_length=8, choices=Source.choices)
    measure = models.CharField(max_length=80, blank=True, default="", help_text=_("The code of the measure."))
    manual = models.ForeignKey(ManualSeries, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outside = models.ForeignKey(OutsideSeries, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    factor = models.DecimalField(max_digits=60, decimal_places=30, default=1)
    bound_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    bound_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("binding")
        constraints = [
            models.UniqueConstraint(fields=["target"], condition=Q(ended_at=None), name="programme_bound_once"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="programme_factor_positive"),
            models.CheckConstraint(
                condition=(Q(source="measure") & ~Q(measure="") & Q(manual=None, outside=None))
                | Q(source="manual", measure="", manual__isnull=False, outside=None)
                | Q(source="outside", measure="", manual=None, outside__isnull=False),
                name="programme_binding_has_one_source",
            ),
        ]

    @property
    def series(self) -> str:
        """The name that observations go by."""
        return series_name(self.source, self.measure or str(self.manual_id or self.outside_id))


def series_name(source: str, name: str) -> str:
    return f"{source}:{name}"


class Observation(models.Model):
    """The value of one series on one day. Immutable; a value that is restated is a new revision beside the old."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.CharField(max_length=120, help_text=_("Source and name, such as measure:compute.jobs_finished."))
    day = models.DateField()
    revision = models.PositiveIntegerField(default=0)
    value = models.DecimalField(max_digits=38, decimal_places=12)
    unit = models.CharField(max_length=40, blank=True, default="")
    query_version = models.PositiveIntegerField(default=1)
    rows = models.PositiveBigIntegerField(default=0, help_text=_("How many rows of evidence it counted."))
    reference = models.CharField(max_length=80, blank=True, default="", help_text=_("The record it was taken from."))
    observed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("observation")
        ordering = ["day", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["series", "day", "revision"], name="programme_observed_once"),
        ]
        indexes = [models.Index(fields=["series", "-day", "-revision"], name="programme_observed_latest")]
