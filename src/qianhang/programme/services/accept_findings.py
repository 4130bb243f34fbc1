import uuid
from collections.abc import Sequence

from django.db import transaction

from qianhang.core.access import Actor

from ..access import managed_plan
from ..applying import apply_findings, is_live
from ..errors import refuse_content
from ..models import Finding, FindingState
from ..reviewing import findings_of, mark_reviewed, record_review, save_reviewed
from ..rules.contents import Problem, read_content


@transaction.atomic
def accept_findings(
    *, actor: Actor, plan_id: uuid.UUID, finding_ids: Sequence[uuid.UUID], note: str = ""
) -> Sequence[Finding]:
    """Takes findings as they stand: they become live targets, tasks, owners, systems and milestones.

    One that was edited keeps its edit; one that was rejected is taken back in. Accepting again changes nothing.

    Raises: NotFound, Forbidden; FindingsStale; InvalidInput when a number is too large to keep.
    """
    plan = managed_plan(actor, plan_id, lock=True)
    findings = [one for one in findings_of(plan, finding_ids) if not is_live(one)]
    problems = []
    for finding in findings:
        _clean, wrong = read_content(finding.kind, finding.effective)
        problems += [Problem(f"{finding.id}.{one.path}", one.code) for one in wrong]
        mark_reviewed(
            actor,
            finding,
            state=FindingState.ACCEPTED if finding.edited is None else FindingState.EDITED,
            note=note,
        )
    if problems:
        raise refuse_content(problems)
    if findings:
        save_reviewed(findings)
        apply_findings(plan, findings)
        record_review(actor, plan, "findings.accepted", findings, reason=note)
    return findings
