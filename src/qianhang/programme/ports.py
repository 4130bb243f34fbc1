"""The outside world of this room: something that reads a plan and proposes what the rules may have missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class ProposerFailed(Exception):
    """It did not answer, or not in the agreed shape. `why` is for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Proposal:
    """One finding as it was proposed: nothing of it is believed before it is checked against the text."""

    kind: str
    content: Mapping[str, Any]
    quote: str


class FindingProposer(Protocol):
    name: str
    """Which model answers; kept with every finding it proposes."""

    def propose(self, text: str) -> Sequence[Proposal]:
        """What is found in a stretch of a plan. Raises ProposerFailed, or a DomainError of core.outgoing."""
