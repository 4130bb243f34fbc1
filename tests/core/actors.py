"""People, organisations and keys for tests, made as the services make them."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

from qianhang.core.access import Actor, Permission, Role
from qianhang.core.clock import now
from qianhang.core.people.identity import actor_of_person
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User
from qianhang.core.people.services.create_api_key import create_api_key

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"


def make_user(email: str | None = None, *, name: str = "林晓", password: str | None = None) -> User:
    """Without a password there is no password hash to compute, which is what makes the suite fast."""
    number = next(_numbers)
    return User.objects.create_user(email or f"person{number}@example.cn", password, name=name)


def make_organisation(kind: str = "enterprise", *, state: str = OrganisationState.ACTIVE) -> Organisation:
    number = next(_numbers)
    return Organisation.objects.create(kind=kind, state=state, name=f"示例单位{number}")


def join(user: User, organisation: Organisation, role: str = Role.OWNER) -> Membership:
    return Membership.objects.create(user=user, organisation=organisation, role=role)


def make_person(
    kind: str = "enterprise",
    role: str = Role.OWNER,
    *,
    organisation: Organisation | None = None,
    state: str = OrganisationState.ACTIVE,
) -> tuple[User, Organisation, Actor]:
    """A person in an organisation, and the actor they are right after signing in."""
    user = make_user()
    organisation = organisation or make_organisation(kind, state=state)
    join(user, organisation, role)
    return user, organisation, actor_for(user)


def actor_for(user: User) -> Actor:
    user.refresh_from_db()
    return actor_of_person(user, confirmed_at=now())


def make_secret(actor: Actor, scopes: Sequence[str] | None = None) -> str:
    """A working API key's secret; by default with everything its person may do."""
    wanted = scopes if scopes is not None else sorted(actor.permissions)
    return create_api_key(actor=actor, name="test", scopes=wanted, expires_at=now() + timedelta(days=1)).secret


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def office() -> Actor:
    """The owner of a programme office."""
    return make_person("programme_office")[2]


ALL = sorted(Permission)
