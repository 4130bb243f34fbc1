from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from ..models import Plan, ResponsibleUnit
from ..units_of_plan import unit_links


@transaction.atomic
def link_units(*, actor: Actor) -> int:
    """Links the units that plans name to organisations that have registered since. Returns how many; twice is once.

    A link that is there stays. Raises: Unauthenticated, Forbidden.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    waiting = ResponsibleUnit.objects.filter(organisation=None, responsibility__is_active=True)
    linked = 0
    for plan in Plan.objects.filter(id__in=waiting.values("responsibility__plan")).order_by("id"):
        rows = list(waiting.filter(responsibility__plan=plan).select_for_update(of=("self",), no_key=True))
        links = unit_links(plan, {row.name for row in rows})
        for name, link in links.items():
            if link.organisation_id is None:
                continue
            named = [row.id for row in rows if row.name == name]
            found = {"organisation": link.organisation_id, "agency": link.agency[:200]}
            ResponsibleUnit.objects.filter(id__in=named).update(**found)
            linked += len(named)
            audit.record(
                actor=actor,
                action="unit.linked",
                subject="plan",
                subject_id=plan.id,
                organisation_id=plan.organisation_id,
                after={"name": name, "organisation": link.organisation_id, "tasks": len(named)},
            )
    return linked
