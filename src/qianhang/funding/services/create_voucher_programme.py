import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import new_id
from qianhang.core.errors import FieldProblem, InvalidInput
from qianhang.core.units.money import CNY

from .. import accounts
from ..errors import SlugTaken, positive_amount, required_text
from ..models import VoucherProgramme
from ..queries import programme_of
from ..recipients import active_organisation
from ..rules.split import PPM
from ..shapes import ProgrammeView

MOST_VALID_DAYS = 3660


def create_voucher_programme(
    *,
    actor: Actor,
    organisation_id: uuid.UUID,
    slug: str,
    name: str,
    share_ppm: int,
    cap: int,
    valid_days: int,
    name_en: str = "",
    kind: str = "compute",
    unit: str = CNY,
    legal_basis: str = "",
    rules: Mapping[str, Any] | None = None,
    is_demo: bool = False,
) -> ProgrammeView:
    """Opens a voucher programme of the organisation that owns it, with an empty pool.

    `share_ppm` is the share a voucher pays, in millionths; `cap` the most one voucher pays, in `unit` (micro-yuan for
    money); `valid_days` how long a voucher lives. Kind and unit are open: what pays for compute is `compute` in money.

    Raises: InvalidInput with every field that is wrong; SlugTaken; NotFound, NotActive for the owner.
    """
    authorize(actor, Permission.VOUCHER_ISSUE, organisation_id=organisation_id, what="organisation")
    _check(slug=slug, kind=kind, unit=unit, share_ppm=share_ppm, valid_days=valid_days)
    positive_amount(cap, unit=unit, path="cap")
    active_organisation(actor, organisation_id)
    programme_id = new_id()
    try:
        with transaction.atomic():
            pool = accounts.open_pool(programme_id, unit=unit, organisation_id=organisation_id)
            programme = VoucherProgramme.objects.create(
                id=programme_id,
                organisation_id=organisation_id,
                slug=slug,
                name=required_text(name, path="name", most=160),
                name_en=name_en.strip()[:160],
                kind=kind,
                unit=unit,
                legal_basis=legal_basis.strip()[:300],
                share_ppm=share_ppm,
                cap=cap,
                valid_days=valid_days,
                rules=dict(rules or {}),
                pool_account=pool,
                is_demo=is_demo,
            )
            audit.record(
                actor=actor,
                action="voucher_programme.created",
                subject="voucher_programme",
                subject_id=programme.id,
                organisation_id=organisation_id,
                after={
                    "slug": slug,
                    "kind": kind,
                    "unit": unit,
                    "share_ppm": share_ppm,
                    "cap": cap,
                    "valid_days": valid_days,
                },
            )
    except IntegrityError as error:
        if VoucherProgramme.objects.filter(slug=slug).exists():
            raise SlugTaken from error
        raise
    return programme_of(actor=actor, programme_id=programme.id)


def _check(*, slug: str, kind: str, unit: str, share_ppm: int, valid_days: int) -> None:
    problems = []
    for path, value, most in (("slug", slug, 60), ("kind", kind, 30)):
        try:
            validate_slug(value)
        except ValidationError:
            ok = False
        else:
            ok = len(value) <= most
        if not ok:
            text = _("Letters, digits, hyphens and underscores only, at most {most}.").format(most=most)
            problems.append(FieldProblem(path=path, message=text, code="slug"))
    if not unit or len(unit) > 30 or not unit.isascii() or ":" in unit:
        problems.append(FieldProblem(path="unit", message=_("Name a unit, such as CNY.micro."), code="unit"))
    if not 0 < share_ppm <= PPM:
        text = _("A share is more than 0 and at most 1,000,000 millionths.")
        problems.append(FieldProblem(path="share_ppm", message=text, code="share"))
    if not 0 < valid_days <= MOST_VALID_DAYS:
        text = _("Between 1 and {most} days.").format(most=MOST_VALID_DAYS)
        problems.append(FieldProblem(path="valid_days", message=text, code="days"))
    if problems:
        raise InvalidInput(problems=problems)
