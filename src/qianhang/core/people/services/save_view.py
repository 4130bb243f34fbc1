"""Give the filters of a list page a name, for oneself."""

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core.access import Actor, ActorKind
from qianhang.core.errors import FieldProblem, InvalidInput, Unauthenticated

from ..errors import PersonsOnly, TooManyViews
from ..models import User
from ..rules.saved_views import (
    MOST_NAME,
    MOST_PATH,
    MOST_QUERY,
    MOST_VIEWS,
    SavedView,
    canonical_query,
    read_views,
    stored_views,
    with_view,
)


@transaction.atomic
def save_view(*, actor: Actor, name: str, path: str, query: str) -> SavedView:
    """Keeps `path` with `query` under `name`; a view of that name on that page is replaced, so twice is once.

    No audit entry: what a person likes to look at is theirs, and opens nothing that the page itself would not show.

    Raises: Unauthenticated, PersonsOnly, InvalidInput, TooManyViews.
    """
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    view = SavedView(name=" ".join(name.split()), path=path, query=canonical_query(query))
    if not 1 <= len(view.name) <= MOST_NAME or "\0" in view.name:
        message = _("A view's name has 1 to {most} characters.").format(most=MOST_NAME)
        raise InvalidInput(problems=[FieldProblem("name", message, "length")])
    if not path.startswith("/") or len(path) > MOST_PATH or len(view.query) > MOST_QUERY or "%00" in view.query:
        raise InvalidInput(problems=[FieldProblem("query", _("These filters cannot be saved."), "invalid")])
    user = User.objects.select_for_update().get(pk=actor.person)
    views = with_view(read_views(user.saved_views), view)
    if len(views) > MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    user.saved_views = stored_views(views)
    user.save(update_fields=["saved_views"])
    return view
