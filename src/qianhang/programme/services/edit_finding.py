import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from qianhang.core.access import Actor

from ..access import managed_plan
from ..applying import apply_findings
from ..errors import refuse_content
from ..models import Finding, FindingState
from ..reviewing import REVIEWED, findings_of, mark_reviewed, record_review
from ..rules.canonical import with_canonical
from ..rules.contents import read_content


@transaction.atomic
def edit_finding(
    *, actor: Actor, plan_id: uuid.UUID, finding_id: uuid.UUID, changes: Mapping[str, Any], note: str = ""
) -> Finding:
    """Writes a person's words over what was read, and accepts it so. What was read is kept beside it.

    `changes` names the fields that differ (those of `content`); the others stay as they are.
    Raises: NotFound, Forbidden; FindingsStale; InvalidInput with every field that is wrong.
    """
    plan = managed_plan(actor, plan_id, lock=True)
    finding = findings_of(plan, [finding_id])[0]
    before = finding.effective
    wanted = with_canonical(finding.kind, before, {**before, **changes})
    content, problems = read_content(finding.kind, wanted)
    if problems:
        raise refuse_content(problems)
    if content == before and finding.state != FindingState.PROPOSED:
        return finding
    finding.edited = content
    state = FindingState.ADDED if finding.state == FindingState.ADDED else FindingState.EDITED
    mark_reviewed(actor, finding, state=state, note=note)
    finding.save(update_fields=[*REVIEWED, "edited"])
    apply_findings(plan, [finding])
    differing = [name for name in content if content[name] != before.get(name)]
    record_review(
        actor,
        plan,
        "finding.edited",
        [finding],
        before={name: before.get(name) for name in differing},
        after={name: content[name] for name in differing},
        reason=note,
    )
    return finding
