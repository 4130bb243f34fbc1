"""Which agency of the register, and which organisation of ours, a name in a plan means."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qianhang.core.access import OrganisationKind
from qianhang.core.people.models import Organisation, OrganisationState

from .models import Plan
from .reading.agencies import AgencyMatch, Level, match_agency
from .reading.normal import normalise
from .rules.keys import plain

# Kinds of organisations that a plan gives tasks to by the name of an agency.
PUBLIC = (OrganisationKind.DEPARTMENT, OrganisationKind.PROGRAMME_OFFICE, OrganisationKind.OTHER)
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:省|自治区|市)")


@dataclass(frozen=True, slots=True)
class UnitLink:
    agency: str
    """The full name in the register of agencies; empty when it is not there."""
    organisation_id: uuid.UUID | None


def unit_links(plan: Plan, names: Iterable[str]) -> Mapping[str, UnitLink]:
    """One entry for every name: an organisation with these very words, else with the same entry in the register.

    One query. A name that was another's at the plan's date is matched as it was then.
    """
    wanted = set(names)
    if not wanted:
        return {}
    region = normalise(plan.region).text
    rows = Organisation.objects.filter(kind__in=PUBLIC, state=OrganisationState.ACTIVE).order_by("created_at", "id")
    by_words: dict[str, uuid.UUID] = {}
    by_agency: dict[tuple[str, Level], uuid.UUID] = {}
    for organisation_id, name in rows.values_list("id", "name"):
        if not _is_here(name, region):
            continue
        by_words.setdefault(plain(name), organisation_id)
        entry = match_agency(name, region)
        if entry is not None and not entry.typo:
            by_agency.setdefault((entry.code, entry.level), organisation_id)
    links = {}
    for name in wanted:
        simplified = normalise(name).text
        entry = match_agency(simplified, region, plan.dated)
        links[name] = UnitLink(
            agency=entry.canonical if entry else "",
            organisation_id=by_words.get(plain(simplified))
            or by_words.get(plain(region + simplified))
            or _by_entry(entry, by_agency)
            or _by_entry(_successor(entry, region), by_agency),
        )
    return links


def _successor(entry: AgencyMatch | None, region: str) -> AgencyMatch | None:
    """The body that took over from one that has ended since the plan was written."""
    return match_agency(entry.successor, region) if entry is not None and entry.successor else None


def _by_entry(entry: AgencyMatch | None, known: Mapping[tuple[str, Level], uuid.UUID]) -> uuid.UUID | None:
    """The organisation with this entry at its level; where the name does not say the level, the only one there is."""
    if entry is None:
        return None
    if entry.level is not Level.UNKNOWN:
        return known.get((entry.code, entry.level))
    same = {organisation_id for (code, _level), organisation_id in known.items() if code == entry.code}
    return same.pop() if len(same) == 1 else None


def _is_here(name: str, region: str) -> bool:
    """False for another region's: 江西省科学技术厅 is not who a plan of 吉林省 means."""
    place = _PLACE.match(name)
    return place is None or not region or place[0] in region or region in place[0] or len(place[0]) <= 2
