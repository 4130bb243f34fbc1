import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.people.models import Organisation

from ..errors import required_text
from ..models import ManualSeries


@transaction.atomic
def open_manual_series(
    *, actor: Actor, name: str, unit: str = "", reporter_id: uuid.UUID | None = None
) -> ManualSeries:
    """A series whose values an organisation reports with evidence; by default the programme office itself.

    Raises: Unauthenticated, Forbidden, NotFound; InvalidInput.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    reporter = Organisation.objects.fetch(actor, id=reporter_id or actor.home)
    series = ManualSeries.objects.create(
        organisation_id=actor.home,
        reporter=reporter,
        name=required_text(name, path="name", most=200),
        unit=unit.strip()[:40],
    )
    audit.record(
        actor=actor,
        action="manual_series.opened",
        subject="manual_series",
        subject_id=series.id,
        organisation_id=series.organisation_id,
        after={"name": series.name, "unit": series.unit, "reporter": reporter.id},
    )
    return series
