"""One job: its page, the parts of it that change, cancelling it, its log and its outputs."""

import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from qianhang.core.web.pages import actor_of, render_page, safe_next, signed_in

from .. import queries
from ..errors import LogUnavailable
from ..rules.states import ENDED
from ..services import cancel_job
from ..shapes import LogWindow
from ..streaming import file_pieces, iterator_pieces
from .job_view import JobView, view_of

LOG_WINDOW = 64 * 1024
# htmx stops polling when it gets this status.
STOP_POLLING = 286


@signed_in
@never_cache
def job_page(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The whole page. `?log=` moves the window of the log, for readers without scripts."""
    view = view_of(actor=actor_of(request), job_id=job_id)
    log = _log_window(request, view)
    return render_page(request, "compute/job.html", {"view": view, "log": log}, title=view.job.name)


@signed_in
@never_cache
def job_live(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The parts that changed since `seen`, each to be put in its place; nothing when nothing did."""
    view = view_of(actor=actor_of(request), job_id=job_id)
    seen_state, _dot, seen_samples = request.GET.get("seen", "").partition(".")
    moved = seen_state != view.state_mark
    if not moved and seen_samples == view.sample_mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    log = _log_window(request, view) if moved else None
    context = {"view": view, "moved": moved, "log": log, "live": True}
    return render(request, "compute/job_live.html", context, status=STOP_POLLING if view.is_over else HTTPStatus.OK)


def _log_window(request: HttpRequest, view: JobView) -> LogWindow | None:
    """A part of the last attempt's log; None before there is one, while its cluster does not answer, and for who may
    not read the job."""
    if view.run is None or not view.may_read:
        return None
    try:
        offset = max(int(request.GET.get("log", "0")), 0)
    except ValueError:
        offset = 0
    try:
        return queries.read_log(actor=actor_of(request), job_id=view.job.id, offset=offset, limit=LOG_WINDOW)
    except LogUnavailable:
        return None


@signed_in
@require_POST
def job_cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Cancels; a second click finds the job as the first one left it and is told so."""
    actor = actor_of(request)
    before = queries.job_detail(actor=actor, job_id=job_id).job
    job = cancel_job(actor=actor, job_id=job_id, reason=request.POST.get("reason", "").strip()[:500])
    if before.state in ENDED:
        messages.info(request, _("This job had already ended; nothing was changed."))
    elif before.cancel_requested_at is not None:
        messages.info(request, _("The job is already being cancelled."))
    elif job.state in ENDED:
        messages.success(request, _("The job is cancelled. Its money is free again."))
    else:
        messages.success(request, _("The cluster is told to stop the job. What it used until then is charged."))
    return HttpResponseRedirect(safe_next(request, otherwise=reverse("job", args=[job_id])))


@signed_in
def job_log(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The whole log as a text file, as far as it is written."""
    pieces = queries.log_text(actor=actor_of(request), job_id=job_id)
    return _attachment(iterator_pieces(pieces), name=f"{job_id}.log", content_type="text/plain; charset=utf-8")


@signed_in
def job_output(request: HttpRequest, job_id: uuid.UUID, output_id: uuid.UUID) -> HttpResponseBase:
    """A file the job brought back, always as a download: what a job wrote is never shown as a page of ours."""
    found = queries.open_output(actor=actor_of(request), job_id=job_id, output_id=output_id)
    name = found.path.rsplit("/", 1)[-1]
    return _attachment(file_pieces(found.file), name=name, content_type="application/octet-stream")


def _attachment(pieces: AsyncIterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
