"""The one who acts: a person in an organisation, an API key of theirs, or the system itself."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import NotFound, Unauthenticated

from .catalogue import Permission


class ActorKind(StrEnum):
    ANONYMOUS = "anonymous"
    PERSON = "person"
    KEY = "key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Immutable. `permissions` hold in `organisation_id` (and, for office permissions, everywhere)."""

    kind: ActorKind
    user_id: uuid.UUID | None = None
    organisation_id: uuid.UUID | None = None
    api_key_id: uuid.UUID | None = None
    name: str = ""
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    request_id: str = ""
    confirmed_at: datetime | None = None
    """When this person last proved who they are (password, code or passkey); None for keys."""

    @classmethod
    def anonymous(cls, *, request_id: str = "") -> "Actor":
        return cls(kind=ActorKind.ANONYMOUS, request_id=request_id)

    @classmethod
    def system(cls, name: str, *, request_id: str = "") -> "Actor":
        """The platform's own work, such as `system("worker")`: sees everything, may do everything, is audited."""
        return cls(kind=ActorKind.SYSTEM, name=name, permissions=frozenset(Permission), request_id=request_id)

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def is_anonymous(self) -> bool:
        return self.kind is ActorKind.ANONYMOUS

    @property
    def person(self) -> uuid.UUID:
        """The person behind this actor. Raises Unauthenticated if there is none."""
        if self.user_id is None:
            raise Unauthenticated
        return self.user_id

    @property
    def home(self) -> uuid.UUID:
        """The organisation this actor acts for. Raises NotFound if there is none."""
        if self.organisation_id is None:
            raise NotFound(what=_("organisation"))
        return self.organisation_id

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def with_request(self, request_id: str) -> "Actor":
        return replace(self, request_id=request_id)
