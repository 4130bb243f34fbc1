"""What the review page shows: the newest wording of a plan and its findings, in the order of the document."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qianhang.core.access import Actor, Permission, authorize

from ..models import Finding, FindingOrigin, FindingState, Plan, PlanDocument

# What a reviewer asks for, by the name in the address. `open` is what still waits for a decision.
OPEN, ACCEPTED, EDITED, ADDED, REJECTED, PROPOSALS, GONE = (
    "open", "accepted", "edited", "added", "rejected", "proposals", "gone",
)  # fmt: skip
SHELVES = (OPEN, ACCEPTED, EDITED, ADDED, REJECTED, PROPOSALS, GONE)
_STATE_OF = {
    OPEN: FindingState.PROPOSED,
    ACCEPTED: FindingState.ACCEPTED,
    EDITED: FindingState.EDITED,
    ADDED: FindingState.ADDED,
    REJECTED: FindingState.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A finding with its number in the document."""

    number: int
    finding: Finding
    kept: bool
    """Decided on an earlier wording; the decision was kept."""
    quoted_here: bool
    """Its quotes point into the wording that is shown."""

    def on(self, shelf: str) -> bool:
        if shelf == PROPOSALS:
            return self.finding.origin == FindingOrigin.MODEL
        if shelf == GONE:
            return self.finding.is_gone
        return self.finding.state == _STATE_OF[shelf]


@dataclass(frozen=True, slots=True)
class Review:
    plan: Plan
    document: PlanDocument
    findings: Sequence[Numbered]

    @property
    def left(self) -> int:
        """How many wait for a decision."""
        return sum(one.on(OPEN) for one in self.findings)

    def counts(self) -> Mapping[str, int]:
        """How many stand on each shelf."""
        counts = Counter[str]()
        for one in self.findings:
            counts.update(shelf for shelf in SHELVES if one.on(shelf))
        return counts

    def of_id(self, finding_id: uuid.UUID) -> Numbered | None:
        return next((one for one in self.findings if one.finding.id == finding_id), None)


def review_of(*, actor: Actor, plan_id: uuid.UUID) -> Review:
    """Three queries, however many findings. Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.PLAN_OVERSEE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    document = plan.documents.defer("found").order_by("-version")[0]
    findings = list(
        Finding.objects.visible_to(actor).filter(plan=plan).select_related("reviewed_by").order_by("position", "id")
    )
    # What the newest wording does not have any more comes last: it has no place in it.
    findings.sort(key=lambda one: one.is_gone)
    return Review(
        plan=plan,
        document=document,
        findings=[_numbered(number, one, document) for number, one in enumerate(findings, start=1)],
    )


def _numbered(number: int, finding: Finding, document: PlanDocument) -> Numbered:
    decided = finding.reviewed_at
    return Numbered(
        number=number,
        finding=finding,
        kept=document.version > 1 and decided is not None and decided < document.imported_at,
        quoted_here=finding.document_id == document.id and not finding.is_gone,
    )


def sure_ones(review: Review, *, above: Decimal, kind: str = "") -> list[uuid.UUID]:
    """The open findings of the rules with at least this confidence. What a model proposes is decided one by one."""
    return [
        one.finding.id
        for one in review.findings
        if one.on(OPEN)
        and one.finding.origin == FindingOrigin.RULES
        and not one.finding.is_gone
        and one.finding.confidence >= above
        and kind in ("", one.finding.kind)
    ]
