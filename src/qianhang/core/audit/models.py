"""Audit entries and the blocks that seal them. Both tables are append-only, by trigger and by privilege."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, ActorKind, Permission, ScopedQuerySet
from qianhang.core.clock import now


class AuditEntryQuerySet(ScopedQuerySet["AuditEntry"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those who hold audit.view see every organisation's entries; nobody else sees any."""
        return self if actor.is_system or actor.may(Permission.AUDIT_VIEW) else self.none()


class AuditEntry(models.Model):
    """Who did what to what, with what it was before and after. No foreign keys: an entry outlives its subject."""

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=now, editable=False)
    actor_kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_user = models.UUIDField(null=True)
    actor_organisation = models.UUIDField(null=True)
    actor_key = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    organisation_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=1000)
    request_id = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["subject", "subject_id", "-seq"], name="audit_by_subject"),
            models.Index(fields=["organisation_id", "-seq"], name="audit_by_organisation"),
        ]


class AuditBlock(models.Model):
    """Seals every entry with first_seq <= seq <= last_seq. See core/audit/chain.py for what is hashed."""

    number = models.BigIntegerField(primary_key=True)
    algorithm = models.CharField(max_length=20)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    digests = models.BinaryField(help_text=_("One 32-byte digest per entry, in order, so that an edit can be located."))
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32, unique=True)
    sealed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("audit block")
        ordering = ["number"]
