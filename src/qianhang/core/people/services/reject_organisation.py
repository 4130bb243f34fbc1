"""Refuse to verify an organisation, with a reason its owner reads."""

from uuid import UUID

from qianhang.core.access import Actor

from ..models import Organisation
from ..rules.organisation_states import REJECT
from .decide_organisation import decide_organisation


def reject_organisation(*, actor: Actor, organisation_id: UUID, reason: str) -> Organisation:
    """The owner may correct what was stated, which puts the organisation back in line.

    Raises: Forbidden, NotFound, InvalidInput, NotThisState (see `decide_organisation`).
    """
    return decide_organisation(actor=actor, organisation_id=organisation_id, decision=REJECT, reason=reason)
