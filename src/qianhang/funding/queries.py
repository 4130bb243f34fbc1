"""What funding can be asked. Every answer is scoped to who asks; foreign is NotFound. Balances come from the ledger."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.formats import date_format

from qianhang.core import ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import NotFound
from qianhang.core.ledger import Balance
from qianhang.core.people.models import Organisation

from . import accounts
from .errors import VoucherUnusable
from .models import (
    Appropriation,
    Hold,
    Payout,
    ProgrammeQuerySet,
    Receipt,
    ReceiptQuerySet,
    Voucher,
    VoucherProgramme,
    VoucherQuerySet,
)
from .monthly import earned_by_month
from .rules.voucher_use import VoucherFacts, why_unusable
from .shapes import (
    HoldView,
    PayoutView,
    ProgrammeView,
    ReceiptView,
    StatementView,
    UsableVoucher,
    VoucherView,
    WalletView,
)

NOTHING = Balance(debits_pending=0, debits_posted=0, credits_pending=0, credits_posted=0)


# ── wallets ──────────────────────────────────────────────────────────────────────────────────────────────────────


def wallet_of(*, actor: Actor, organisation_id: uuid.UUID) -> WalletView:
    """The wallet of an organisation; zeros when nothing was ever paid in."""
    if not actor.may(Permission.WALLET_TOP_UP):
        authorize(actor, Permission.WALLET_VIEW, organisation_id=organisation_id, what="wallet")
    code = accounts.wallet(organisation_id)
    return WalletView.of(organisation_id, ledger.balances([code]).get(code, NOTHING))


# ── vouchers and programmes ──────────────────────────────────────────────────────────────────────────────────────


def voucher_of(*, actor: Actor, voucher_id: uuid.UUID) -> VoucherView:
    vouchers = Voucher.objects.select_related("programme", "organisation")
    return voucher_views([vouchers.fetch(actor, id=voucher_id)])[0]


def vouchers_of(*, actor: Actor, organisation_id: uuid.UUID) -> list[VoucherView]:
    """The vouchers an organisation holds, newest first, with what is left on each."""
    vouchers = Voucher.objects.visible_to(actor).filter(organisation_id=organisation_id)
    return voucher_views(list(vouchers.select_related("programme", "organisation")))


def vouchers_seen(*, actor: Actor, programme_id: uuid.UUID | None = None, state: str = "") -> VoucherQuerySet:
    """The vouchers `actor` may see, for a front that pages; turn rows into views with voucher_views."""
    rows = Voucher.objects.visible_to(actor).select_related("programme", "organisation")
    if programme_id is not None:
        rows = rows.filter(programme_id=programme_id)
    return rows.filter(state=state) if state else rows


def usable_voucher(
    *,
    actor: Actor,
    organisation_id: uuid.UUID,
    voucher: uuid.UUID | str,
    kind: str = "compute",
    at: datetime | None = None,
) -> UsableVoucher:
    """The voucher with this id or number, if it may pay now.

    Raises: NotFound when there is none that `actor` may see; VoucherUnusable with the reason.
    """
    lookup: dict[str, Any] = {"id": voucher} if isinstance(voucher, uuid.UUID) else {"number": voucher.strip().upper()}
    row = Voucher.objects.select_related("programme").fetch(actor, **lookup)
    code = accounts.voucher(row.id)
    available = ledger.balances([code]).get(code, NOTHING).available
    facts = voucher_facts(row, available=available)
    reason = why_unusable(facts, organisation_id=organisation_id, kind=kind, at=at or now())
    if reason is not None:
        raise VoucherUnusable(number=row.number, reason=reason, **unusable_facts(row))
    return _usable(row, available)


def usable_vouchers(
    *, actor: Actor, organisation_id: uuid.UUID, kind: str = "compute", at: datetime | None = None
) -> list[UsableVoucher]:
    """Every voucher the organisation may pay with now, the one that expires first at the front."""
    rows = list(
        Voucher.objects.visible_to(actor)
        .filter(organisation_id=organisation_id, state=Voucher.State.ACTIVE)
        .select_related("programme")
        .order_by("expires_at", "id")
    )
    balances = ledger.balances([accounts.voucher(row.id) for row in rows])
    moment = at or now()
    usable = []
    for row in rows:
        available = balances.get(accounts.voucher(row.id), NOTHING).available
        facts = voucher_facts(row, available=available)
        if why_unusable(facts, organisation_id=organisation_id, kind=kind, at=moment) is None:
            usable.append(_usable(row, available))
    return usable


def programme_of(*, actor: Actor, programme_id: uuid.UUID) -> ProgrammeView:
    return programme_views([VoucherProgramme.objects.fetch(actor, id=programme_id)])[0]


def programmes_seen(*, actor: Actor) -> ProgrammeQuerySet:
    """The programmes `actor` may see, for a front that pages; turn rows into views with programme_views."""
    return VoucherProgramme.objects.visible_to(actor)


def programme_by_slug(*, actor: Actor, slug: str) -> ProgrammeView | None:
    row = VoucherProgramme.objects.visible_to(actor).filter(slug=slug).first()
    return programme_views([row])[0] if row else None


def voucher_facts(voucher: Voucher, *, available: int) -> VoucherFacts:
    """What the pure decision needs of a voucher whose programme is loaded."""
    return VoucherFacts(
        organisation_id=voucher.organisation_id,
        state=voucher.state,
        expires_at=voucher.expires_at,
        kind=voucher.programme.kind,
        unit=voucher.programme.unit,
        available=available,
    )


def unusable_facts(voucher: Voucher) -> dict[str, str]:
    """What the sentence of a refusal may mention."""
    return {
        "expires_on": date_format(timezone.localtime(voucher.expires_at), "Y-m-d H:i"),
        "pays_for": voucher.programme.kind,
        "unit": voucher.programme.unit,
    }


def _usable(voucher: Voucher, available: int) -> UsableVoucher:
    return UsableVoucher(
        id=voucher.id,
        number=voucher.number,
        share_ppm=voucher.share_ppm,
        available_micro=available,
        expires_at=voucher.expires_at,
    )


def voucher_views(vouchers: Sequence[Voucher]) -> list[VoucherView]:
    balances = ledger.balances([accounts.voucher(voucher.id) for voucher in vouchers])
    spent_on = dict(
        Receipt.objects.filter(hold__voucher__in=[voucher.id for voucher in vouchers])
        .values_list("hold__voucher")
        .annotate(spent=Sum("voucher_micro"))
    )
    views = []
    for voucher in vouchers:
        balance = balances.get(accounts.voucher(voucher.id), NOTHING)
        spent = int(spent_on.get(voucher.id) or 0)
        programme = voucher.programme
        views.append(
            VoucherView(
                id=voucher.id,
                number=voucher.number,
                state=voucher.state,
                state_reason=voucher.state_reason,
                organisation_id=voucher.organisation_id,
                organisation_name=voucher.organisation.shown_name,
                programme_id=programme.id,
                programme_slug=programme.slug,
                programme_name=programme.name,
                programme_name_en=programme.name_en,
                kind=programme.kind,
                unit=programme.unit,
                share_ppm=voucher.share_ppm,
                face=voucher.face,
                spent=spent,
                held=balance.debits_pending,
                available=balance.available,
                returned=balance.debits_posted - spent,
                issued_at=voucher.issued_at,
                expires_at=voucher.expires_at,
            )
        )
    return views


def programme_views(programmes: Sequence[VoucherProgramme]) -> list[ProgrammeView]:
    balances = ledger.balances([accounts.pool(programme.id) for programme in programmes])
    issued = {
        row["programme"]: row
        for row in Voucher.objects.filter(programme__in=[programme.id for programme in programmes])
        .values("programme")
        .annotate(count=Count("id"), face=Sum("face"))
    }
    budgets = dict(
        Appropriation.objects.filter(programme__in=[programme.id for programme in programmes])
        .values_list("programme")
        .annotate(amount=Sum("amount"))
    )
    views = []
    for programme in programmes:
        balance = balances.get(accounts.pool(programme.id), NOTHING)
        given = issued.get(programme.id, {"count": 0, "face": 0})
        views.append(
            ProgrammeView(
                id=programme.id,
                slug=programme.slug,
                name=programme.name,
                name_en=programme.name_en,
                kind=programme.kind,
                unit=programme.unit,
                legal_basis=programme.legal_basis,
                share_ppm=programme.share_ppm,
                cap=programme.cap,
                valid_days=programme.valid_days,
                organisation_id=programme.organisation_id,
                budget=budgets.get(programme.id, 0),
                available=balance.available,
                issued=given["face"],
                vouchers=given["count"],
                is_demo=programme.is_demo,
            )
        )
    return views


# ── holds and receipts ───────────────────────────────────────────────────────────────────────────────────────────


def hold_of(*, actor: Actor, reference: uuid.UUID) -> HoldView | None:
    """What is or was held for `reference`; None when nothing ever was, or it is foreign."""
    hold = Hold.objects.visible_to(actor).filter(reference=reference).first()
    return HoldView.of(hold) if hold else None


def receipts_seen(
    *,
    actor: Actor,
    organisation_id: uuid.UUID | None = None,
    reference: uuid.UUID | None = None,
    number: str = "",
) -> ReceiptQuerySet:
    """The receipts `actor` may see, newest first, for a front that pages; turn rows into views with receipt_views."""
    rows = Receipt.objects.visible_to(actor).select_related("organisation", "supplier", "hold__voucher")
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if reference is not None:
        rows = rows.filter(reference=reference)
    return rows.filter(number=number) if number else rows


def receipt_views(rows: Iterable[Receipt], *, actor: Actor) -> list[ReceiptView]:
    return [ReceiptView.of(row, reader=actor) for row in rows]


def receipt(*, actor: Actor, receipt_id: uuid.UUID) -> ReceiptView:
    """One receipt with its lines. Raises NotFound."""
    row = receipts_seen(actor=actor).fetch(actor, id=receipt_id)
    return ReceiptView.of(row, list(row.lines.all()), reader=actor)


def receipt_of(*, actor: Actor, reference: uuid.UUID) -> ReceiptView | None:
    """The receipt for `reference` (a run) with its lines; None while there is none, or when it is foreign."""
    return receipts_of_references(actor=actor, references=[reference]).get(reference)


def receipts_of_references(*, actor: Actor, references: Sequence[uuid.UUID]) -> dict[uuid.UUID, ReceiptView]:
    """The receipts of many references, with their lines, in two queries."""
    rows = receipts_seen(actor=actor).filter(reference__in=references).prefetch_related("lines")
    return {row.reference: ReceiptView.of(row, list(row.lines.all()), reader=actor) for row in rows}


# ── suppliers ────────────────────────────────────────────────────────────────────────────────────────────────────


def statement_of_supplier(*, actor: Actor, supplier_id: uuid.UUID) -> StatementView:
    """What a supplier earned month by month, what was paid out, and what is still owed."""
    if not actor.may(Permission.PAYOUT_MAKE):
        authorize(actor, Permission.STATEMENT_VIEW, organisation_id=supplier_id, what="supplier")
    supplier = Organisation.objects.filter(id=supplier_id).first()
    if supplier is None:
        raise NotFound(what="supplier")
    code = accounts.payable(supplier_id)
    balance = ledger.balances([code]).get(code, NOTHING)
    payouts = Payout.objects.filter(organisation_id=supplier_id)
    return StatementView(
        supplier_id=supplier_id,
        supplier_name=supplier.shown_name,
        earned_micro=balance.credits_posted,
        paid_micro=balance.debits_posted,
        owed_micro=balance.available,
        months=earned_by_month(supplier_id=supplier_id),
        payouts=tuple(PayoutView.of(payout) for payout in payouts),
    )


def totals(*, actor: Actor) -> Mapping[str, int]:
    """What the platform has moved, for the operator: receipts, charged, paid by vouchers, in micro-yuan."""
    authorize(actor, Permission.QUEUE_VIEW)
    sums = Receipt.objects.aggregate(
        receipts=Count("id"), charged_micro=Sum("total_micro"), voucher_micro=Sum("voucher_micro")
    )
    return {name: int(value or 0) for name, value in sums.items()}
