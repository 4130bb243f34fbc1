"""What the REST operations about people take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from qianhang.core.access import OrganisationKind, Permission, Role
from qianhang.core.web.shapes import Moment, Strict

from .models import ApiKey, Invitation, Membership, OrganisationState, SizeClass

Reason = Annotated[str, Field(max_length=500)]


class OrganisationOut(Schema):
    id: UUID
    kind: OrganisationKind
    state: OrganisationState
    state_reason: str
    name: str
    name_en: str
    credit_code: str | None
    size_class: str
    registered_in: str
    is_demo: bool
    created_at: datetime


class StandingOut(Schema):
    organisation_id: UUID
    name: str
    kind: OrganisationKind
    state: OrganisationState
    role: Role
    is_current: bool


class MeOut(Schema):
    kind: str
    user_id: UUID | None
    name: str
    api_key_id: UUID | None
    organisation_id: UUID | None
    permissions: list[str]
    organisations: list[StandingOut]


class OrganisationIn(Strict):
    kind: OrganisationKind
    name: Annotated[str, Field(min_length=2, max_length=200)]
    credit_code: Annotated[str, Field(max_length=40, examples=["91110000600037341L"])] = ""
    name_en: Annotated[str, Field(max_length=200)] = ""
    size_class: SizeClass | None = None
    registered_in: Annotated[str, Field(max_length=120)] = ""


class OrganisationPatch(Strict):
    name: Annotated[str | None, Field(min_length=2, max_length=200)] = None
    credit_code: Annotated[str | None, Field(max_length=40)] = None
    name_en: Annotated[str | None, Field(max_length=200)] = None
    size_class: SizeClass | None = None
    registered_in: Annotated[str | None, Field(max_length=120)] = None


class DecisionIn(Strict):
    reason: Reason = ""


class MemberOut(Schema):
    id: UUID
    user_id: UUID
    name: str
    email: str
    role: Role
    created_at: datetime

    @staticmethod
    def of(row: Membership) -> "MemberOut":
        return MemberOut(
            id=row.pk,
            user_id=row.user_id,
            name=row.user.name,
            email=row.user.email,
            role=Role(row.role),
            created_at=row.created_at,
        )


class RoleIn(Strict):
    role: Role


class InvitationIn(Strict):
    email: Annotated[str, Field(max_length=254)]
    role: Role


class InvitationOut(Schema):
    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime

    @staticmethod
    def of(row: Invitation) -> "InvitationOut":
        return InvitationOut(
            id=row.pk, email=row.email, role=Role(row.role), created_at=row.created_at, expires_at=row.expires_at
        )


class NewInvitationOut(InvitationOut):
    """`token` is what accepts it; null if it was sent to the address by e-mail, whose holder alone then has it."""

    sent: bool
    token: str | None


class AcceptIn(Strict):
    token: Annotated[str, Field(min_length=1, max_length=100)]


class KeyIn(Strict):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=100)]
    expires_at: Moment


class KeyOut(Schema):
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    user_id: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @staticmethod
    def of(row: ApiKey) -> "KeyOut":
        return KeyOut.from_orm(row)


class NewKeyOut(KeyOut):
    secret: str


def new_key_out(row: ApiKey, *, secret: str) -> NewKeyOut:
    return NewKeyOut(**KeyOut.from_orm(row).dict(), secret=secret)
