"""What a new wording of a plan changes: which findings are new, which are found again, which are gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .drafts import Draft


@dataclass(frozen=True, slots=True)
class Resync:
    new: Sequence[Draft]
    again: Sequence[Draft]
    gone: frozenset[str]
    """Keys that the new wording does not have."""


def resync(*, known: Iterable[str], by_hand: Iterable[str], drafts: Sequence[Draft]) -> Resync:
    """`known` are the keys there are, `by_hand` those among them that no wording ever had: these never go."""
    before, kept = set(known), set(by_hand)
    found = {draft.key for draft in drafts}
    return Resync(
        new=[draft for draft in drafts if draft.key not in before],
        again=[draft for draft in drafts if draft.key in before],
        gone=frozenset(before - kept - found),
    )
