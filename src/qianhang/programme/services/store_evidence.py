from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from .. import store
from ..errors import EvidenceTooLarge, FileEmpty
from ..models import Evidence

MAX_BYTES = 20 * 1024 * 1024


@transaction.atomic
def store_evidence(*, actor: Actor, name: str, data: bytes) -> Evidence:
    """Keeps a file that proves something. The same file under the same name is kept once.

    Raises: Unauthenticated, Forbidden, NotFound for somebody who acts for no organisation; FileEmpty; EvidenceTooLarge.
    """
    authorize(actor, Permission.TASK_REPORT)
    if not data:
        raise FileEmpty
    if len(data) > MAX_BYTES:
        raise EvidenceTooLarge(limit_mib=MAX_BYTES // (1024 * 1024))
    kept_as, digest = store.keep("evidence", data)
    row, is_new = Evidence.objects.get_or_create(
        organisation_id=actor.home,
        sha256=digest,
        name=store.plain_name(name, otherwise="evidence"),
        defaults={"stored_as": kept_as, "bytes": len(data), "uploaded_by_id": actor.user_id},
    )
    if is_new:
        audit.record(
            actor=actor,
            action="evidence.stored",
            subject="evidence",
            subject_id=row.id,
            organisation_id=row.organisation_id,
            after={"name": row.name, "bytes": row.bytes, "sha256": digest},
        )
    return row
