"""What the review services share: fetching findings of one plan, locked, and telling what a decision changed."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.clock import now

from .errors import FindingsStale
from .models import Finding, Plan

MOST_AT_ONCE = 5000


def findings_of(plan: Plan, finding_ids: Sequence[uuid.UUID]) -> list[Finding]:
    """Those findings of the plan, locked, in the order of the document. Raises FindingsStale unless all are there."""
    wanted = set(finding_ids)
    found = list(Finding.objects.select_for_update(no_key=True).filter(plan=plan, id__in=wanted)) if wanted else []
    if len(found) != len(wanted):
        raise FindingsStale
    return found


def mark_reviewed(actor: Actor, finding: Finding, *, state: str, note: str = "") -> None:
    finding.state = state
    finding.note = note.strip()[:500]
    finding.reviewed_by_id = actor.user_id
    finding.reviewed_at = now()


def save_reviewed(findings: Sequence[Finding]) -> None:
    """One statement for each state they came to; all were decided at once, by one person, in the same words."""
    by_state: dict[str, list[Finding]] = {}
    for one in findings:
        by_state.setdefault(one.state, []).append(one)
    for state, rows in by_state.items():
        Finding.objects.filter(id__in=[one.id for one in rows]).update(
            state=state,
            note=rows[0].note,
            reviewed_by=rows[0].reviewed_by_id,
            reviewed_at=rows[0].reviewed_at,
        )


REVIEWED = ["state", "note", "reviewed_by", "reviewed_at"]


def record_review(
    actor: Actor,
    plan: Plan,
    action: str,
    findings: Sequence[Finding],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """One entry for one decision, however many findings it is about."""
    many = {"findings": [str(one.id) for one in findings], "count": len(findings)}
    audit.record(
        actor=actor,
        action=action,
        subject="plan",
        subject_id=plan.id,
        organisation_id=plan.organisation_id,
        before=before,
        after={**many, **(after or {})},
        reason=reason,
    )
