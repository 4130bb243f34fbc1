"""What the platform's own clockwork has to look after."""

import uuid
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from ..models import OutsideSeries


def series_to_fetch() -> list[uuid.UUID]:
    """Series with an address that were last tried longer ago than they say, the longest waiting first."""
    due = Q(tried_at=None) | Q(tried_at__lte=Now() - F("every_hours") * timedelta(hours=1))
    rows = OutsideSeries.objects.filter(due).exclude(url="")
    return list(rows.order_by(F("tried_at").asc(nulls_first=True), "id").values_list("id", flat=True))
