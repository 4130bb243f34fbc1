import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from ..errors import EvidenceTooLarge, FileEmpty
from ..models import OutsideSeries
from ..outside import read_values, take_values

MAX_BYTES = 10 * 1024 * 1024


@transaction.atomic
def send_outside_values(*, actor: Actor, series_id: uuid.UUID, data: bytes) -> int:
    """Takes a CSV or JSON file of values into an outside series. Returns how many are new; twice is once.

    Raises: Unauthenticated, Forbidden, NotFound; FileEmpty; EvidenceTooLarge; SeriesUnreadable with the row.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    if not data:
        raise FileEmpty
    if len(data) > MAX_BYTES:
        raise EvidenceTooLarge(limit_mib=MAX_BYTES // (1024 * 1024))
    series = OutsideSeries.objects.select_for_update(no_key=True).fetch(actor, id=series_id)
    new = take_values(series, read_values(series, data), data)
    if new:
        audit.record(
            actor=actor,
            action="outside_series.sent",
            subject="outside_series",
            subject_id=series.id,
            organisation_id=series.organisation_id,
            after={"new": new},
        )
    return new
