import hashlib
import uuid
from dataclasses import dataclass

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.people.models import Organisation

from .. import store
from ..access import managed_plan
from ..errors import FileEmpty, PlanAlreadyImported
from ..models import Plan, PlanDocument
from ..reading_port import read_file
from ..taking import Changes, ReadDocument, matching_plan, open_plan, read_again, take_document

MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Imported:
    plan_id: uuid.UUID
    document_id: uuid.UUID
    version: int
    is_new: bool
    """False when this very document was there already."""
    new: int
    again: int
    gone: int


def import_plan(
    *,
    actor: Actor,
    data: bytes,
    filename: str = "",
    plan_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    is_demo: bool = False,
) -> Imported:
    """Reads a document and keeps it, with everything found in it as proposals for review.

    With `plan_id` it is the next wording of that plan; without, of the plan with the same title and issuer, if there is
    one, else a new plan of the actor's programme office. The very same file again is the same document.

    Raises: Unauthenticated, Forbidden, NotFound; FileEmpty; DocumentUnreadable with what, where and what to do;
        PlanAlreadyImported when the file is a wording of another plan.
    """
    owner_id = organisation_id or actor.home
    authorize(actor, Permission.PLAN_MANAGE, organisation_id=owner_id, what="organisation")
    if plan_id is not None:
        owner_id = managed_plan(actor, plan_id).organisation_id
    if not data:
        raise FileEmpty
    name = store.plain_name(filename, otherwise="")
    # Reading takes the longest and holds no lock.
    extracted, reading = read_file(data, filename=name)
    read = ReadDocument(
        filename=name,
        format=extracted.format,
        encoding=extracted.encoding or "",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        stored_as=store.keep("plans", data)[0],
        notes=extracted.notes,
        reading=reading,
    )
    with transaction.atomic():
        # One import of an office at a time: the same file sent twice at once is one document.
        owner = Organisation.objects.select_for_update(no_key=True).get(id=owner_id)
        known = PlanDocument.objects.filter(plan__organisation=owner, sha256=read.sha256)
        there = known.select_related("plan").order_by("imported_at").first()
        if there is not None:
            return _again(actor, there, read, plan_id=plan_id)
        plan = managed_plan(actor, plan_id, lock=True) if plan_id else matching_plan(owner, reading.meta)
        if plan is None:
            plan = open_plan(owner, read, is_demo=is_demo)
        document, changes = take_document(actor, plan, read)
        _record(actor, "plan.imported", plan, document, changes)
        return _imported(document, changes, is_new=True)


def _again(actor: Actor, document: PlanDocument, read: ReadDocument, *, plan_id: uuid.UUID | None) -> Imported:
    """The document is there; if the rules of reading have changed since, it is read anew."""
    plan = document.plan
    if plan_id is not None and plan.id != plan_id:
        raise PlanAlreadyImported(title=plan.title)
    newest = plan.documents.order_by("-version").values_list("id", flat=True)[0]
    changes = Changes(0, 0, 0)
    if document.id == newest and document.reading_version != read.reading.version:
        changes = read_again(plan, document, read.reading)
        _record(actor, "plan.read_again", plan, document, changes)
    return _imported(document, changes, is_new=False)


def _record(actor: Actor, action: str, plan: Plan, document: PlanDocument, changes: Changes) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="plan",
        subject_id=plan.id,
        organisation_id=plan.organisation_id,
        after={
            "document": document.id,
            "version": document.version,
            "sha256": document.sha256,
            "filename": document.filename,
            "new": changes.new,
            "again": changes.again,
            "gone": changes.gone,
        },
    )


def _imported(document: PlanDocument, changes: Changes, *, is_new: bool) -> Imported:
    return Imported(
        plan_id=document.plan_id,
        document_id=document.id,
        version=document.version,
        is_new=is_new,
        new=changes.new,
        again=changes.again,
        gone=changes.gone,
    )
