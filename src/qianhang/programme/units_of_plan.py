"""Which agency of the register, and which organisation of ours, a name in a plan means."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qianhang.core.access import OrganisationKind
from qianhang.core.people.models import Organisation, OrganisationState

from .models import Plan
from .rules.keys import plain

# Kinds of organisations that a plan gives tasks to by the name of an agency.
PUBLIC = (OrganisationKind.DEPARTMENT, OrganisationKind.PROGRAMME_OFFICE, OrganisationKind.OTHER)


@dataclass(frozen=True, slots=True)
class UnitLink:
    agency: str
    """The name in the register of agencies; empty when it is not there."""
    organisation_id: uuid.UUID | None


def unit_links(plan: Plan, names: Iterable[str]) -> Mapping[str, UnitLink]:
    """One entry for every name: by the register where it knows the name, else by the very words. One query."""
    wanted = set(names)
    if not wanted:
        return {}
    registered = {name: _registered(name, plan) for name in wanted}
    organisations = {
        plain(one.name): one.id
        for one in Organisation.objects.filter(kind__in=PUBLIC, state=OrganisationState.ACTIVE).only("id", "name")
    }
    links = {}
    for name, agency in registered.items():
        known = [form for form in (agency, name) if form]
        candidates = [plain(prefix + form) for form in known for prefix in ("", plan.region)]
        found = next((organisations[one] for one in candidates if one in organisations), None)
        links[name] = UnitLink(agency=agency, organisation_id=found)
    return links


def _registered(name: str, plan: Plan) -> str:
    return ""
