"""The API frame: what every operation under /api/v1 gets without asking.

Authentication (request.actor), one transaction per changing request, Idempotency-Key on every POST, problem+json for
every refusal, strict JSON. Rooms give plain django-ninja routers; wiring/api.py mounts them.
"""

import functools
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError, ValidationErrorContext
from ninja.operation import Operation
from ninja.renderers import JSONRenderer
from ninja.security import HttpBearer
from ninja.utils import check_csrf

from qianhang.core.access import Actor, ActorKind
from qianhang.core.errors import DomainError, Forbidden, InvalidInput, NotFound, Unauthenticated

from . import errors, idempotency
from .json_body import StrictParser
from .problems import field_problems, problem_response
from .requests import ActorRequest
from .schema import describe

log = logging.getLogger(__name__)

SAFE = {"GET", "HEAD", "OPTIONS"}


class ActorAuth(HttpBearer):
    """Lets in whoever the identity middleware recognised: an API key, or a session whose request proves its origin."""

    openapi_scheme = "bearer"
    openapi_description = "An API key: `Authorization: Bearer qh_...`. A signed-in browser session works too."

    def __call__(self, request: ActorRequest) -> Actor | None:  # type: ignore[override]
        if request.identity_refusal is not None:
            raise request.identity_refusal
        actor = request.actor
        if actor.is_anonymous:
            return None
        if actor.kind is ActorKind.PERSON and request.method not in SAFE and check_csrf(request) is not None:
            raise errors.CsrfFailed
        return actor

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        raise NotImplementedError("the identity middleware reads the token")


class Renderer(JSONRenderer):
    json_dumps_params = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}


class QianhangAPI(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return describe(super().get_openapi_schema(**kwargs))

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext]) -> ValidationError:
        """Paths as the client wrote them: `resources.gpus`, not `body.spec.resources.gpus`."""
        found: list[dict[str, Any]] = []
        for context in error_contexts:
            wrapper = getattr(context.model, "__read_from_single_attr__", None)
            names = getattr(context.model, "__ninja_flatten_map_reverse__", {})
            for error in context.pydantic_validation_error.errors(include_url=False, include_input=False):
                steps = names.get(error["loc"], error["loc"])
                inside = len(steps) > 1 and wrapper is not None and steps[0] == wrapper
                found.append({**error, "loc": steps[1:] if inside else steps})
        return ValidationError(found)


def create_api(*, title: str, version: str, description: str) -> QianhangAPI:
    """An empty API with the frame around it; add routers to it."""
    api = QianhangAPI(
        title=title,
        version=version,
        description=description,
        urls_namespace="api",
        auth=ActorAuth(),
        parser=StrictParser(),
        renderer=Renderer(),
    )
    api.add_decorator(_framed, mode="view")
    for kind in (DomainError, ValidationError, HttpError, Http404, OperationalError, InterfaceError, Exception):
        api.add_exception_handler(kind, _answer_exception)
    api.add_exception_handler(SuspiciousOperation, _answer_exception)
    return api


def _framed(run: Callable[..., Any]) -> Callable[..., Any]:
    """One transaction around a changing operation, its answer included; undone if the answer is a refusal."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    if operation.is_async or set(operation.methods) <= SAFE:
        return run
    name = operation.operation_id or operation.view_func.__name__

    @functools.wraps(run)
    def framed(request: ActorRequest, **path: Any) -> HttpResponse:
        key = request.headers.get(idempotency.HEADER) if request.method == "POST" else None
        try:
            with transaction.atomic():
                if key is None or request.actor.is_anonymous:
                    response = run(request, **path)
                else:
                    response = idempotency.answer_once(request, request.actor, key, name, lambda: run(request, **path))
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    transaction.set_rollback(True)
        except Exception as error:
            # Raised by the frame itself: a bad key, a lost connection, a constraint checked at commit.
            return _answer_exception(request, error)
        return response

    return framed


def _answer_exception(request: HttpRequest, exc: Exception | type[Exception]) -> HttpResponse:
    return problem_response(request, as_refusal(exc if isinstance(exc, Exception) else exc()))


def as_refusal(error: Exception) -> DomainError:
    """The refusal that tells a client about any exception; logs the ones that are our fault."""
    refusal: DomainError
    match error:
        case DomainError():
            refusal = error
        case ValidationError():
            refusal = InvalidInput(problems=field_problems(error.errors))
        case AuthenticationError():
            refusal = Unauthenticated()
        case Throttled():
            refusal = errors.TooManyRequests()
        case HttpError():
            refusal = _from_http_error(error)
        case Http404():
            refusal = errors.NoSuchAddress()
        case RequestDataTooBig():
            refusal = errors.BodyTooLarge()
        case SuspiciousOperation():
            refusal = errors.MalformedRequest()
        case OperationalError() | InterfaceError():
            log.error("database unavailable", exc_info=error)
            refusal = errors.Unavailable()
        case _:
            log.error("unhandled error", exc_info=error)
            refusal = errors.InternalFault()
    return refusal


def _from_http_error(error: HttpError) -> DomainError:
    """Ninja wraps what its parser raised; the cause says more than the wrapper."""
    if isinstance(error.__cause__, DomainError):
        return error.__cause__
    by_status: dict[int, DomainError] = {
        401: Unauthenticated(),
        403: Forbidden(permission=error.message),
        404: NotFound(what="object"),
        413: errors.BodyTooLarge(),
        429: errors.TooManyRequests(),
    }
    return by_status.get(error.status_code, errors.MalformedRequest())
