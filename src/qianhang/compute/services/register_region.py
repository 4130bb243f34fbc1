from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import FieldProblem, InvalidInput

from .. import fleet
from ..models import Region


@transaction.atomic
def register_region(
    *,
    actor: Actor,
    code: str,
    name: str,
    name_en: str,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> Region:
    """Names a place that jobs and clusters can speak of, or corrects it. The same facts again change nothing.

    Latitude and longitude in degrees (WGS 84), north and east positive.

    Raises: Unauthenticated, Forbidden, InvalidInput.
    """
    authorize(actor, Permission.QUEUE_MANAGE)
    _check(code=code, name=name, name_en=name_en, latitude=latitude, longitude=longitude)
    facts = {"name": name, "name_en": name_en, "latitude": latitude, "longitude": longitude}
    known = Region.objects.select_for_update().filter(code=code).first()
    if known is not None and all(getattr(known, field) == value for field, value in facts.items()):
        return known
    before = None if known is None else {field: getattr(known, field) for field in facts}
    region, _is_new = Region.objects.update_or_create(code=code, defaults=facts)
    audit.record(actor=actor, action="region.registered", subject="region", subject_id=code, before=before, after=facts)
    fleet.forget()
    return region


def _check(*, code: str, name: str, name_en: str, latitude: Decimal | None, longitude: Decimal | None) -> None:
    problems = []
    if not 0 < len(code) <= 40 or not code.replace("-", "").isalnum() or not code.isascii():
        problems.append(FieldProblem("code", _("Letters, digits and hyphens only, at most 40."), "slug"))
    for path, text in (("name", name), ("name_en", name_en)):
        if not 0 < len(text) <= 80:
            problems.append(FieldProblem(path, _("Write between 1 and {most} characters.").format(most=80), "length"))
    if latitude is not None and not -90 <= latitude <= 90:
        problems.append(FieldProblem("latitude", _("Between -90 and 90 degrees."), "out_of_range"))
    if longitude is not None and not -180 <= longitude <= 180:
        problems.append(FieldProblem("longitude", _("Between -180 and 180 degrees."), "out_of_range"))
    if problems:
        raise InvalidInput(problems=problems)
