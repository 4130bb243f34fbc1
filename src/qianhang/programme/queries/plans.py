"""Plans in a list, and one plan with its wordings."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, QuerySet

from qianhang.core.access import Actor

from ..models import Finding, NamedSystem, Plan, PlanDocument, ProgrammeTask, Target


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan in a list. Counts are of what is live; `waiting` of proposals that nobody has looked at."""

    id: uuid.UUID
    title: str
    issuer: str
    number: str
    dated: date | None
    region: str
    level: str
    kind: str
    versions: int
    targets: int
    tasks: int
    systems: int
    waiting: int
    is_published: bool
    is_demo: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: uuid.UUID
    version: int
    filename: str
    format: str
    bytes: int
    sha256: str
    characters: int
    reading_version: str
    notes: tuple[str, ...]
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class PlanDetail:
    plan: PlanRow
    documents: tuple[DocumentRow, ...]
    """Newest first; none for who may see the plan only because it is published."""


def plans_seen(*, actor: Actor, region: str = "", q: str = "") -> QuerySet[Plan]:
    """The plans `actor` may see, for a front that pages by `created_at`; rows become views with plan_rows."""
    rows = Plan.objects.visible_to(actor)
    if region:
        rows = rows.filter(region=region)
    return rows.filter(title__icontains=q) if q else rows


def plan_rows(plans: Sequence[Plan]) -> list[PlanRow]:
    """Five counting queries, however many plans."""
    ids = [plan.id for plan in plans]
    versions = dict(PlanDocument.objects.filter(plan__in=ids).order_by().values_list("plan").annotate(Max("version")))
    targets = _counts(Target.objects.active(), ids)
    tasks = _counts(ProgrammeTask.objects.active(), ids)
    systems = _counts(NamedSystem.objects.active(), ids)
    waiting = _counts(Finding.objects.filter(state="proposed", is_gone=False), ids)
    return [
        PlanRow(
            id=plan.id,
            title=plan.title,
            issuer=plan.issuer,
            number=plan.number,
            dated=plan.dated,
            region=plan.region,
            level=plan.level,
            kind=plan.kind,
            versions=versions.get(plan.id, 0),
            targets=targets.get(plan.id, 0),
            tasks=tasks.get(plan.id, 0),
            systems=systems.get(plan.id, 0),
            waiting=waiting.get(plan.id, 0),
            is_published=plan.published_at is not None,
            is_demo=plan.is_demo,
            created_at=plan.created_at,
        )
        for plan in plans
    ]


def plan_detail(*, actor: Actor, plan_id: uuid.UUID) -> PlanDetail:
    """Raises NotFound."""
    plan = Plan.objects.fetch(actor, id=plan_id)
    documents = PlanDocument.objects.filter(plan__in=Plan.objects.readable_by(actor).filter(id=plan.id))
    rows = documents.defer("found").select_related("imported_by").order_by("-version")
    return PlanDetail(plan_rows([plan])[0], tuple(document_row(one) for one in rows))


def newest_text(*, actor: Actor, plan_id: uuid.UUID) -> tuple[int, str]:
    """Version and original text of the newest wording. Raises NotFound, for a plan that is only published too."""
    plan = Plan.objects.readable_by(actor).fetch(actor, id=plan_id)
    version, text = plan.documents.order_by("-version").values_list("version", "text")[0]
    return version, text


def document_row(one: PlanDocument) -> DocumentRow:
    return DocumentRow(
        id=one.id,
        version=one.version,
        filename=one.filename,
        format=one.format,
        bytes=one.bytes,
        sha256=one.sha256,
        characters=len(one.text),
        reading_version=one.reading_version,
        notes=tuple(one.notes),
        imported_by=one.imported_by.name if one.imported_by else "",
        imported_at=one.imported_at,
    )


def _counts(rows: QuerySet, plan_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    return dict(rows.filter(plan__in=plan_ids).order_by().values_list("plan").annotate(Count("id")))
