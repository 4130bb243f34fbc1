"""Take a saved view away again."""

from django.db import transaction

from qianhang.core.access import Actor, ActorKind
from qianhang.core.errors import Unauthenticated

from ..errors import PersonsOnly
from ..models import User
from ..rules.saved_views import read_views, stored_views, without_view


@transaction.atomic
def forget_view(*, actor: Actor, name: str, path: str) -> None:
    """One's own view of that name on that page; one that is not there was forgotten already.

    Raises: Unauthenticated, PersonsOnly.
    """
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    user = User.objects.select_for_update().get(pk=actor.person)
    user.saved_views = stored_views(without_view(read_views(user.saved_views), path=path, name=name))
    user.save(update_fields=["saved_views"])
