"""Findings as plain values, for programs: what was read, what a person made of it, and where it stands."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from qianhang.core.access import Actor, Permission, authorize

from ..models import Finding, FindingKind, FindingState, Plan


@dataclass(frozen=True, slots=True)
class QuoteView:
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class FindingView:
    """`content` is what counts: the edit where there is one. `read` is what was read."""

    id: uuid.UUID
    plan_id: uuid.UUID
    kind: str
    kind_label: str
    state: str
    state_label: str
    origin: str
    content: Mapping[str, Any]
    read: Mapping[str, Any]
    is_edited: bool
    quotes: tuple[QuoteView, ...]
    section: str
    rule: str
    confidence: Decimal
    flags: tuple[str, ...]
    is_gone: bool
    version: int
    """The last wording it was found in; its quotes point into that one."""
    reviewed_by: str
    reviewed_at: datetime | None
    note: str


def findings_seen(*, actor: Actor, plan_id: uuid.UUID, kind: str = "", state: str = "") -> QuerySet[Finding]:
    """A plan's findings, for a front that pages by `position`; rows become views with finding_views.

    Raises Unauthenticated, Forbidden, NotFound.
    """
    authorize(actor, Permission.PLAN_OVERSEE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    rows = (
        Finding.objects.visible_to(actor)
        .filter(plan=plan)
        .select_related("reviewed_by", "document")
        .defer("document__text", "document__found")
    )
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(state=state) if state else rows


def finding_views(rows: Sequence[Finding]) -> list[FindingView]:
    """Rows with document and reviewer loaded."""
    return [
        FindingView(
            id=one.id,
            plan_id=one.plan_id,
            kind=one.kind,
            kind_label=str(FindingKind(one.kind).label),
            state=one.state,
            state_label=str(FindingState(one.state).label),
            origin=one.origin,
            content=one.effective,
            read=one.content,
            is_edited=one.edited is not None,
            quotes=tuple(QuoteView(quote["text"], quote["offset"]) for quote in one.quotes),
            section=one.section,
            rule=one.rule,
            confidence=one.confidence,
            flags=tuple(one.flags),
            is_gone=one.is_gone,
            version=one.document.version,
            reviewed_by=one.reviewed_by.name if one.reviewed_by else "",
            reviewed_at=one.reviewed_at,
            note=one.note,
        )
        for one in rows
    ]
