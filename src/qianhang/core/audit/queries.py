"""Reading the trail."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from qianhang.core.access import Actor, Permission, authorize

from .models import AuditBlock, AuditEntry


def entries(
    *,
    actor: Actor,
    subject: str = "",
    subject_id: str = "",
    action: str = "",
    organisation_id: UUID | None = None,
    user_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Entries newest first, for `paginate(key="pk")`. `action` matches exactly, or a prefix ending in a dot.

    Raises Unauthenticated, Forbidden (no audit.view).
    """
    authorize(actor, Permission.AUDIT_VIEW)
    rows = AuditEntry.objects.visible_to(actor)
    equal = {
        "subject": subject,
        "subject_id": subject_id,
        "organisation_id": organisation_id,
        "actor_user": user_id,
        "at__gte": since,
        "at__lt": until,
    }
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if action:
        rows = rows.filter(action__startswith=action) if action.endswith(".") else rows.filter(action=action)
    return rows


def head() -> AuditBlock | None:
    """The newest block: what is published. It tells nothing about any entry, so anyone may know it."""
    return AuditBlock.objects.order_by("-number").first()


def is_sealed(entry: AuditEntry) -> bool:
    return AuditBlock.objects.filter(last_seq__gte=entry.seq).exists()
