from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import FieldProblem, InvalidInput

from .. import fleet
from ..models import Region, RegionLink

MOST_US = 10_000_000


@transaction.atomic
def link_regions(*, actor: Actor, one: str, other: str, round_trip_us: int, source: str) -> RegionLink:
    """States the round-trip time between two regions in microseconds; `source` says who measured or stated it.

    The order of the two does not matter; the same facts again change nothing.

    Raises: Unauthenticated, Forbidden, InvalidInput (an unknown region, one region twice, a time out of range).
    """
    authorize(actor, Permission.QUEUE_MANAGE)
    first, second = sorted((one, other))
    _check(first, second, round_trip_us, source)
    known = RegionLink.objects.select_for_update().filter(one_id=first, other_id=second).first()
    facts = {"round_trip_us": round_trip_us, "source": source}
    before = None if known is None else {"round_trip_us": known.round_trip_us, "source": known.source}
    if known is not None and before == facts:
        return known
    link, _is_new = RegionLink.objects.update_or_create(one_id=first, other_id=second, defaults=facts)
    audit.record(
        actor=actor,
        action="region_link.stated",
        subject="region_link",
        subject_id=link.id,
        before=before,
        after={"one": first, "other": second, **facts},
    )
    fleet.forget()
    return link


def _check(first: str, second: str, round_trip_us: int, source: str) -> None:
    problems = []
    known = set(Region.objects.filter(code__in=[first, second]).values_list("code", flat=True))
    for code in sorted({first, second} - known):
        problems.append(FieldProblem("regions", _("There is no region {code}.").format(code=code), "unknown"))
    if first == second:
        problems.append(FieldProblem("regions", _("A link joins two different regions."), "same"))
    if not 0 < round_trip_us <= MOST_US:
        problems.append(FieldProblem("round_trip_us", _("Between 1 µs and 10 s."), "out_of_range"))
    if not 0 < len(source) <= 120:
        problems.append(FieldProblem("source", _("Write between 1 and {most} characters.").format(most=120), "length"))
    if problems:
        raise InvalidInput(problems=problems)
