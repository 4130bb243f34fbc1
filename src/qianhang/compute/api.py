"""REST: jobs, their logs and outputs, uploads, clusters and accelerators."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote as percent

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Body, Field, File, Query, Router, Schema, Status
from ninja.files import UploadedFile

from qianhang.core.web.pages import actor_of
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate
from qianhang.core.web.shapes import Moment, Strict
from qianhang.funding.shapes import ReceiptView

from . import queries
from .cluster_shapes import AcceleratorView, ClusterView
from .errors import UploadEmpty
from .models import Job, Upload
from .queries.logs import MAX_WINDOW, find_run
from .rules.spec_problems import job_spec_schema
from .services import cancel_job, quote_job, store_upload, submit_job
from .shapes import JobDetail, JobRow, LogWindow, OutputView, QuoteView, SampleView
from .streaming import file_pieces, iterator_pieces, log_events

router = Router()

JobSpecBody = Annotated[
    dict[str, Any],
    Body(description="A job spec: see /api/v1/job-spec/schema.", examples=[{"command": "python train.py"}]),
]


class JobOut(Schema):
    """A job as it was just taken, or as it is after a request to cancel."""

    id: uuid.UUID
    name: str
    state: str
    reason_code: str
    hold_micro: int
    submitted_at: datetime
    cancel_requested_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> "JobOut":
        return cls.model_construct(
            id=job.id,
            name=job.name,
            state=str(job.state),
            reason_code=job.reason_code,
            hold_micro=job.budget_micro,
            submitted_at=job.submitted_at,
            cancel_requested_at=job.cancel_requested_at,
        )


class UploadOut(Schema):
    id: uuid.UUID
    name: str
    bytes: int
    sha256: str
    content_type: str


class RegionOut(Schema):
    code: str
    name: str
    name_en: str


class CancelIn(Strict):
    reason: Annotated[str, Field(max_length=500)] = ""


class JobFilter(Schema):
    state: Annotated[str, Field(max_length=12, description="A state, or waiting, active, ended.")] = ""
    q: Annotated[str, Field(max_length=120, description="Part of a name, or the beginning of an id.")] = ""
    organisation_id: uuid.UUID | None = None
    cluster: Annotated[str, Field(max_length=60)] = ""
    since: Moment | None = None
    until: Moment | None = None


@router.post("/uploads", response={201: UploadOut}, tags=["jobs"])
def upload_file(request: HttpRequest, file: File[UploadedFile]) -> Status[Upload]:
    """Send a source archive (.tar.gz, .zip) or an input file, to be named in a job spec."""
    if file.size == 0:
        raise UploadEmpty
    return Status(201, store_upload(actor=actor_of(request), name=file.name or "", chunks=file.chunks()))


@router.get("/job-spec/schema", auth=None, tags=["jobs"])
def get_job_spec_schema(request: HttpRequest) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the job spec."""
    return job_spec_schema()


@router.post("/jobs", response={201: JobOut}, tags=["jobs"])
def create_job(request: HttpRequest, spec: JobSpecBody) -> Status[JobOut]:
    """Submit a job. The body is the job spec itself. Its money is set aside, and it starts as soon as it can."""
    return Status(201, JobOut.of(submit_job(actor=actor_of(request), spec=spec)))


@router.post("/jobs/quote", response=QuoteView, tags=["jobs"])
def get_quote(request: HttpRequest, spec: JobSpecBody) -> QuoteView:
    """Would this job run, where, why there, when, and for how much? Nothing is written."""
    return quote_job(actor=actor_of(request), spec=spec)


@router.get("/jobs", response=PageOf[JobRow], tags=["jobs"])
def list_jobs(request: HttpRequest, page: Query[PageQuery], wanted: Query[JobFilter]) -> Page[JobRow]:
    """Jobs this request may see, newest first."""
    actor = actor_of(request)
    rows = queries.jobs_seen(actor=actor, **wanted.dict())
    found = paginate(rows, key="submitted_at", cursor=page.cursor, limit=page.limit)
    return Page(queries.job_rows(found.items, actor=actor), found.next)


@router.get("/jobs/{job_id}", response=JobDetail, tags=["jobs"])
def get_job(request: HttpRequest, job_id: uuid.UUID) -> JobDetail:
    """One job: its runs, why they went where they went, what happened when, and what it cost. `spec` is null for who
    may see the job and not read it."""
    return queries.job_detail(actor=actor_of(request), job_id=job_id)


@router.post("/jobs/{job_id}/cancel", response=JobOut, tags=["jobs"])
def stop_job(request: HttpRequest, job_id: uuid.UUID, wish: Body[CancelIn | None] = None) -> JobOut:
    """Cancel a job in whatever state it is; doing it again changes nothing."""
    return JobOut.of(cancel_job(actor=actor_of(request), job_id=job_id, reason=wish.reason if wish else ""))


@router.get("/jobs/{job_id}/log", response=LogWindow, tags=["logs and outputs"])
def get_log(
    request: HttpRequest,
    job_id: uuid.UUID,
    offset: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_WINDOW)] = 64 * 1024,
    attempt: Annotated[int | None, Query(ge=1, le=100)] = None,
) -> LogWindow:
    """A piece of the log as safe text. Ask again from `next` until `complete`."""
    return queries.read_log(actor=actor_of(request), job_id=job_id, offset=offset, limit=limit, attempt=attempt)


@router.get("/jobs/{job_id}/log/text", tags=["logs and outputs"])
def download_log(
    request: HttpRequest, job_id: uuid.UUID, attempt: Annotated[int | None, Query(ge=1, le=100)] = None
) -> StreamingHttpResponse:
    """The whole log as a text file; of a live run as far as it is written."""
    pieces = queries.log_text(actor=actor_of(request), job_id=job_id, attempt=attempt)
    return _attachment(iterator_pieces(pieces), name=f"{job_id}.log", content_type="text/plain; charset=utf-8")


@router.get("/jobs/{job_id}/log/stream", tags=["logs and outputs"])
async def stream_log(
    request: HttpRequest, job_id: uuid.UUID, offset: Annotated[int, Query(ge=0, lt=2**62)] = 0
) -> StreamingHttpResponse:
    """The log as server-sent events while it grows: `log` with {"text", "next"}, then `end`.

    `Last-Event-ID` goes before `offset`.
    """
    last = request.headers.get("Last-Event-ID", "")
    if last.isascii() and last.isdecimal() and len(last) < 19:
        offset = int(last)
    # A foreign job is refused before the stream begins.
    await sync_to_async(find_run)(actor=actor_of(request), job_id=job_id)
    response = StreamingHttpResponse(
        log_events(actor=actor_of(request), job_id=job_id, offset=offset),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@router.get("/jobs/{job_id}/outputs", response=PageOf[OutputView], tags=["logs and outputs"])
def list_outputs(request: HttpRequest, job_id: uuid.UUID) -> Page[OutputView]:
    """The files that the job brought back."""
    return Page(queries.outputs_of(actor=actor_of(request), job_id=job_id), None)


@router.get("/jobs/{job_id}/outputs/{output_id}", tags=["logs and outputs"])
def download_output(request: HttpRequest, job_id: uuid.UUID, output_id: uuid.UUID) -> StreamingHttpResponse:
    """One file, as an attachment: what a job wrote is never shown as a page of this site."""
    opened = queries.open_output(actor=actor_of(request), job_id=job_id, output_id=output_id)
    response = _attachment(
        file_pieces(opened.file), name=opened.path.rsplit("/", 1)[-1], content_type="application/octet-stream"
    )
    response["Content-Length"] = str(opened.bytes)
    return response


@router.get("/jobs/{job_id}/receipt", response=PageOf[ReceiptView], tags=["logs and outputs"])
def get_receipts(request: HttpRequest, job_id: uuid.UUID) -> Page[ReceiptView]:
    """What the job cost: one receipt per attempt that was charged, the first attempt first."""
    detail = queries.job_detail(actor=actor_of(request), job_id=job_id)
    return Page([run.receipt for run in detail.runs if run.receipt is not None], None)


@router.get("/jobs/{job_id}/samples", response=PageOf[SampleView], tags=["logs and outputs"])
def list_samples(request: HttpRequest, job_id: uuid.UUID, after: Moment | None = None) -> Page[SampleView]:
    """CPU, memory and card use of the last run, oldest first."""
    return Page(queries.samples_of(actor=actor_of(request), job_id=job_id, after=after), None)


@router.get("/clusters", response=PageOf[ClusterView], tags=["clusters"])
def list_clusters(request: HttpRequest) -> Page[ClusterView]:
    """Every cluster with capacity, what is free, and prices. Planned ones are marked and never run a job."""
    return Page(queries.clusters(actor=actor_of(request)), None)


@router.get("/clusters/{slug}", response=ClusterView, tags=["clusters"])
def get_cluster(request: HttpRequest, slug: str) -> ClusterView:
    return queries.cluster(actor=actor_of(request), slug=slug)


@router.get("/regions", response=PageOf[RegionOut], tags=["clusters"])
def list_regions(request: HttpRequest) -> Page[RegionOut]:
    """The regions that `near` and `data_location` of a job spec may name, by code or by either name."""
    rows = queries.cluster_regions(actor=actor_of(request))
    return Page([RegionOut(code=code, name=name, name_en=name_en) for code, name, name_en in rows], None)


@router.get("/accelerators", response=PageOf[AcceleratorView], tags=["clusters"])
def list_accelerators(request: HttpRequest) -> Page[AcceleratorView]:
    """Card models with their dense figures; what is not known is null."""
    return Page(queries.accelerators(actor=actor_of(request)), None)


def _attachment(pieces: AsyncIterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{percent(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
