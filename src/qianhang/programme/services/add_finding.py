import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.errors import Conflict

from ..access import managed_plan
from ..applying import apply_findings
from ..errors import WHAT_IS_WRONG, refuse_content, wrong
from ..models import Finding, FindingKind, FindingOrigin, FindingState, Plan, PlanDocument
from ..reviewing import record_review
from ..rules.canonical import with_canonical
from ..rules.contents import read_content
from ..rules.keys import finding_key


@transaction.atomic
def add_finding(
    *,
    actor: Actor,
    plan_id: uuid.UUID,
    kind: str,
    content: Mapping[str, Any],
    offset: int | None = None,
    length: int | None = None,
    note: str = "",
) -> Finding:
    """Writes a finding that the reading missed. It is accepted at once, because a person wrote it.

    `offset` and `length` mark its words in the newest document; the quote is cut from there, never sent.
    Raises: NotFound, Forbidden; InvalidInput; Conflict when the plan has this very finding.
    """
    plan = managed_plan(actor, plan_id, lock=True)
    if kind not in FindingKind.values:
        raise wrong("kind", WHAT_IS_WRONG["choice"], code="choice")
    clean, problems = read_content(kind, with_canonical(kind, {}, content))
    if problems:
        raise refuse_content(problems)
    document, quotes = _quoted(plan, offset, length)
    key = finding_key(kind, clean)
    if Finding.objects.filter(plan=plan, key=key).exists():
        raise Conflict(what=FindingKind(kind).label)
    finding = Finding.objects.create(
        plan=plan,
        document=document,
        kind=kind,
        key=key,
        state=FindingState.ADDED,
        origin=FindingOrigin.PERSON,
        content=clean,
        quotes=quotes,
        position=offset or 0,
        section=(clean.get("section") or clean.get("path") or clean.get("task") or "")[:200],
        rule="person",
        reviewed_by_id=actor.user_id,
        reviewed_at=now(),
        note=note.strip()[:500],
    )
    apply_findings(plan, [finding])
    record_review(actor, plan, "finding.added", [finding], after={"kind": kind, "content": clean}, reason=note)
    return finding


def _quoted(plan: Plan, offset: int | None, length: int | None) -> tuple[PlanDocument, list[dict[str, Any]]]:
    document = plan.documents.order_by("-version")[0]
    if offset is None or not length:
        return document, []
    text = document.text[offset : offset + length] if offset >= 0 and 0 < length <= 2000 else ""
    if len(text) != length:
        raise wrong("offset", _("The document has no such place."), code="range")
    return document, [{"text": text, "offset": offset}]
