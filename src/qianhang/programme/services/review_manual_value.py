import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import NotFound

from ..errors import FourEyes, ValueReviewed
from ..models import ManualValue, Source
from ..models.series import series_name
from ..observing import keep


@transaction.atomic
def review_manual_value(*, actor: Actor, value_id: uuid.UUID, confirm: bool, note: str = "") -> ManualValue:
    """Confirms a reported value, which makes it an observation, or refuses it. Never by the person who reported it.

    Raises: Unauthenticated, Forbidden, NotFound; FourEyes; ValueReviewed.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    rows = ManualValue.objects.select_for_update(of=("self",), no_key=True).select_related("series")
    row = rows.filter(id=value_id).first()
    if row is None:
        raise NotFound(what=ManualValue._meta.verbose_name)
    wanted = ManualValue.State.CONFIRMED if confirm else ManualValue.State.REFUSED
    if row.state == wanted and row.reviewed_by_id == actor.user_id:
        return row
    if row.state != ManualValue.State.WAITING:
        raise ValueReviewed
    if row.recorded_by_id == actor.person:
        raise FourEyes
    row.state, row.reviewed_by_id, row.reviewed_at = wanted, actor.person, now()
    row.review_note = note.strip()[:500]
    row.save(update_fields=["state", "reviewed_by", "reviewed_at", "review_note"])
    if confirm:
        series = series_name(Source.MANUAL, str(row.series_id))
        keep(series, row.day, row.value, unit=row.series.unit, reference=str(row.id))
    audit.record(
        actor=actor,
        action="manual_value.confirmed" if confirm else "manual_value.refused",
        subject="manual_series",
        subject_id=row.series_id,
        organisation_id=row.series.organisation_id,
        after={"value": row.id, "day": row.day, "number": str(row.value)},
        reason=note,
    )
    return row
