import uuid
from datetime import timedelta

from django.db import connection, transaction

from qianhang.core import audit, events, ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id, now
from qianhang.core.errors import FieldProblem, InvalidInput
from qianhang.core.ledger import LedgerRefused, Transfer

from .. import accounts
from ..errors import POOL, InsufficientFunds, KeyReused, positive_amount, required_text, show_amount
from ..models import Voucher, VoucherProgramme
from ..numbering import next_number
from ..queries import voucher_of
from ..recipients import active_organisation
from ..shapes import VoucherView


@transaction.atomic
def issue_voucher(
    *,
    actor: Actor,
    programme_id: uuid.UUID,
    organisation_id: uuid.UUID,
    key: str,
    face: int | None = None,
    reason: str = "",
) -> VoucherView:
    """Gives an organisation a voucher, paid for out of the programme's pool; over-issue is impossible at the ledger.

    `face` is what it may pay in all, in the programme's unit; without it, the programme's cap. `key` names the
    decision: the same key again returns the first voucher.

    Raises:
        InvalidInput: a face above the cap, or not positive.
        NotFound, NotActive: the programme or the organisation.
        InsufficientFunds: the pool has less than the face.
        KeyReused: the key gave another organisation or another face before.
    """
    authorize(actor, Permission.VOUCHER_ISSUE)
    programme = VoucherProgramme.objects.fetch(actor, id=programme_id)
    key = required_text(key, path="key", most=200)
    amount = programme.cap if face is None else face
    positive_amount(amount, unit=programme.unit, path="face")
    if amount > programme.cap:
        text = f"≤ {show_amount(programme.cap, programme.unit)}"
        raise InvalidInput(problems=[FieldProblem(path="face", message=text, code="above_cap")])
    active_organisation(actor, organisation_id)

    voucher = _write(
        programme, voucher_id=derived_id("voucher", programme_id, key), holder=organisation_id, face=amount
    )
    if voucher is None:
        return _earlier(actor, derived_id("voucher", programme_id, key), holder=organisation_id, face=amount)
    _move_from_pool(programme, voucher)
    audit.record(
        actor=actor,
        action="voucher.issued",
        subject="voucher",
        subject_id=voucher.id,
        organisation_id=organisation_id,
        after={"number": voucher.number, "programme": programme.slug, "face": amount, "unit": programme.unit},
        reason=reason,
    )
    events.announce(name="voucher.issued", key=f"voucher:{voucher.id}", payload={"voucher_id": str(voucher.id)})
    return voucher_of(actor=actor, voucher_id=voucher.id)


def _write(programme: VoucherProgramme, *, voucher_id: uuid.UUID, holder: uuid.UUID, face: int) -> Voucher | None:
    """The new voucher, or None when its id exists: of two calls with one key, the later waits and finds the first."""
    if Voucher.objects.filter(id=voucher_id).exists():
        return None
    issued_at = now()
    voucher = Voucher(
        id=voucher_id,
        programme=programme,
        organisation_id=holder,
        number=next_number(connection, "V"),
        share_ppm=programme.share_ppm,
        face=face,
        account=accounts.open_voucher(voucher_id, unit=programme.unit, organisation_id=holder),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(days=programme.valid_days),
    )
    Voucher.objects.bulk_create([voucher], ignore_conflicts=True)
    return voucher if Voucher.objects.filter(id=voucher_id, number=voucher.number).exists() else None


def _earlier(actor: Actor, voucher_id: uuid.UUID, *, holder: uuid.UUID, face: int) -> VoucherView:
    earlier = voucher_of(actor=actor, voucher_id=voucher_id)
    if (earlier.organisation_id, earlier.face) != (holder, face):
        raise KeyReused
    return earlier


def _move_from_pool(programme: VoucherProgramme, voucher: Voucher) -> None:
    transfer = Transfer(
        id=derived_id("voucher-issue", voucher.id),
        debit=programme.pool_account,
        credit=voucher.account,
        amount=voucher.face,
        code="voucher.issue",
        reference=voucher.id,
    )
    try:
        ledger.post([transfer])
    except LedgerRefused as refused:
        code = accounts.pool(programme.id)
        available = ledger.balances([code])[code].available
        if available >= voucher.face:
            raise
        raise InsufficientFunds(
            account=POOL, available_micro=available, required_micro=voucher.face, unit=programme.unit
        ) from refused
