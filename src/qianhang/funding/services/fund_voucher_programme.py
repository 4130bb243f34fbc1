import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id
from qianhang.core.ledger import Transfer

from .. import accounts
from ..errors import positive_amount, required_text
from ..models import Appropriation, VoucherProgramme
from ..moving import move_once
from ..queries import programme_of
from ..shapes import ProgrammeView


@transaction.atomic
def fund_voucher_programme(
    *, actor: Actor, programme_id: uuid.UUID, amount: int, key: str, reason: str, payer: str = ""
) -> ProgrammeView:
    """Puts budget into a programme's pool, in its unit. `key` names the appropriation: once is all it counts.

    `payer` says whose budget it is; without it, the programme owner's.

    Raises: InvalidInput; NotFound; KeyReused when the key named another amount before.
    """
    authorize(actor, Permission.VOUCHER_ISSUE)
    programme = VoucherProgramme.objects.fetch(actor, id=programme_id)
    positive_amount(amount, unit=programme.unit)
    key = required_text(key, path="key", most=200)
    reason = required_text(reason, path="reason", most=500)
    transfer_id = derived_id("programme-fund", programme_id, key)
    is_new = move_once(
        Transfer(
            id=transfer_id,
            debit=accounts.open_treasury(programme.unit),
            credit=programme.pool_account,
            amount=amount,
            code="programme.fund",
            reference=programme_id,
        )
    )
    if is_new:
        Appropriation.objects.create(
            programme=programme,
            payer=payer.strip()[:160] or programme.organisation.name,
            amount=amount,
            reason=reason,
            transfer=transfer_id,
        )
        audit.record(
            actor=actor,
            action="voucher_programme.funded",
            subject="voucher_programme",
            subject_id=programme_id,
            organisation_id=programme.organisation_id,
            after={"amount": amount, "unit": programme.unit, "key": key},
            reason=reason,
        )
    return programme_of(actor=actor, programme_id=programme_id)
