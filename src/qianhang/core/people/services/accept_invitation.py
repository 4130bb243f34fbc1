"""Accept an invitation: the person it was sent to becomes a member."""

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor, ActorKind
from qianhang.core.clock import now
from qianhang.core.errors import NotFound, Unauthenticated

from ..errors import AlreadyMember, InvitationForSomeoneElse, InvitationUnusable, PersonsOnly
from ..models import Invitation, Membership, User
from .invite_member import hash_token


@transaction.atomic
def accept_invitation(*, actor: Actor, token: str) -> Membership:
    """Uses up the invitation and switches the person to the organisation. The token is the authorisation.

    Raises:
        Unauthenticated, PersonsOnly: nobody, or a key.
        NotFound: no invitation has this token.
        InvitationUnusable: expired, revoked or used.
        InvitationForSomeoneElse: sent to another address than the signed-in person's.
        AlreadyMember: the person is in already.
    """
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    invitation = Invitation.objects.select_for_update().filter(token_hash=hash_token(token)).first()
    if invitation is None:
        raise NotFound(what=Invitation._meta.verbose_name)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now():
        raise InvitationUnusable
    user = User.objects.get(pk=actor.person)
    if user.email.lower() != invitation.email.lower():
        raise InvitationForSomeoneElse
    membership, created = Membership.objects.get_or_create(
        user=user, organisation_id=invitation.organisation_id, defaults={"role": invitation.role}
    )
    if not created:
        raise AlreadyMember(email=user.email)
    invitation.accepted_at = now()
    invitation.save(update_fields=["accepted_at"])
    User.objects.filter(pk=user.pk).update(current_organisation_id=invitation.organisation_id)
    audit.record(
        actor=actor,
        action="member.joined",
        subject="membership",
        subject_id=membership.pk,
        organisation_id=invitation.organisation_id,
        after={"user": user.pk, "role": membership.role},
    )
    events.announce(
        name="member.joined",
        key=str(membership.pk),
        payload={"organisation": str(invitation.organisation_id), "user": str(user.pk)},
    )
    return membership
