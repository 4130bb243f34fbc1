"""Lift a suspension."""

from uuid import UUID

from qianhang.core.access import Actor

from ..models import Organisation
from ..rules.organisation_states import REINSTATE
from .decide_organisation import decide_organisation


def reinstate_organisation(*, actor: Actor, organisation_id: UUID, reason: str = "") -> Organisation:
    """Its members and keys get back what their roles give.

    Raises: Forbidden, NotFound, InvalidInput, NotThisState (see `decide_organisation`).
    """
    return decide_organisation(actor=actor, organisation_id=organisation_id, decision=REINSTATE, reason=reason)
