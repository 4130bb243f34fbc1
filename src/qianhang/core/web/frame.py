"""Around every request: its id, its log line, its numbers, and a problem document where an API answer is not one."""

import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram
from structlog.contextvars import bind_contextvars, clear_contextvars

from qianhang.core.errors import DomainError

from . import errors
from .api import as_refusal
from .problems import MEDIA_TYPE, problem_response
from .requests import ActorRequest

API_PREFIX = "/api/"
QUIET = {"/healthz", "/readyz", "/metrics"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("qianhang.request")

REQUESTS = Counter("qianhang_http_requests_total", "Answered requests.", ["method", "route", "status"])
SECONDS = Histogram(
    "qianhang_http_request_seconds",
    "Time from the request's arrival to the first byte of its answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10),
)
# What routes call the parts of an address that are secret: ours, and the sign-in library's.
SECRET_PARTS = {"token", "key"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

HEADERS = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class FrameMiddleware:
    """The outermost middleware. Sets `request.request_id`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[ActorRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: ActorRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        began = _open(request)
        return _close(request, _refuse_unreadable(request) or self.get_response(request), began)

    async def _answer_async(self, request: ActorRequest) -> HttpResponseBase:
        began = _open(request)
        return _close(request, _refuse_unreadable(request) or await self.get_response(request), began)

    def process_exception(self, request: ActorRequest, exception: Exception) -> HttpResponse | None:
        """An exception that leaves a view under /api/ is answered in the API's own way."""
        return problem_response(request, as_refusal(exception)) if request.path.startswith(API_PREFIX) else None


def _open(request: ActorRequest) -> float:
    given = request.headers.get("X-Request-ID", "")
    request.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    clear_contextvars()
    bind_contextvars(request_id=request.request_id)
    return time.perf_counter()


def _refuse_unreadable(request: ActorRequest) -> HttpResponse | None:
    """PostgreSQL text holds no NUL, so no address or filter of the API can name anything with one."""
    if not request.path.startswith(API_PREFIX):
        return None
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return problem_response(request, errors.MalformedRequest())
    return None


def _close(request: ActorRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    if request.path.startswith(API_PREFIX):
        response = _as_problem(request, response)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response["X-Request-ID"] = request.request_id
    for name, value in HEADERS.items():
        response.setdefault(name, value)
    _measure(request, response, time.perf_counter() - began)
    return response


def _as_problem(request: ActorRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django answers unknown addresses and wrong methods with pages of its own; an API client gets a problem."""
    status = response.status_code
    if status < HTTPStatus.BAD_REQUEST or "json" in response.get("Content-Type", ""):
        return response
    refusals: dict[int, DomainError] = {
        400: errors.MalformedRequest(),
        403: errors.CsrfFailed(),
        404: errors.NoSuchAddress(),
        405: errors.MethodNotAllowed(method=request.method),
        413: errors.BodyTooLarge(),
        503: errors.Unavailable(),
    }
    refusal = refusals.get(status, errors.InternalFault() if status >= 500 else errors.MalformedRequest())
    problem = problem_response(request, refusal)
    if allow := response.get("Allow"):
        problem["Allow"] = allow
    return problem


def _path_without_secrets(request: ActorRequest) -> str:
    """Links in mails carry what lets their reader in (an invitation, a new password); the log must not."""
    path, match = request.path, request.resolver_match
    for name, value in match.kwargs.items() if match else ():
        if name in SECRET_PARTS and value:
            path = path.replace(str(value), "[redacted]")
    return path


def _measure(request: ActorRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    route = f"/{match.route}" if match else "(none)"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, route, response.status_code).inc()
    SECONDS.labels(method, route).observe(seconds)
    if request.path not in QUIET:
        log.info(
            "request",
            method=method,
            path=_path_without_secrets(request),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            problem=response.get("Content-Type") == MEDIA_TYPE,
        )
