"""What the programme room refuses, and why: each says what, where, and what to do."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError, FieldProblem, InvalidInput

from .refusal_words import why_unreadable
from .rules.contents import Problem


class DocumentUnreadable(DomainError):
    """`why` is a code of reading.refusals; `facts` fill its sentence."""

    code, status = "document_unreadable", 422
    message = _("This document cannot be read. {why}")

    def __init__(self, why: str, **facts: Any) -> None:
        super().__init__(reason=why, **facts)
        self.why = why

    def __str__(self) -> str:
        facts = {name: str(value) for name, value in self.facts.items()}
        return str(self.message).format(why=why_unreadable(self.why, facts, gettext))


class FindingsStale(DomainError):
    code, status = "findings_stale", 409
    message = _("Some of these findings are not part of this plan any more. Reload and try again.")


class FindingRejected(DomainError):
    code, status = "finding_rejected", 409
    message = _("This finding was rejected. Accept it before you work with it.")


class PlanAlreadyImported(DomainError):
    code, status = "plan_already_imported", 409
    message = _("This very document was imported before, as a wording of {title}.")


class AlreadyBound(DomainError):
    code, status = "already_bound", 409
    message = _("This target is already fed by something. Unbind it first.")


class NotBound(DomainError):
    code, status = "not_bound", 409
    message = _("Nothing feeds this target yet. Bind it to a measure or a series first.")


class UnknownMeasure(DomainError):
    code, status = "unknown_measure", 404
    message = _("There is no measure {measure}. The list of measures has the names.")


class UnitsDiffer(DomainError):
    code, status = "units_differ", 409
    message = _("{source} is counted in {unit}, and this target in {wanted}. Say how many of one make the other.")


class NotRecomputable(DomainError):
    code, status = "not_recomputable", 409
    message = _("{measure} is a state of now: it can be observed on the day itself only, not for {day}.")


class FourEyes(DomainError):
    code, status = "four_eyes", 409
    message = _("A value is confirmed by another person than the one who reported it.")


class ValueReviewed(DomainError):
    code, status = "value_reviewed", 409
    message = _("This value was already reviewed.")


class TaskStateRefused(DomainError):
    code, status = "task_state", 409
    message = _("A task that is {state} cannot become {wanted}.")


class TaskWaits(DomainError):
    code, status = "task_waits", 409
    message = _("This task cannot be done yet: {waits_for} must be done before it.")


class DependencyCycle(DomainError):
    code, status = "dependency_cycle", 409
    message = _("These tasks would wait for each other: {cycle}.")


class EvidenceTooLarge(DomainError):
    code, status = "evidence_too_large", 413
    message = _("A file of evidence is at most {limit_mib} MiB.")


class FileEmpty(DomainError):
    code, status = "file_empty", 422
    message = _("The file is empty.")


class SeriesUnreadable(DomainError):
    code, status = "series_unreadable", 422
    message = _("{name} cannot be read: {why}")


class NothingToFetch(DomainError):
    code, status = "nothing_to_fetch", 409
    message = _("{name} has no address to fetch from. Send its values as a file.")


class NotPublished(DomainError):
    code, status = "not_published", 409
    message = _("Publish the plan before its targets.")


WHAT_IS_WRONG: dict[str, Promise] = {
    "missing": _("This is needed."),
    "unknown": _("There is no such field here."),
    "text": _("This must be text."),
    "length": _("This is too long."),
    "number": _("This must be a number, such as 5000 or 1.25, without an exponent."),
    "date": _("This must be a date, such as 2027-12-31."),
    "choice": _("This is not one of the choices."),
    "list": _("This must be a list of names."),
    "order": _("The upper end is below the lower end."),
}


def refuse_content(problems: Iterable[Problem]) -> InvalidInput:
    """The refusal that names each field."""
    return InvalidInput(
        problems=[FieldProblem(one.path, str(WHAT_IS_WRONG[one.code]), code=one.code) for one in problems]
    )


def wrong(path: str, message: str | Promise, *, code: str = "invalid") -> InvalidInput:
    """A refusal of one field."""
    return InvalidInput(problems=[FieldProblem(path, str(message), code=code)])


def required_text(value: str, *, path: str, most: int) -> str:
    """The stripped text. Raises InvalidInput when it is empty or longer than `most` characters."""
    text = value.strip()
    if not text or len(text) > most:
        raise wrong(path, _("Write between 1 and {most} characters.").format(most=most), code="length")
    return text


def wrong_period() -> InvalidInput:
    return wrong("period", _("Name a month or a quarter, such as 2026-03 or 2026-Q1."), code="period")


class NoProposer(DomainError):
    code, status = "no_proposer", 409
    message = _("No model is configured to propose findings. The operator sets one; reading does not need it.")


class ProposerSilent(DomainError):
    code, status = "proposer_silent", 502
    message = _("The model {name} did not answer as expected: {why}.")
