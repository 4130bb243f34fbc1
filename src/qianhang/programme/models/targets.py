"""A number that the plan promises, or strives for, by a date."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation

from ..reading.findings import Comparator
from .findings import Finding
from .plans import Plan


class TargetQuerySet(ScopedQuerySet["Target"]):
    def visible_to(self, actor: Actor) -> Self:
        """The programme office all; a department its own and those under its tasks; everyone the published."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        seen = models.Q(published_at__isnull=False, plan__published_at__isnull=False)
        if actor.organisation_id is not None and actor.may(Permission.PLAN_VIEW):
            from .work import ProgrammeTask

            own = ProgrammeTask.objects.of_unit(actor.organisation_id).filter(pk=models.OuterRef("task"))
            seen |= models.Q(owner=actor.organisation_id) | models.Q(models.Exists(own))
        return self.filter(seen)

    def active(self) -> Self:
        return self.filter(is_active=True)


class Target(models.Model):
    """`value` is in `unit`, as the plan writes it; `canonical` the same in the base unit, where there is one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="targets")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="target")
    task = models.ForeignKey("ProgrammeTask", null=True, blank=True, on_delete=models.SET_NULL, related_name="targets")
    owner = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    indicator = models.CharField(max_length=300)
    scope = models.CharField(max_length=200, blank=True, default="")
    comparator = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Comparator])
    value = models.DecimalField(max_digits=30, decimal_places=9)
    value_max = models.DecimalField(max_digits=30, decimal_places=9, null=True, blank=True)
    unit = models.CharField(max_length=40, blank=True, default="")
    canonical_value = models.DecimalField(max_digits=48, decimal_places=12, null=True, blank=True)
    canonical_unit = models.CharField(max_length=40, blank=True, default="")
    deadline = models.DateField(null=True, blank=True)
    period = models.CharField(max_length=10, blank=True, default="")
    aim = models.BooleanField(default=False, help_text=_("Striven for, not promised."))
    section = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    baseline = models.DecimalField(max_digits=30, decimal_places=9, null=True, blank=True)
    baseline_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["plan", "position"], name="programme_target_order")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value_max__isnull=True) | models.Q(value_max__gte=models.F("value")),
                name="programme_target_range_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(baseline__isnull=True, baseline_on__isnull=True)
                | models.Q(baseline__isnull=False, baseline_on__isnull=False),
                name="programme_baseline_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.indicator
