import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.errors import Forbidden
from qianhang.core.people.models import Organisation

from .. import objects
from ..models import JobUpload, Upload
from ..upload_models import UploadQuerySet


def prune_uploads(*, actor: Actor, before: datetime, limit: int = 1_000) -> int:
    """Removes files that no job names and that were last sent before that moment; returns how many names went.

    A refused submission leaves its files behind, for the corrected one to find. One transaction for each
    organisation; rows go first, and a file only when no row names it any more, so that a crash in between leaves a
    file without a row and never the other way round.

    Raises: Forbidden (the platform's own work).
    """
    if not actor.is_system:
        raise Forbidden(permission="prune uploads")
    gone = 0
    of_organisations = _unused(before).order_by("organisation_id").values_list("organisation_id", flat=True).distinct()
    for organisation_id in list(of_organisations):
        names = _forget(actor, organisation_id, before=before, limit=limit - gone)
        _remove_files(organisation_id, names)
        gone += len(names)
        if gone >= limit:
            break
    return gone


def _unused(before: datetime) -> UploadQuerySet:
    return Upload.objects.filter(last_sent_at__lt=before).exclude(
        Exists(JobUpload.objects.filter(upload=OuterRef("pk")))
    )


@transaction.atomic
def _forget(actor: Actor, organisation_id: uuid.UUID, *, before: datetime, limit: int) -> list[str]:
    """Deletes rows; what a submission has just locked is passed over. Returns the objects they named."""
    Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
    found = _unused(before).filter(organisation_id=organisation_id)
    locked = found.select_for_update(of=("self",), skip_locked=True).values_list("id", flat=True)[:limit]
    # Asked again under the lock: a submission may have committed since the first question was answered.
    unused = list(_unused(before).filter(id__in=list(locked)))
    if not unused:
        return []
    Upload.objects.filter(id__in=[upload.id for upload in unused]).delete()
    audit.record(
        actor=actor,
        action="uploads.pruned",
        subject="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        before={"files": len(unused), "bytes": sum(upload.bytes for upload in unused)},
        reason="no job names them",
    )
    return [upload.stored_as for upload in unused]


@transaction.atomic
def _remove_files(organisation_id: uuid.UUID, names: Sequence[str]) -> None:
    """The same file may be kept under another name, or have been sent again meanwhile."""
    if not names:
        return
    Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
    kept = set(
        Upload.objects.filter(organisation_id=organisation_id, stored_as__in=names).values_list("stored_as", flat=True)
    )
    for name in set(names) - kept:
        objects.remove(name)
