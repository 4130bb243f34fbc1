"""Verify an organisation: it may now act."""

from uuid import UUID

from qianhang.core.access import Actor

from ..models import Organisation
from ..rules.organisation_states import VERIFY
from .decide_organisation import decide_organisation


def verify_organisation(*, actor: Actor, organisation_id: UUID, reason: str = "") -> Organisation:
    """The programme office has checked who this is; its members get what their roles give.

    Raises: Forbidden, NotFound, InvalidInput, NotThisState (see `decide_organisation`).
    """
    return decide_organisation(actor=actor, organisation_id=organisation_id, decision=VERIFY, reason=reason)
