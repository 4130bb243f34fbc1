"""What an applicant states about an organisation, and what is wrong with it."""

from django.utils.translation import gettext as _

from qianhang.core.access.catalogue import OrganisationKind
from qianhang.core.errors import FieldProblem

from .credit_code import code_problem

SIZE_CLASSES = frozenset({"", "large", "medium", "small", "micro"})

# Opened by the operator on the command line, never by whoever fills in the form.
NOT_BY_FORM = frozenset({OrganisationKind.PROGRAMME_OFFICE})


def name_problems(*, name: str, name_en: str, size_class: str, registered_in: str) -> list[FieldProblem]:
    found = []
    if not 2 <= len(name) <= 200:
        found.append(FieldProblem("name", _("A name has 2 to 200 characters."), "length"))
    if len(name_en) > 200:
        found.append(FieldProblem("name_en", _("A name has at most 200 characters."), "length"))
    if len(registered_in) > 120:
        found.append(FieldProblem("registered_in", _("This takes at most 120 characters."), "length"))
    if size_class not in SIZE_CLASSES:
        found.append(FieldProblem("size_class", _("This must be large, medium, small or micro."), "choice"))
    return found


def code_problems(*, kind: str, credit_code: str) -> list[FieldProblem]:
    """Every kind but `other` is a legal person and has a code."""
    if not credit_code:
        if kind == OrganisationKind.OTHER:
            return []
        return [FieldProblem("credit_code", _("The unified social credit code is required."), "missing")]
    problem = code_problem(credit_code)
    return [FieldProblem("credit_code", *problem)] if problem else []


def kind_problems(*, kind: str, by_form: bool) -> list[FieldProblem]:
    if kind not in OrganisationKind.values:
        return [FieldProblem("kind", _("There is no such kind of organisation."), "choice")]
    if by_form and kind in NOT_BY_FORM:
        return [FieldProblem("kind", _("The operator of this installation opens programme offices."), "not_by_form")]
    return []
