import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id, now
from qianhang.core.errors import Forbidden
from qianhang.core.people.models import Organisation

from .. import objects
from ..archives import ArchiveRefused, check_archive
from ..errors import StoreUnavailable, UploadEmpty, UploadQuotaReached, UploadTooLarge
from ..explanations import spec_refused
from ..models import Upload
from ..quoting import ARCHIVES
from ..rules.spec_problems import SpecInvalid, SpecProblem

# By their first bytes; what a client claims about its file is not believed.
_MAGIC = (
    (b"\x1f\x8b", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x89PNG", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"(\xb5/\xfd", "application/zstd"),
)


def store_upload(*, actor: Actor, name: str, chunks: Iterable[bytes]) -> Upload:
    """Keeps a file for the jobs of the actor's organisation. The same file under the same name is kept once.

    The stream is written as it comes, never held in memory; archives are looked through for what no job should
    unpack (links out, absolute paths, bombs).

    Raises: Unauthenticated, Forbidden, UploadTooLarge, UploadEmpty, JobSpecRefused (a hostile archive),
        UploadQuotaReached, StoreUnavailable (the disk is full).
    """
    authorize(actor, Permission.JOB_SUBMIT)
    if actor.organisation_id is None:
        raise Forbidden(permission=Permission.JOB_SUBMIT.label)
    try:
        path, size, digest = objects.receive(chunks, limit=settings.MAX_UPLOAD_BYTES)
    except objects.TooLarge as error:
        raise UploadTooLarge(limit_mib=settings.MAX_UPLOAD_BYTES // (1024 * 1024)) from error
    except OSError as error:
        raise StoreUnavailable(why=error.strerror or "") from error
    try:
        if size == 0:
            raise UploadEmpty
        content_type = _sniff(path)
        if content_type in ARCHIVES:
            _look_through(path)
        received = _Received(path, _plain_name(name), size, digest, content_type)
        return _keep(actor, actor.organisation_id, received)
    except OSError as error:
        raise StoreUnavailable(why=error.strerror or "") from error
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Received:
    path: Path
    name: str
    size: int
    digest: str
    content_type: str


@transaction.atomic
def _keep(actor: Actor, organisation_id: uuid.UUID, received: _Received) -> Upload:
    """The file and its row, with the organisation's uploads locked against others that count or remove them."""
    Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
    name, size, digest = received.name, received.size, received.digest
    _check_quota(organisation_id, size=size, digest=digest)
    objects.adopt(received.path, objects.upload_name(organisation_id, digest))
    upload, is_new = Upload.objects.get_or_create(
        organisation_id=organisation_id,
        sha256=digest,
        name=name,
        defaults={
            "id": derived_id("upload", organisation_id, digest, name),
            "uploaded_by_id": actor.user_id,
            "stored_as": objects.upload_name(organisation_id, digest),
            "bytes": size,
            "content_type": received.content_type,
        },
    )
    if is_new:
        audit.record(
            actor=actor,
            action="upload.stored",
            subject="upload",
            subject_id=upload.id,
            organisation_id=organisation_id,
            after={"bytes": size, "sha256": digest},
        )
    else:
        upload.last_sent_at = now()
        upload.save(update_fields=["last_sent_at"])
    return upload


def _check_quota(organisation_id: uuid.UUID, *, size: int, digest: str) -> None:
    """A file counts once under however many names. Raises UploadQuotaReached."""
    kept = Upload.objects.filter(organisation_id=organisation_id).order_by("sha256").distinct("sha256")
    sizes = dict(kept.values_list("sha256", "bytes"))
    used, quota = sum(sizes.values()), settings.UPLOAD_QUOTA_BYTES
    if digest not in sizes and used + size > quota:
        raise UploadQuotaReached(
            used_mib=_mib(used), quota_mib=_mib(quota), size_mib=_mib(size), days=settings.UPLOADS_KEPT_DAYS
        )


def _mib(count: int) -> str:
    return f"{count / (1024 * 1024):,.1f}"


def _look_through(path: Path) -> None:
    try:
        check_archive(path)
    except ArchiveRefused as refused:
        problem = SpecProblem("source.upload", "source_refused", {"value": str(refused)})
        raise spec_refused(SpecInvalid([problem])) from refused


def _sniff(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    if b"\x00" in head:
        return "application/octet-stream"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the end of the head is still text.
        if error.start < len(head) - 4:
            return "application/octet-stream"
    return "text/plain"


def _plain_name(name: str) -> str:
    """The last part of whatever path the client sent, without control characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:200] or "upload"
