"""Reads about people and organisations, scoped to who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from qianhang.core.access import Actor, Permission, Role, authorize, permissions_of
from qianhang.core.clock import now
from qianhang.core.web.language import in_reader_language

from .models import ApiKey, Invitation, Membership, Organisation, OrganisationState, User


@dataclass(frozen=True, slots=True)
class Standing:
    """One of a person's organisations, for the switch in the top bar."""

    organisation_id: UUID
    name: str
    name_en: str
    kind: str
    state: str
    role: str
    is_current: bool

    @property
    def shown_name(self) -> str:
        """For a page: the English name for those who read English, where there is one."""
        return in_reader_language(self.name, self.name_en)


def organisations_of(*, actor: Actor) -> Sequence[Standing]:
    """The organisations this person belongs to, oldest membership first; a key has its own one. Nobody: none."""
    if actor.user_id is None:
        return []
    rows = Membership.objects.filter(user_id=actor.user_id).select_related("organisation").order_by("created_at")
    if actor.api_key_id is not None:
        rows = rows.filter(organisation_id=actor.home)
    return [
        Standing(
            organisation_id=row.organisation_id,
            name=row.organisation.name,
            name_en=row.organisation.name_en,
            kind=row.organisation.kind,
            state=row.organisation.state,
            role=row.role,
            is_current=row.organisation_id == actor.organisation_id,
        )
        for row in rows
    ]


def person_of(*, actor: Actor) -> User | None:
    """The person behind the actor, for their profile; None for nobody and for the system."""
    return User.objects.filter(pk=actor.user_id).first() if actor.user_id else None


def organisation_of(*, actor: Actor, organisation_id: UUID) -> Organisation:
    """Raises NotFound for absent and foreign alike."""
    return Organisation.objects.fetch(actor, pk=organisation_id)


def organisations(*, actor: Actor, state: str = "", kind: str = "", q: str = "") -> QuerySet[Organisation]:
    """Those the actor may see; `q` looks in the names and at the start of the credit code."""
    rows = Organisation.objects.visible_to(actor)
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(name_en__icontains=q) | Q(credit_code__istartswith=q))
    return rows


def organisation_names(ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Names by id in the reader's language, for pages that show another room's rows. Not secret; one query."""
    return {one.pk: one.shown_name for one in Organisation.objects.filter(pk__in=set(ids)).only("name", "name_en")}


def count_waiting(*, actor: Actor) -> int:
    """Registrations that wait for this actor's decision; zero for those who do not decide."""
    if not actor.may(Permission.ORGANISATION_VERIFY):
        return 0
    return Organisation.objects.filter(state=OrganisationState.REGISTERED).count()


def count_active() -> int:
    """Verified organisations: a number for the public home page, without names."""
    return Organisation.objects.filter(state=OrganisationState.ACTIVE).count()


def members_of(
    *, actor: Actor, organisation_id: UUID | None = None, q: str = "", role: str = ""
) -> QuerySet[Membership]:
    """The members of one organisation, by default the actor's, with their people; `q` is part of name or address."""
    authorize(actor, Permission.ORGANISATION_VIEW)
    wanted = organisation_id or actor.home
    rows = Membership.objects.visible_to(actor).filter(organisation_id=wanted).select_related("user")
    if role:
        rows = rows.filter(role=role)
    if q:
        rows = rows.filter(Q(user__name__icontains=q) | Q(user__email__icontains=q))
    return rows


def invitations_of(*, actor: Actor) -> QuerySet[Invitation]:
    """Invitations into the actor's organisation that still stand."""
    authorize(actor, Permission.MEMBERS_MANAGE)
    rows = Invitation.objects.visible_to(actor).filter(organisation_id=actor.home)
    return rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=now()).order_by("-created_at")


@dataclass(frozen=True, slots=True)
class OfferedMembership:
    organisation_name: str
    email: str
    role: str
    expires_at: datetime
    usable: bool


def invitation_by_token(*, token: str) -> OfferedMembership | None:
    """What the holder of an invitation link is offered; the token is the authorisation. None: no such token."""
    from .services.invite_member import hash_token

    row = Invitation.objects.filter(token_hash=hash_token(token)).select_related("organisation").first()
    if row is None:
        return None
    usable = row.accepted_at is None and row.revoked_at is None and row.expires_at > now()
    return OfferedMembership(row.organisation.shown_name, row.email, row.role, row.expires_at, usable)


def keys_of(*, actor: Actor, q: str = "", state: str = "") -> QuerySet[ApiKey]:
    """One's own keys in this organisation; with members.manage everyone's.

    `q` is part of the name or the beginning of the secret; `state` is active, expired or revoked.
    """
    authorize(actor, Permission.KEYS_MANAGE)
    rows = ApiKey.objects.visible_to(actor).select_related("user")
    if state == "revoked":
        rows = rows.filter(revoked_at__isnull=False)
    elif state == "expired":
        rows = rows.filter(revoked_at=None, expires_at__lte=now())
    elif state:
        rows = rows.filter(revoked_at=None, expires_at__gt=now())
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(prefix__startswith=q))
    return rows


def role_permissions(*, kind: str) -> Mapping[str, frozenset[Permission]]:
    """What each role may do in an organisation of this kind, for the page that explains roles."""
    return {role: permissions_of(kind=kind, role=role) for role in Role.values}
