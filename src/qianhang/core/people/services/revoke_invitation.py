"""Take back an invitation that nobody has accepted."""

from uuid import UUID

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now

from ..errors import InvitationUnusable
from ..models import Invitation


@transaction.atomic
def revoke_invitation(*, actor: Actor, invitation_id: UUID) -> Invitation:
    """Raises NotFound (absent or foreign), Forbidden (no members.manage), InvitationUnusable (used or revoked)."""
    invitation = Invitation.objects.select_for_update().fetch(actor, pk=invitation_id)
    authorize(actor, Permission.MEMBERS_MANAGE, organisation_id=invitation.organisation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationUnusable
    invitation.revoked_at = now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(
        actor=actor,
        action="invitation.revoked",
        subject="invitation",
        subject_id=invitation.pk,
        organisation_id=invitation.organisation_id,
        before={"email": invitation.email, "role": invitation.role},
    )
    events.announce(
        name="invitation.revoked",
        key=str(invitation.pk),
        payload={"organisation": str(invitation.organisation_id)},
    )
    return invitation
