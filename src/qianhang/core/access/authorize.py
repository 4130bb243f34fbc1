"""`authorize` says no by raising; a foreign organisation's object is NotFound, never Forbidden."""

import uuid
from datetime import timedelta

from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, NotFound, StepUpRequired, Unauthenticated

from .actor import Actor, ActorKind
from .catalogue import Permission

STEP_UP_WINDOW = timedelta(minutes=10)

# Held in the programme office, these reach every organisation.
_EVERYWHERE = {
    Permission.ORGANISATION_VERIFY,
    Permission.QUEUE_VIEW,
    Permission.QUEUE_MANAGE,
    Permission.WALLET_TOP_UP,
    Permission.VOUCHER_ISSUE,
    Permission.PAYOUT_MAKE,
    Permission.AUDIT_VIEW,
    Permission.LEDGER_VERIFY,
    Permission.PLAN_OVERSEE,
    Permission.PLAN_MANAGE,
}


def authorize(
    actor: Actor, permission: Permission, *, organisation_id: uuid.UUID | None = None, what: str = "object"
) -> None:
    """Raises unless `actor` holds `permission`, and holds it where it is used.

    `organisation_id` is the owner of what is touched; leave it out for what belongs to no organisation.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: the object belongs to an organisation this actor cannot see into.
        Forbidden: the actor sees the object, but the role does not include this.
    """
    if actor.is_system:
        return
    if actor.is_anonymous:
        raise Unauthenticated
    own = organisation_id is None or organisation_id == actor.organisation_id
    if not own and permission not in _EVERYWHERE:
        raise NotFound(what=what)
    if not actor.may(permission):
        if not own:
            raise NotFound(what=what)
        raise Forbidden(permission=permission.label)


def require_step_up(actor: Actor) -> None:
    """Raises StepUpRequired unless this person proved who they are within the last ten minutes. A key cannot."""
    if actor.is_system:
        return
    fresh = actor.confirmed_at is not None and now() - actor.confirmed_at <= STEP_UP_WINDOW
    if actor.kind is not ActorKind.PERSON or not fresh:
        raise StepUpRequired
