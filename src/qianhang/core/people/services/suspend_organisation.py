"""Suspend an organisation: its people and keys can look at it and nothing else."""

from uuid import UUID

from qianhang.core.access import Actor

from ..models import Organisation
from ..rules.organisation_states import SUSPEND
from .decide_organisation import decide_organisation


def suspend_organisation(*, actor: Actor, organisation_id: UUID, reason: str) -> Organisation:
    """Takes effect with the next request. Jobs that run keep running; cancelling them is a decision of its own.

    Raises: Forbidden, NotFound, InvalidInput, NotThisState (see `decide_organisation`).
    """
    return decide_organisation(actor=actor, organisation_id=organisation_id, decision=SUSPEND, reason=reason)
