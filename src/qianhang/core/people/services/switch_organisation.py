"""Act for another of one's organisations from now on."""

from uuid import UUID

from django.db import transaction

from qianhang.core.access import Actor, ActorKind
from qianhang.core.errors import NotFound, Unauthenticated

from ..errors import PersonsOnly
from ..models import Membership, Organisation, User


@transaction.atomic
def switch_organisation(*, actor: Actor, organisation_id: UUID) -> Organisation:
    """A preference of the person, so it is neither audited nor announced: every entry names the organisation anyway.

    Raises: Unauthenticated, PersonsOnly (a key stays in its organisation), NotFound (not a member).
    """
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    memberships = Membership.objects.filter(user_id=actor.person, organisation_id=organisation_id)
    membership = memberships.select_related("organisation").first()
    if membership is None:
        raise NotFound(what=Organisation._meta.verbose_name)
    User.objects.filter(pk=actor.person).update(current_organisation_id=organisation_id)
    return membership.organisation
