"""Evidence: the rows behind a number with the page each opens, and the files that were handed in."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _lazy

from qianhang.core.access import Actor, Permission
from qianhang.core.measures import EvidenceRow
from qianhang.core.web.pages import actor_of, signed_in

from .. import store
from ..models import Evidence
from ..queries.series import evidence_file
from ..services import store_evidence

KINDS: dict[str, Promise] = {
    "job": _lazy("Job"),
    "cluster": _lazy("Cluster"),
    "receipt": _lazy("Receipt"),
    "voucher": _lazy("Voucher"),
    "organisation": _lazy("Organisation"),
    "evidence": _lazy("File of evidence"),
    "outside": _lazy("Outside value"),
}
# The page of each kind, and what one must be allowed to open it.
PAGES: dict[str, tuple[str, Permission]] = {
    "job": ("job", Permission.JOB_VIEW),
    "cluster": ("cluster", Permission.CLUSTER_VIEW),
    "receipt": ("receipt", Permission.WALLET_VIEW),
    "organisation": ("organisation_review", Permission.ORGANISATION_VERIFY),
    "evidence": ("evidence", Permission.PLAN_VIEW),
}


@dataclass(frozen=True, slots=True)
class Proof:
    row: EvidenceRow
    kind: str | Promise
    url: str


def proofs(actor: Actor, rows: Iterable[EvidenceRow]) -> list[Proof]:
    """Each row with where it opens; empty where there is no page, or none for this reader."""
    return [Proof(row, KINDS.get(row.kind, row.kind), _url(actor, row)) for row in rows]


def _url(actor: Actor, row: EvidenceRow) -> str:
    name, needed = PAGES.get(row.kind, ("", None))
    if needed is None or not actor.may(needed):
        return ""
    try:
        return reverse(name, args=[row.reference])
    except NoReverseMatch:
        return ""  # a reference of an older version of the measure


def handed_in(actor: Actor, file: UploadedFile) -> Evidence:
    """Keeps an uploaded file. Raises as store_evidence does."""
    return store_evidence(actor=actor, name=file.name or "", data=file.read())


@signed_in
def evidence_download(request: HttpRequest, evidence_id: uuid.UUID) -> HttpResponse:
    """The very bytes that were handed in, always as a download: what a stranger wrote is not shown as a page."""
    file = evidence_file(actor=actor_of(request), evidence_id=evidence_id)
    response = HttpResponse(store.load(file.stored_as), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"  # noqa: FBT003
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
