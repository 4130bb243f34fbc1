"""What the programme office finds on its dashboard about organisations."""

from qianhang.core.access import Actor, Permission
from qianhang.portal.views import Panel

from . import queries
from .models import OrganisationState

SHOWN = 5


def standing_panel(actor: Actor) -> Panel | None:
    """Why there is little to see for an organisation that is not (or no longer) active; nothing for active ones."""
    if actor.organisation_id is None or actor.may(Permission.JOB_VIEW):
        return None
    organisation = queries.organisation_of(actor=actor, organisation_id=actor.organisation_id)
    if organisation.state == OrganisationState.ACTIVE:
        return None
    return Panel("people/dashboard_standing.html", {"organisation": organisation})


def verification_panel(actor: Actor) -> Panel | None:
    """Registrations that wait for a decision; nothing for those who do not decide."""
    if not actor.may(Permission.ORGANISATION_VERIFY):
        return None
    waiting = queries.organisations(actor=actor, state=OrganisationState.REGISTERED).order_by("created_at")
    context = {"count": queries.count_waiting(actor=actor), "organisations": list(waiting[:SHOWN])}
    return Panel("people/dashboard_waiting.html", context)
