"""Who may give and take which role."""

from qianhang.core.access.catalogue import Permission, Role, permissions_of


def may_assign(*, own_role: str, before: str | None, after: str | None) -> bool:
    """True if a member with `own_role` may turn a membership's role `before` into `after` (None: not a member).

    Only an owner makes, changes or removes an owner; members.manage decides the rest.
    """
    return own_role == Role.OWNER or Role.OWNER not in {before, after}


def is_within(held: frozenset[Permission], *, kind: str, role: str) -> bool:
    """True if `role` in an organisation of `kind` may do no more than what is `held`. A key that could give away more
    would get past its own scopes by a detour."""
    return permissions_of(kind=kind, role=role) <= held
