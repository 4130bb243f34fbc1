"""A plan, and the documents that were read for it: the first one and every later wording."""

import uuid
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, User


class PlanQuerySet(ScopedQuerySet["Plan"]):
    def visible_to(self, actor: Actor) -> Self:
        """The programme office all; a department those in which it has a task or a target; everyone the published."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        return self.filter(models.Q(published_at__isnull=False) | _own(actor))

    def readable_by(self, actor: Actor) -> Self:
        """Whose wordings an actor may read, drafts of a later one too: publication shows what the office chose only."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        return self.filter(_own(actor))


def _own(actor: Actor) -> models.Q:
    """Plans in which the actor's department has a task or a target."""
    if actor.organisation_id is None or not actor.may(Permission.PLAN_VIEW):
        return models.Q(pk=None)
    own = actor.organisation_id
    return models.Q(models.Exists(_tasks_of(own))) | models.Q(models.Exists(_targets_of(own)))


def _tasks_of(organisation_id: uuid.UUID) -> models.QuerySet:
    from .work import ProgrammeTask

    return ProgrammeTask.objects.of_unit(organisation_id).filter(plan=models.OuterRef("pk"))


def _targets_of(organisation_id: uuid.UUID) -> models.QuerySet:
    from .targets import Target

    return Target.objects.filter(plan=models.OuterRef("pk"), owner=organisation_id, is_active=True)


class Plan(models.Model):
    """One action plan of one region. What it says is in its documents; the newest one counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="plans", verbose_name=_("programme office")
    )
    title = models.CharField(max_length=300)
    issuer = models.CharField(max_length=200, blank=True, default="")
    number = models.CharField(max_length=120, blank=True, default="", help_text=_("The document number, as written."))
    dated = models.DateField(null=True, blank=True)
    region = models.CharField(max_length=80, blank=True, default="")
    level = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=40, blank=True, default="", help_text=_("The genre, such as an action plan."))
    published_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="programme_plan_newest")]

    def __str__(self) -> str:
        return self.title


class PlanDocument(models.Model):
    """One wording of a plan as it was read. The text is the original that every quote points into."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="documents")
    version = models.PositiveIntegerField(help_text=_("1 for the first wording."))
    filename = models.CharField(max_length=200, blank=True, default="")
    format = models.CharField(max_length=20)
    encoding = models.CharField(max_length=30, blank=True, default="")
    sha256 = models.CharField(max_length=64, help_text=_("Of the file as it came."))
    bytes = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=200)
    text = models.TextField()
    notes = models.JSONField(default=list, help_text=_("What the reader of the file noticed."))
    meta = models.JSONField(default=dict)
    found = models.JSONField(default=list, help_text=_("Every finding in this wording, before any person's edit."))
    reading_version = models.CharField(max_length=40)
    imported_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    imported_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("plan document")
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="programme_document_version_once"),
            models.UniqueConstraint(fields=["plan", "sha256"], name="programme_document_once"),
        ]
        indexes = [models.Index(fields=["sha256"], name="programme_document_hash")]
