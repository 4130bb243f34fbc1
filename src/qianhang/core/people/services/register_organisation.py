"""Register an organisation: whoever registers it is its first owner; the programme office verifies it."""

from django.db import IntegrityError, transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor, ActorKind, Role
from qianhang.core.errors import InvalidInput, Unauthenticated

from ..errors import CreditCodeTaken, PersonsOnly, TooManyApplications
from ..models import Membership, Organisation, OrganisationState, User
from ..rules.credit_code import compact_code
from ..rules.statements import code_problems, kind_problems, name_problems

MOST_WAITING = 5


@transaction.atomic
def register_organisation(
    *,
    actor: Actor,
    kind: str,
    name: str,
    credit_code: str = "",
    name_en: str = "",
    size_class: str = "",
    registered_in: str = "",
) -> Organisation:
    """Registers an organisation in state `registered` and makes the person its owner, acting for it from now on.

    Raises:
        Unauthenticated, PersonsOnly: only a signed-in person registers.
        InvalidInput: a field is wrong, each with its path; a programme office cannot be registered by form.
        CreditCodeTaken: the code is registered already.
        TooManyApplications: five registrations of this person still wait.
    """
    user = _applicant(actor)
    fields = {
        "name": " ".join(name.split()),
        "name_en": " ".join(name_en.split()),
        "size_class": size_class,
        "registered_in": registered_in.strip(),
    }
    code = compact_code(credit_code)
    problems = [
        *kind_problems(kind=kind, by_form=True),
        *name_problems(**fields),
        *code_problems(kind=kind, credit_code=code),
    ]
    if problems:
        raise InvalidInput(problems=problems)
    waiting = Membership.objects.filter(
        user=user, role=Role.OWNER, organisation__state__in=[OrganisationState.REGISTERED, OrganisationState.REJECTED]
    ).count()
    if waiting >= MOST_WAITING:
        raise TooManyApplications(count=waiting)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(kind=kind, credit_code=code or None, **fields)
    except IntegrityError as error:
        raise CreditCodeTaken from error
    Membership.objects.create(user=user, organisation=organisation, role=Role.OWNER)
    User.objects.filter(pk=user.pk).update(current_organisation=organisation)
    audit.record(
        actor=actor,
        action="organisation.registered",
        subject="organisation",
        subject_id=organisation.pk,
        organisation_id=organisation.pk,
        after={"kind": kind, "credit_code": code, **fields},
    )
    events.announce(
        name="organisation.registered", key=str(organisation.pk), payload={"organisation": str(organisation.pk)}
    )
    return organisation


def _applicant(actor: Actor) -> User:
    """The person, locked, so that two registrations at once cannot both slip under the limit."""
    if actor.is_anonymous:
        raise Unauthenticated
    if actor.kind is not ActorKind.PERSON:
        raise PersonsOnly
    return User.objects.select_for_update().get(pk=actor.person)
