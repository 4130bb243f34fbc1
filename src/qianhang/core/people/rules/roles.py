"""Who may give and take which role."""

from qianhang.core.access.catalogue import Role


def may_assign(*, own_role: str, before: str | None, after: str | None) -> bool:
    """True if a member with `own_role` may turn a membership's role `before` into `after` (None: not a member).

    Only an owner makes, changes or removes an owner; members.manage decides the rest.
    """
    return own_role == Role.OWNER or Role.OWNER not in {before, after}
