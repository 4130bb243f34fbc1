"""Errors as application/problem+json (RFC 9457), with a stable code and the request id."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from qianhang.core.errors import DomainError, FieldProblem

MEDIA_TYPE = "application/problem+json"


def problem_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The refusal as a problem document: type, title, status, code, detail, instance, request_id, errors."""
    body = {
        "type": f"urn:qianhang:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": str(error),
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "errors": [{"path": p.path, "message": str(p.message), "code": p.code} for p in error.problems],
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, default=_lazy), status=error.status, content_type=MEDIA_TYPE
    )
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="qianhang"'
    if error.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT}:
        response["Retry-After"] = "1"
    return response


def _lazy(value: Any) -> str:
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def field_problems(errors: Sequence[dict[str, Any]]) -> list[FieldProblem]:
    """Pydantic's findings in our words. Each error's `loc` has already lost its source (body, query, path)."""
    return [
        FieldProblem(path=".".join(str(step) for step in error["loc"]), message=_words(error), code=error["type"])
        for error in errors
    ]


def _words(error: dict[str, Any]) -> str:
    """A sentence in the reader's language for the findings people meet; pydantic's own English for the rest."""
    sentences = {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "string_type": _("This must be text."),
        "string_too_short": _("This needs at least {min_length} characters."),
        "string_too_long": _("This takes at most {max_length} characters."),
        "string_pattern_mismatch": _("This does not have the expected form ({pattern})."),
        "int_type": _("This must be a whole number."),
        "int_parsing": _("This must be a whole number."),
        "int_from_float": _("This must be a whole number."),
        "bool_parsing": _("This must be true or false."),
        "bool_type": _("This must be true or false."),
        "uuid_parsing": _("This must be an id (UUID)."),
        "uuid_type": _("This must be an id (UUID)."),
        "enum": _("This must be one of {expected}."),
        "literal_error": _("This must be one of {expected}."),
        "greater_than": _("This must be more than {gt}."),
        "greater_than_equal": _("This must be at least {ge}."),
        "less_than": _("This must be less than {lt}."),
        "less_than_equal": _("This must be at most {le}."),
        "list_type": _("This must be a list."),
        "too_long": _("This takes at most {max_length} items."),
        "too_short": _("This needs at least {min_length} items."),
        "dict_type": _("This must be an object."),
        "model_attributes_type": _("This must be an object."),
        "datetime_parsing": _("This must be a date and time, such as 2026-11-21T14:05:00+08:00."),
        "datetime_from_date_parsing": _("This must be a date and time, such as 2026-11-21T14:05:00+08:00."),
        "timezone_aware": _("This date and time needs its offset from UTC, such as +08:00."),
        "value_error": "{error}",
    }
    sentence = sentences.get(error["type"])
    facts = error.get("ctx", {})
    try:
        return sentence.format(**facts) if sentence else str(error["msg"])
    except (KeyError, IndexError):
        return str(error["msg"])
