"""Reading usage records."""

from uuid import UUID

from .models import UsageRecord


def usage_of(reference: UUID) -> list[UsageRecord]:
    """Everything recorded for one reference (a run), by start, then item."""
    return list(UsageRecord.objects.filter(reference=reference))
