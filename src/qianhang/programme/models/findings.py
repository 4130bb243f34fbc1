"""What the reading found, and what a person made of it."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import User

from .plans import Plan, PlanDocument


class FindingKind(models.TextChoices):
    TARGET = "target", _("Target")
    TASK = "task", _("Task")
    RESPONSIBILITY = "responsibility", _("Responsibility")
    SYSTEM = "system", _("Named system")
    MILESTONE = "milestone", _("Milestone")


class FindingState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    EDITED = "edited", _("Edited")
    REJECTED = "rejected", _("Rejected")
    ADDED = "added", _("Added by hand")


class FindingOrigin(models.TextChoices):
    RULES = "rules", _("Found by rules")
    MODEL = "model", _("Proposed by a model")
    PERSON = "person", _("Written by a person")


class FindingQuerySet(ScopedQuerySet["Finding"]):
    def visible_to(self, actor: Actor) -> Self:
        """The review is the programme office's."""
        return self if actor.is_system or actor.may(Permission.PLAN_OVERSEE) else self.none()


class Finding(models.Model):
    """`content` is what was read, `edited` what a person wrote instead. `key` names the same finding in every wording
    of the plan (rules/keys.py), so that a person's decision survives a re-import."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="findings")
    document = models.ForeignKey(
        PlanDocument, on_delete=models.PROTECT, related_name="+", help_text=_("The last wording it was found in.")
    )
    kind = models.CharField(max_length=16, choices=FindingKind.choices)
    key = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=FindingState.choices, default=FindingState.PROPOSED)
    origin = models.CharField(max_length=8, choices=FindingOrigin.choices, default=FindingOrigin.RULES)
    content = models.JSONField()
    edited = models.JSONField(null=True, blank=True)
    quotes = models.JSONField(default=list, help_text=_("Text and offset in the document, the shown one first."))
    position = models.PositiveIntegerField(help_text=_("Where the first quote begins; findings are shown in order."))
    section = models.CharField(max_length=200, blank=True, default="")
    rule = models.CharField(max_length=80, blank=True, default="")
    confidence = models.DecimalField(max_digits=4, decimal_places=3, default=1)
    flags = models.JSONField(default=list, help_text=_("Doubts for the reviewer."))
    is_gone = models.BooleanField(default=False, help_text=_("Not in the newest wording any more."))
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["plan", "key"], name="programme_finding_once")]
        indexes = [models.Index(fields=["plan", "kind", "position"], name="programme_finding_order")]

    @property
    def effective(self) -> dict:
        """What counts: the edit where there is one, else what was read."""
        return self.content if self.edited is None else self.edited
