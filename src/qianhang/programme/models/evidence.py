"""Files that prove a number, a report or that something is built."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, User


class EvidenceQuerySet(ScopedQuerySet["Evidence"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organisation that handed it in, and the programme office."""
        if actor.is_system or actor.may(Permission.PLAN_OVERSEE):
            return self
        if actor.organisation_id is None or not actor.may(Permission.PLAN_VIEW):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)


class Evidence(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(default=now, editable=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "sha256", "name"], name="programme_evidence_once")
        ]
