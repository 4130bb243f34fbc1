"""Remove a member from the organisation, or leave it."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit, events
from qianhang.core.access import Actor, ActorKind, Permission, Role, authorize
from qianhang.core.clock import now

from ..errors import OwnersOnly
from ..models import ApiKey, Invitation, User
from ..rules.roles import may_assign
from .change_role import keep_an_owner, lock_membership
from .invite_member import role_of


@transaction.atomic
def remove_member(*, actor: Actor, membership_id: UUID, reason: str = "") -> None:
    """Ends the membership and revokes the person's keys in this organisation, and the invitations they made that nobody
    has accepted yet: one of them may be their way back. Leaving needs no permission.

    Raises:
        NotFound, Forbidden: absent or foreign; no members.manage and not oneself.
        OwnersOnly: the member is an owner and the actor is none.
        LastOwner: the organisation would be left without an owner.
    """
    membership = lock_membership(actor=actor, membership_id=membership_id)
    leaving = actor.kind is ActorKind.PERSON and membership.user_id == actor.user_id
    if not leaving:
        authorize(actor, Permission.MEMBERS_MANAGE, organisation_id=membership.organisation_id, what=_("membership"))
        if not may_assign(own_role=role_of(actor), before=membership.role, after=None):
            raise OwnersOnly
    if membership.role == Role.OWNER:
        keep_an_owner(membership)
    organisation_id, user_id = membership.organisation_id, membership.user_id
    ApiKey.objects.filter(organisation_id=organisation_id, user_id=user_id, revoked_at=None).update(revoked_at=now())
    standing = Invitation.objects.filter(organisation_id=organisation_id, invited_by_id=user_id, accepted_at=None)
    standing.filter(revoked_at=None).update(revoked_at=now())
    User.objects.filter(pk=user_id, current_organisation_id=organisation_id).update(current_organisation=None)
    audit.record(
        actor=actor,
        action="member.left" if leaving else "member.removed",
        subject="membership",
        subject_id=membership.pk,
        organisation_id=organisation_id,
        before={"user": user_id, "role": membership.role},
        reason=reason,
    )
    events.announce(
        name="member.removed",
        key=str(membership.pk),
        payload={"organisation": str(organisation_id), "user": str(user_id)},
    )
    membership.delete()
