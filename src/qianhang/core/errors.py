"""Errors that a person can act on: each has a stable code, an HTTP status, facts, and a translated sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of an input. `path` is dotted, such as `resources.gpus`."""

    path: str
    message: str
    code: str = "invalid"


class DomainError(Exception):
    """A refusal. Subclasses set `code`, `status` and `message`; `facts` fill the message's {placeholders}."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str | Promise] = _("Something is wrong with this request.")

    def __init__(self, *, problems: Sequence[FieldProblem] = (), **facts: Any) -> None:
        super().__init__(self.code)
        self.facts: Mapping[str, Any] = facts
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return str(self.message).format_map(_Facts(self.facts))


class _Facts(dict[str, Any]):
    """A missing fact shows its name instead of hiding the refusal behind a KeyError."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class Unauthenticated(DomainError):
    code, status = "unauthenticated", 401
    message = _("Sign in, or send an API key in the Authorization header.")


class Forbidden(DomainError):
    code, status = "forbidden", 403
    message = _("Your role does not include this: {permission}.")


class StepUpRequired(DomainError):
    code, status = "step_up_required", 403
    message = _("Confirm that it is you: sign in again before doing this.")


class NotFound(DomainError):
    code, status = "not_found", 404
    message = _("There is no such {what}, or it is not yours to see.")


class Conflict(DomainError):
    code, status = "conflict", 409
    message = _("The {what} has changed in the meantime. Reload and try again.")


class InvalidInput(DomainError):
    code, status = "invalid_input", 422
    message = _("Some fields need a correction.")
