"""Who may do what: one permission catalogue, one `authorize`, one way to scope a query.

from qianhang.core.access import Actor, Permission, ScopedQuerySet, authorize
"""

from .actor import Actor, ActorKind
from .authorize import authorize, require_step_up
from .catalogue import OrganisationKind, Permission, Role, permissions_of
from .scoped import ScopedQuerySet

__all__ = [
    "Actor",
    "ActorKind",
    "OrganisationKind",
    "Permission",
    "Role",
    "ScopedQuerySet",
    "authorize",
    "permissions_of",
    "require_step_up",
]
