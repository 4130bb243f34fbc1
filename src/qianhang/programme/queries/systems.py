"""The register of named platforms and institutions."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from qianhang.core.access import Actor, Permission

from ..labels import SYSTEM_STATES
from ..models import NamedSystem
from ..rules.states import SystemState


@dataclass(frozen=True, slots=True)
class SystemView:
    id: uuid.UUID
    plan_id: uuid.UUID
    plan_title: str
    region: str
    name: str
    type: str
    domain: str
    action: str
    is_named: bool
    room: str
    """The room of the platform that serves it, or `outside`."""
    state: str
    state_label: str
    address: str
    note: str
    evidence_id: uuid.UUID | None
    evidence: str
    changed_at: datetime
    quote: str
    """The plan's own words."""


def systems_seen(
    *, actor: Actor, plan_id: uuid.UUID | None = None, state: str = "", room: str = "", q: str = ""
) -> QuerySet[NamedSystem]:
    """Systems of plans that `actor` may see, in the order of the document; rows become views with system_views."""
    rows = NamedSystem.objects.visible_to(actor).active().select_related("plan", "evidence", "finding")
    if plan_id is not None:
        rows = rows.filter(plan_id=plan_id)
    if state:
        rows = rows.filter(state=state)
    if room:
        rows = rows.filter(room=room)
    return rows.filter(name__icontains=q) if q else rows


def system_views(rows: Sequence[NamedSystem], *, actor: Actor) -> list[SystemView]:
    """Notes and evidence are for the programme office and the departments; the public sees how far it is and where."""
    inside = actor.is_system or actor.may(Permission.PLAN_VIEW)
    return [
        SystemView(
            id=one.id,
            plan_id=one.plan_id,
            plan_title=one.plan.title,
            region=one.plan.region,
            name=one.name,
            type=one.type,
            domain=one.domain,
            action=one.action,
            is_named=one.is_named,
            room=one.room,
            state=one.state,
            state_label=str(SYSTEM_STATES[SystemState(one.state)]),
            address=one.address,
            note=one.note if inside else "",
            evidence_id=one.evidence_id if inside else None,
            evidence=one.evidence.name if one.evidence and inside else "",
            changed_at=one.changed_at,
            quote=one.finding.quotes[0]["text"] if one.finding.quotes else "",
        )
        for one in rows
    ]


def systems_by_state(*, actor: Actor, plan_id: uuid.UUID) -> Mapping[str, int]:
    """How many systems of a plan are in each state; one query."""
    rows = NamedSystem.objects.visible_to(actor).active().filter(plan_id=plan_id)
    counts = dict(rows.order_by().values_list("state").annotate(Count("id")))
    return {state.value: counts.get(state.value, 0) for state in SystemState}
