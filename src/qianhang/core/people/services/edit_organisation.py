"""Edit what an organisation says about itself."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import new_id
from qianhang.core.errors import FieldProblem, InvalidInput

from ..errors import CreditCodeTaken
from ..models import Organisation
from ..rules.credit_code import compact_code
from ..rules.organisation_states import REGISTERED, STILL_STATED, VERIFIED
from ..rules.statements import code_problems, name_problems

FIELDS = ("name", "name_en", "credit_code", "size_class", "registered_in")


@transaction.atomic
def edit_organisation(
    *,
    actor: Actor,
    organisation_id: UUID,
    name: str | None = None,
    name_en: str | None = None,
    credit_code: str | None = None,
    size_class: str | None = None,
    registered_in: str | None = None,
) -> Organisation:
    """Changes the fields that are given; None leaves one as it is.

    All but the English name is what was verified, and vouchers go by it (size class, place of registration), so an
    organisation can change it only before. Afterwards the programme office (organisation.verify) can, of any
    organisation. An edit of a rejected organisation puts it back in line for verification.

    Raises:
        Forbidden, NotFound: neither organisation.edit here nor organisation.verify.
        InvalidInput: a field is wrong, or is verified and therefore fixed.
        CreditCodeTaken: another organisation has this code.
    """
    verifies = actor.may(Permission.ORGANISATION_VERIFY)
    needed = Permission.ORGANISATION_VERIFY if verifies else Permission.ORGANISATION_EDIT
    authorize(actor, needed, organisation_id=organisation_id, what=_("organisation"))
    organisation = Organisation.objects.select_for_update().fetch(actor, pk=organisation_id)
    before = _stated(organisation)
    wanted = {
        "name": None if name is None else " ".join(name.split()),
        "name_en": None if name_en is None else " ".join(name_en.split()),
        "credit_code": None if credit_code is None else compact_code(credit_code),
        "size_class": size_class,
        "registered_in": None if registered_in is None else registered_in.strip(),
    }
    after = before | {field: value for field, value in wanted.items() if value is not None}
    if after == before:
        return organisation
    problems = _problems(organisation, before=before, after=after, verifies=verifies)
    if problems:
        raise InvalidInput(problems=problems)
    for field, value in after.items():
        setattr(organisation, field, value)
    organisation.credit_code = after["credit_code"] or None
    if organisation.state in STILL_STATED:
        organisation.state = REGISTERED
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise CreditCodeTaken from error
    changed = [field for field in FIELDS if before[field] != after[field]]
    audit.record(
        actor=actor,
        action="organisation.edited",
        subject="organisation",
        subject_id=organisation.pk,
        organisation_id=organisation.pk,
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
    )
    events.announce(
        name="organisation.edited",
        key=str(new_id()),
        stream=str(organisation.pk),
        payload={"organisation": str(organisation.pk), "fields": changed},
    )
    return organisation


def _stated(organisation: Organisation) -> dict[str, str]:
    return {field: getattr(organisation, field) or "" for field in FIELDS}


def _problems(
    organisation: Organisation, *, before: dict[str, str], after: dict[str, str], verifies: bool
) -> list[FieldProblem]:
    problems = name_problems(
        name=after["name"],
        name_en=after["name_en"],
        size_class=after["size_class"],
        registered_in=after["registered_in"],
    )
    if organisation.state in STILL_STATED or (verifies and before["credit_code"] != after["credit_code"]):
        return problems + code_problems(kind=organisation.kind, credit_code=after["credit_code"])
    fixed = [field for field in VERIFIED if before[field] != after[field] and not verifies]
    sentence = _("This was verified. Ask the programme office to change it.")
    return problems + [FieldProblem(field, sentence, "verified") for field in fixed]
