"""The life of a voucher, and whether it may pay for something now."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qianhang.core.units.money import CNY, MICRO_PER_FEN


class VoucherState(StrEnum):
    ACTIVE = "active"
    FROZEN = "frozen"
    REVOKED = "revoked"
    EXPIRED = "expired"


# Revoked and expired are final: what was unspent has gone back to the pool.
NEXT: dict[VoucherState, frozenset[VoucherState]] = {
    VoucherState.ACTIVE: frozenset({VoucherState.FROZEN, VoucherState.REVOKED, VoucherState.EXPIRED}),
    VoucherState.FROZEN: frozenset({VoucherState.ACTIVE, VoucherState.REVOKED, VoucherState.EXPIRED}),
    VoucherState.REVOKED: frozenset(),
    VoucherState.EXPIRED: frozenset(),
}
ENDED = frozenset(state for state, following in NEXT.items() if not following)


class Unusable(StrEnum):
    """Why a voucher cannot pay. The order is the order of the checks: the first that holds is the answer."""

    OTHER_ORGANISATION = "other_organisation"
    REVOKED = "revoked"
    FROZEN = "frozen"
    EXPIRED = "expired"
    OTHER_KIND = "other_kind"
    OTHER_UNIT = "other_unit"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class VoucherFacts:
    """What the decision needs. `available` is in the programme's unit."""

    organisation_id: uuid.UUID
    state: str
    expires_at: datetime
    kind: str
    unit: str
    available: int


def may_follow(before: str, after: str) -> bool:
    return VoucherState(after) in NEXT[VoucherState(before)]


def why_unusable(
    voucher: VoucherFacts, *, organisation_id: uuid.UUID, kind: str, at: datetime, unit: str = CNY
) -> Unusable | None:
    """None when the voucher may pay for something of `kind` at the moment `at`, else the first reason why not.

    The moment of expiry itself is already too late.
    """
    least = MICRO_PER_FEN if unit == CNY else 1
    checks = (
        (voucher.organisation_id != organisation_id, Unusable.OTHER_ORGANISATION),
        (voucher.state == VoucherState.REVOKED, Unusable.REVOKED),
        (voucher.state == VoucherState.EXPIRED or at >= voucher.expires_at, Unusable.EXPIRED),
        (voucher.state == VoucherState.FROZEN, Unusable.FROZEN),
        (voucher.kind != kind, Unusable.OTHER_KIND),
        (voucher.unit != unit, Unusable.OTHER_UNIT),
        (voucher.available < least, Unusable.EMPTY),
    )
    return next((reason for holds, reason in checks if holds), None)
