"""Give a member another role."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, Role, authorize
from qianhang.core.clock import new_id
from qianhang.core.errors import FieldProblem, InvalidInput

from ..errors import LastOwner, OwnersOnly
from ..models import Membership, Organisation
from ..rules.roles import may_assign
from .invite_member import role_of, stay_within_key


@transaction.atomic
def change_role(*, actor: Actor, membership_id: UUID, role: str) -> Membership:
    """Takes effect with the member's next request, for their keys too.

    Raises:
        NotFound, Forbidden: absent or foreign; no members.manage.
        InvalidInput: no such role.
        OwnersOnly: the old or the new role is owner and the actor is none.
        BeyondThisKey: a key gives no role that may do more than its scopes.
        LastOwner: the only owner would stop being one.
    """
    membership = lock_membership(actor=actor, membership_id=membership_id)
    authorize(actor, Permission.MEMBERS_MANAGE, organisation_id=membership.organisation_id, what=_("membership"))
    if role not in Role.values:
        raise InvalidInput(problems=[FieldProblem("role", _("There is no such role."), "choice")])
    before = membership.role
    if role == before:
        return membership
    if not may_assign(own_role=role_of(actor), before=before, after=role):
        raise OwnersOnly
    stay_within_key(actor, kind=membership.organisation.kind, role=role)
    if before == Role.OWNER:
        keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(
        actor=actor,
        action="member.role_changed",
        subject="membership",
        subject_id=membership.pk,
        organisation_id=membership.organisation_id,
        before={"role": before},
        after={"role": role, "user": membership.user_id},
    )
    events.announce(
        name="member.role_changed",
        key=str(new_id()),
        stream=str(membership.pk),
        payload={"organisation": str(membership.organisation_id), "user": str(membership.user_id), "role": role},
    )
    return membership


def lock_membership(*, actor: Actor, membership_id: UUID) -> Membership:
    """The membership, with its organisation locked first: two owners cannot each remove the other at once."""
    found = Membership.objects.fetch(actor, pk=membership_id)
    Organisation.objects.select_for_update().get(pk=found.organisation_id)
    return Membership.objects.select_for_update().fetch(actor, pk=membership_id)


def keep_an_owner(leaving: Membership) -> None:
    """Raises LastOwner if no other owner would be left. The organisation is locked by `lock_membership`."""
    others = Membership.objects.filter(organisation_id=leaving.organisation_id, role=Role.OWNER)
    if not others.exclude(pk=leaving.pk).exists():
        raise LastOwner
