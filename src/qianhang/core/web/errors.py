"""Refusals of the web frame itself, before or around any use case."""

from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError


class MalformedBody(DomainError):
    code, status = "malformed_body", 400
    message = _("The request body cannot be read as JSON: {why}.")


class MalformedRequest(DomainError):
    code, status = "malformed_request", 400
    message = _("The request cannot be read.")


class InvalidApiKey(DomainError):
    code, status = "invalid_api_key", 401
    message = _("This API key is unknown, expired or revoked.")


class CsrfFailed(DomainError):
    code, status = "csrf_failed", 403
    message = _("The request did not come from a page of this site. Reload the page and try again.")


class NoSuchAddress(DomainError):
    code, status = "not_found", 404
    message = _("There is nothing at this address.")


class MethodNotAllowed(DomainError):
    code, status = "method_not_allowed", 405
    message = _("This address does not take {method}.")


class IdempotencyKeyBusy(DomainError):
    code, status = "idempotency_key_busy", 409
    message = _("A request with this idempotency key is still running. Ask again in a moment.")


class AnswerShownOnce(DomainError):
    code, status = "answer_shown_once", 409
    message = _("This request was already carried out. Its answer held a secret that is shown only once.")


class BodyTooLarge(DomainError):
    code, status = "body_too_large", 413
    message = _("The request body is larger than this address takes.")


class UnsupportedMediaType(DomainError):
    code, status = "unsupported_media_type", 415
    message = _("This address takes {expected}, not {given}.")


class IdempotencyKeyInvalid(DomainError):
    code, status = "idempotency_key_invalid", 422
    message = _("An idempotency key has 1 to 200 printable ASCII characters.")


class IdempotencyKeyReused(DomainError):
    code, status = "idempotency_key_reused", 422
    message = _("This idempotency key was used for a different request.")


class BadCursor(DomainError):
    code, status = "bad_cursor", 422
    message = _("This cursor is not one that a list of this kind gave out.")


class TooManyRequests(DomainError):
    code, status = "too_many_requests", 429
    message = _("Too many requests. Wait a moment.")


class InternalFault(DomainError):
    code, status = "internal_error", 500
    message = _("Something went wrong on our side. Quote the request id when you ask about it.")


class Unavailable(DomainError):
    code, status = "unavailable", 503
    message = _("The database cannot be reached right now. Try again in a moment.")
