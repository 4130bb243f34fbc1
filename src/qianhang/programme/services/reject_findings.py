import uuid
from collections.abc import Sequence

from django.db import transaction

from qianhang.core.access import Actor

from ..access import managed_plan
from ..applying import apply_findings
from ..models import Finding, FindingState
from ..reviewing import findings_of, mark_reviewed, record_review, save_reviewed


@transaction.atomic
def reject_findings(
    *, actor: Actor, plan_id: uuid.UUID, finding_ids: Sequence[uuid.UUID], note: str = ""
) -> Sequence[Finding]:
    """Sets findings aside. What was made of an accepted one is withdrawn; its reports and observations stay.

    A re-import does not bring them back. Raises: NotFound, Forbidden; FindingsStale.
    """
    plan = managed_plan(actor, plan_id, lock=True)
    findings = [one for one in findings_of(plan, finding_ids) if one.state != FindingState.REJECTED]
    for finding in findings:
        mark_reviewed(actor, finding, state=FindingState.REJECTED, note=note)
    if findings:
        save_reviewed(findings)
        apply_findings(plan, findings)
        record_review(actor, plan, "findings.rejected", findings, reason=note)
    return findings
