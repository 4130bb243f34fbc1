from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from ..errors import required_text, wrong
from ..models import OutsideSeries

MOST_HOURS = 24 * 31


@transaction.atomic
def open_outside_series(
    *,
    actor: Actor,
    name: str,
    unit: str = "",
    url: str = "",
    date_column: str = "date",
    value_column: str = "value",
    every_hours: int = 24,
) -> OutsideSeries:
    """A series that somebody else publishes, at a URL that is fetched every so many hours, or sent as files.

    The address is checked when it is fetched, by core.outgoing. Raises: Unauthenticated, Forbidden; InvalidInput.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    address = url.strip()
    if address and not address.startswith(("https://", "http://")):
        raise wrong("url", _("An address begins with https:// or http://."))
    if len(address) > 1000:
        raise wrong("url", _("This is too long."))
    if not 1 <= every_hours <= MOST_HOURS:
        raise wrong("every_hours", _("Between 1 and {most} hours.").format(most=MOST_HOURS))
    series = OutsideSeries.objects.create(
        organisation_id=actor.home,
        name=required_text(name, path="name", most=200),
        unit=unit.strip()[:40],
        url=address,
        date_column=required_text(date_column, path="date_column", most=80),
        value_column=required_text(value_column, path="value_column", most=80),
        every_hours=every_hours,
    )
    audit.record(
        actor=actor,
        action="outside_series.opened",
        subject="outside_series",
        subject_id=series.id,
        organisation_id=series.organisation_id,
        after={"name": series.name, "unit": series.unit, "url": address, "every_hours": every_hours},
    )
    return series
