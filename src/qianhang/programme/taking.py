"""What a reading becomes in the database: a document of a plan, and its findings brought up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qianhang.core.access import Actor
from qianhang.core.people.models import Organisation

from .applying import apply_findings, is_live
from .models import Finding, FindingOrigin, FindingState, Plan, PlanDocument
from .reading.findings import Meta, Reading
from .rules.drafts import Draft, drafts_of, meta_as_json
from .rules.keys import plain_in_one_script as one_form
from .rules.resync import resync


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file that was read, not yet kept."""

    filename: str
    format: str
    encoding: str
    sha256: str
    bytes: int
    stored_as: str
    notes: Sequence[str]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Changes:
    """How many findings a wording brought, met again and lost."""

    new: int
    again: int
    gone: int


def matching_plan(organisation: Organisation, meta: Meta) -> Plan | None:
    """The plan that this is another wording of: the same title by the same issuer. Locked."""
    title = meta.title or meta.title_inferred
    if not title:
        return None
    rows = Plan.objects.select_for_update(no_key=True).filter(organisation=organisation)
    same = [row for row in rows.order_by("created_at") if one_form(row.title) == one_form(title)]
    return next((row for row in same if one_form(row.issuer) == one_form(meta.issuer or "")), None)


def open_plan(organisation: Organisation, read: ReadDocument, *, is_demo: bool) -> Plan:
    meta = read.reading.meta
    name = read.filename.rpartition(".")[0] or read.filename
    return Plan.objects.create(
        organisation=organisation, is_demo=is_demo, **_described(meta, otherwise=name or "—", kept=None)
    )


def take_document(actor: Actor, plan: Plan, read: ReadDocument) -> tuple[PlanDocument, Changes]:
    """Keeps the document as the newest wording of the plan and brings the findings up to date. The plan is locked."""
    reading = read.reading
    drafts = drafts_of(reading)
    last = plan.documents.order_by("-version").values_list("version", flat=True).first() or 0
    document = PlanDocument.objects.create(
        plan=plan,
        version=last + 1,
        filename=read.filename,
        format=read.format,
        encoding=read.encoding,
        sha256=read.sha256,
        bytes=read.bytes,
        stored_as=read.stored_as,
        text=reading.original,
        notes=list(read.notes),
        meta=meta_as_json(reading.meta),
        found=[draft.as_json() for draft in drafts],
        reading_version=reading.version,
        imported_by_id=actor.user_id,
    )
    _describe(plan, reading.meta)
    return document, sync_findings(plan, document, drafts)


def read_again(plan: Plan, document: PlanDocument, reading: Reading) -> Changes:
    """The same document by newer rules of reading."""
    drafts = drafts_of(reading)
    document.found = [draft.as_json() for draft in drafts]
    document.meta = meta_as_json(reading.meta)
    document.reading_version = reading.version
    document.save(update_fields=["found", "meta", "reading_version"])
    return sync_findings(plan, document, drafts)


def sync_findings(plan: Plan, document: PlanDocument, drafts: Sequence[Draft]) -> Changes:
    """Adds what is new, refreshes what is found again, marks what is gone; decisions and edits stay."""
    known = {row.key: row for row in Finding.objects.select_for_update(no_key=True).filter(plan=plan)}
    change = resync(
        known=known,
        by_hand=[row.key for row in known.values() if row.origin != FindingOrigin.RULES],
        drafts=drafts,
    )
    Finding.objects.bulk_create(
        [
            Finding(plan=plan, document=document, kind=draft.kind, key=draft.key, **stored_fields(draft))
            for draft in change.new
        ],
        batch_size=500,
    )
    again = []
    for draft in change.again:
        row = known[draft.key]
        row.document, row.is_gone = document, False
        if row.state == FindingState.ADDED:
            # A person wrote it before the reading found it: the person's words stay, the place is now known.
            row.quotes, row.position = list(draft.quotes), draft.position
        else:
            for name, value in stored_fields(draft).items():
                setattr(row, name, value)
            # What a model proposed and the rules now find is the rules'.
            row.origin = FindingOrigin.RULES
        again.append(row)
    Finding.objects.bulk_update(again, ["document", "is_gone", "origin", *_FIELDS], batch_size=200)
    Finding.objects.filter(plan=plan, key__in=change.gone).update(is_gone=True)
    live = [row for row in again if is_live(row)]
    if live:
        apply_findings(plan, live)
    return Changes(new=len(change.new), again=len(change.again), gone=len(change.gone))


_FIELDS = ["content", "quotes", "position", "section", "rule", "confidence", "flags"]


def stored_fields(draft: Draft) -> dict:
    """The columns of a finding that a draft fills."""
    return {
        "content": draft.content,
        "quotes": list(draft.quotes),
        "position": draft.position,
        "section": draft.section[:200],
        "rule": draft.rule[:80],
        "confidence": Decimal(str(round(min(max(draft.confidence, 0.0), 1.0), 3))),
        "flags": list(draft.flags),
    }


def _describe(plan: Plan, meta: Meta) -> None:
    for name, value in _described(meta, otherwise=plan.title, kept=plan).items():
        setattr(plan, name, value)
    plan.save(update_fields=list(_described(meta, otherwise=plan.title, kept=plan)))


def _described(meta: Meta, *, otherwise: str, kept: Plan | None) -> dict:
    """The plan's own facts from a document; what the document does not say stays as it was."""

    def text(value: str | None, name: str, most: int) -> str:
        return (value or (getattr(kept, name) if kept else ""))[:most]

    dated: date | None = meta.date or (kept.dated if kept else None)
    return {
        "title": (meta.title or meta.title_inferred or otherwise)[:300],
        "issuer": text(meta.issuer, "issuer", 200),
        "number": text(meta.doc_number, "number", 120),
        "dated": dated,
        "region": text(meta.region, "region", 80),
        "level": text(meta.level, "level", 40),
        "kind": text(meta.doc_type, "kind", 40),
    }
