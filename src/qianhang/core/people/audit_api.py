"""REST: the audit trail, for those who hold audit.view; its head, for everyone.

Here and not in core.audit because that stands below core.web, whose paging this uses.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router, Schema
from pydantic import Field

from qianhang.core.audit import queries
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import NotFound
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate
from qianhang.core.web.requests import ActorRequest
from qianhang.core.web.shapes import Moment

router = Router(tags=["audit"])

Word = Annotated[str, Field(max_length=80)]


class AuditEntryOut(Schema):
    seq: int
    at: datetime
    actor_kind: str
    actor_user: UUID | None
    actor_organisation: UUID | None
    actor_key: UUID | None
    actor_name: str
    action: str
    subject: str
    subject_id: str
    organisation_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    request_id: str


class AuditFilter(PageQuery):
    subject: Word = ""
    subject_id: Word = ""
    action: Annotated[str, Field(max_length=80, description="Exact, or a prefix that ends in a dot: `job.`.")] = ""
    organisation_id: UUID | None = None
    user_id: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None


class AuditHeadOut(Schema):
    number: int
    algorithm: str
    last_seq: int
    hash: str
    sealed_at: datetime


@router.get("/audit", response=PageOf[AuditEntryOut])
def list_audit(request: ActorRequest, wish: Query[AuditFilter]) -> Page[AuditEntry]:
    """Entries, newest first. Needs audit.view."""
    rows = queries.entries(actor=request.actor, **wish.dict(exclude={"cursor", "limit"}))
    return paginate(rows, key="pk", cursor=wish.cursor, limit=wish.limit)


@router.get("/audit/head", response=AuditHeadOut, auth=None)
def audit_head(request: ActorRequest) -> AuditHeadOut:
    """The newest sealed block. Write it down somewhere else: `qianhang audit verify --head` then proves that nothing
    up to it was changed or cut off since. Open to everyone; it says nothing about any entry."""
    block = queries.head()
    if block is None:
        raise NotFound(what="block")
    return AuditHeadOut(
        number=block.number,
        algorithm=block.algorithm,
        last_seq=block.last_seq,
        hash=bytes(block.hash).hex(),
        sealed_at=block.sealed_at,
    )
