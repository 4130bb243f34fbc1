"""Change one's own name, language or theme."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit
from qianhang.core.access import Actor, ActorKind
from qianhang.core.errors import FieldProblem, InvalidInput, Unauthenticated

from ..errors import PersonsOnly
from ..models import User

THEMES = frozenset({"", "light", "dark"})


@transaction.atomic
def update_profile(
    *, actor: Actor, name: str | None = None, language: str | None = None, theme: str | None = None
) -> User:
    """Changes what is given; None leaves it. An empty language or theme means: as the installation or system says.

    Raises: Unauthenticated, PersonsOnly, InvalidInput.
    """
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    user = User.objects.select_for_update().get(pk=actor.person)
    name = None if name is None else " ".join(name.split())
    problems = []
    if name is not None and not 1 <= len(name) <= 120:
        problems.append(FieldProblem("name", _("A name has 1 to 120 characters."), "length"))
    if language is not None and language not in {"", *dict(settings.LANGUAGES)}:
        problems.append(FieldProblem("language", _("There is no such language here."), "choice"))
    if theme is not None and theme not in THEMES:
        problems.append(FieldProblem("theme", _("This must be light or dark."), "choice"))
    if problems:
        raise InvalidInput(problems=problems)
    before = user.name
    user.name = before if name is None else name
    user.language = user.language if language is None else language
    user.theme = user.theme if theme is None else theme
    user.save(update_fields=["name", "language", "theme"])
    if user.name != before:
        audit.record(
            actor=actor,
            action="person.renamed",
            subject="person",
            subject_id=user.pk,
            organisation_id=actor.organisation_id,
            before={"name": before},
            after={"name": user.name},
        )
    return user
