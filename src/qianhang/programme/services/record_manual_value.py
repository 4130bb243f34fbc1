import uuid
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from ..errors import wrong
from ..models import Evidence, ManualSeries, ManualValue
from ..observing import today
from ..rules.figures import rounded


@transaction.atomic
def record_manual_value(
    *, actor: Actor, series_id: uuid.UUID, day: date, value: Decimal, evidence_id: uuid.UUID, note: str = ""
) -> ManualValue:
    """Reports a value with its evidence. It counts when another person has confirmed it.

    The very same report again, while it waits, is the same report.
    Raises: Unauthenticated, Forbidden, NotFound; InvalidInput.
    """
    authorize(actor, Permission.TASK_REPORT)
    series = ManualSeries.objects.select_for_update(no_key=True).fetch(actor, id=series_id)
    evidence = Evidence.objects.fetch(actor, id=evidence_id)
    if day > today():
        raise wrong("day", _("This day has not come yet."))
    if not value.is_finite() or abs(value) >= Decimal(10) ** 21:
        raise wrong("value", _("This number is too large."))
    value = rounded(value, 9)
    waiting = ManualValue.objects.filter(series=series, state=ManualValue.State.WAITING)
    there = waiting.filter(day=day, value=value, evidence=evidence, recorded_by_id=actor.person).first()
    if there is not None:
        return there
    row = ManualValue.objects.create(
        series=series,
        day=day,
        value=value,
        evidence=evidence,
        note=note.strip()[:500],
        recorded_by_id=actor.person,
    )
    audit.record(
        actor=actor,
        action="manual_value.recorded",
        subject="manual_series",
        subject_id=series.id,
        organisation_id=series.organisation_id,
        after={"value": row.id, "day": day, "number": str(value), "evidence": evidence.id},
        reason=note,
    )
    return row
