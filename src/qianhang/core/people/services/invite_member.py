"""Invite someone into the organisation by e-mail."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit, events
from qianhang.core.access import Actor, ActorKind, Permission, Role, authorize
from qianhang.core.clock import now
from qianhang.core.errors import FieldProblem, InvalidInput

from ..errors import AlreadyInvited, AlreadyMember, BeyondThisKey, OwnersOnly
from ..models import Invitation, Membership, Organisation
from ..rules.roles import is_within, may_assign

STANDS_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    invitation: Invitation
    token: str
    """Goes into the link, once: only its hash is kept."""


@transaction.atomic
def invite_member(*, actor: Actor, email: str, role: str) -> NewInvitation:
    """Makes an invitation into the actor's organisation that stands for seven days.

    Raises:
        Forbidden: no members.manage.
        InvalidInput: no such role, or not an e-mail address.
        OwnersOnly: only an owner invites an owner.
        BeyondThisKey: a key gives no role that may do more than its scopes.
        AlreadyMember, AlreadyInvited: nothing to do.
    """
    authorize(actor, Permission.MEMBERS_MANAGE, organisation_id=actor.organisation_id)
    email = email.strip().lower()
    problems = _problems(email=email, role=role)
    if problems:
        raise InvalidInput(problems=problems)
    organisation = Organisation.objects.select_for_update().get(pk=actor.home)
    if not may_assign(own_role=role_of(actor), before=None, after=role):
        raise OwnersOnly
    stay_within_key(actor, kind=organisation.kind, role=role)
    if Membership.objects.filter(organisation=organisation, user__email__iexact=email).exists():
        raise AlreadyMember(email=email)
    standing = organisation.invitations.filter(
        email__iexact=email, accepted_at=None, revoked_at=None, expires_at__gt=now()
    )
    if standing.exists():
        raise AlreadyInvited(email=email)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=role,
        token_hash=hash_token(token),
        invited_by_id=actor.person,
        expires_at=now() + STANDS_FOR,
    )
    audit.record(
        actor=actor,
        action="member.invited",
        subject="invitation",
        subject_id=invitation.pk,
        organisation_id=organisation.pk,
        after={"email": email, "role": role},
    )
    events.announce(name="member.invited", key=str(invitation.pk), payload={"organisation": str(organisation.pk)})
    return NewInvitation(invitation=invitation, token=token)


def stay_within_key(actor: Actor, *, kind: str, role: str) -> None:
    """Raises BeyondThisKey if the actor is a key and `role` may do more than it. A person's own role decides alone."""
    if actor.kind is ActorKind.KEY and not is_within(actor.permissions, kind=kind, role=role):
        raise BeyondThisKey


def hash_token(token: str) -> bytes:
    """SHA-256, as for API keys: the token is 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def role_of(actor: Actor) -> str:
    """The actor's role in their organisation; the system counts as owner. Empty if they are no member (any more)."""
    if actor.is_system:
        return Role.OWNER
    found = Membership.objects.filter(organisation_id=actor.home, user_id=actor.person)
    return found.values_list("role", flat=True).first() or ""


def _problems(*, email: str, role: str) -> list[FieldProblem]:
    found = []
    if role not in Role.values:
        found.append(FieldProblem("role", _("There is no such role."), "choice"))
    try:
        validate_email(email)
    except ValidationError as error:
        found.append(FieldProblem("email", " ".join(error.messages), "invalid"))
    return found
