"""Sums over many receipts, for lists and the dashboard. Amounts in micro-yuan."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Sum

from qianhang.core import ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import NotFound
from qianhang.core.ledger import TransferView
from qianhang.core.people.models import Organisation

from . import accounts
from .models import Receipt, Wallet
from .queries import NOTHING


def charged_for(*, actor: Actor, references: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The totals of the receipts for these references, as far as `actor` may see them; one query, no lines."""
    if not references:
        return {}
    return dict(
        Receipt.objects.visible_to(actor)
        .filter(reference__in=references)
        .order_by()
        .values_list("reference", "total_micro")
    )


def earned_for(*, actor: Actor, references: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Like `charged_for`, but only what the actor's own organisation is owed as the supplier."""
    if not references:
        return {}
    authorize(actor, Permission.STATEMENT_VIEW)
    return dict(
        Receipt.objects.filter(supplier_id=actor.organisation_id, reference__in=references)
        .order_by()
        .values_list("reference", "total_micro")
    )


@dataclass(frozen=True, slots=True)
class SpendingView:
    """What an organisation was charged since a moment, and how much of it vouchers paid."""

    since: datetime
    charged_micro: int
    voucher_micro: int


def spending_of(*, actor: Actor, days: int = 30) -> SpendingView:
    """The actor's own organisation over the last `days`."""
    authorize(actor, Permission.WALLET_VIEW)
    if actor.organisation_id is None:
        raise NotFound(what="wallet")
    since = now() - timedelta(days=days)
    sums = Receipt.objects.filter(organisation_id=actor.organisation_id, issued_at__gte=since).aggregate(
        charged=Sum("total_micro"), voucher=Sum("voucher_micro")
    )
    return SpendingView(since, int(sums["charged"] or 0), int(sums["voucher"] or 0))


@dataclass(frozen=True, slots=True)
class OwedSupplier:
    """`owed == earned - paid`."""

    supplier_id: uuid.UUID
    name: str
    earned_micro: int
    paid_micro: int
    owed_micro: int


def owed_to(*, actor: Actor) -> OwedSupplier:
    """What the actor's own organisation earned, was paid and is owed, from the ledger's counters alone."""
    authorize(actor, Permission.STATEMENT_VIEW)
    if actor.organisation_id is None:
        raise NotFound(what="supplier")
    code = accounts.payable(actor.organisation_id)
    balance = ledger.balances([code]).get(code, NOTHING)
    return OwedSupplier(actor.organisation_id, "", balance.credits_posted, balance.debits_posted, balance.available)


def owed_suppliers(*, actor: Actor) -> list[OwedSupplier]:
    """Every supplier that has ever earned something, the one that is owed most at the front."""
    authorize(actor, Permission.PAYOUT_MAKE)
    receipts = Receipt.objects.filter(supplier=OuterRef("pk"))
    suppliers = Organisation.objects.filter(Exists(receipts)).only("id", "name", "name_en")
    names = {supplier.pk: supplier.shown_name for supplier in suppliers}
    balances = ledger.balances([accounts.payable(supplier_id) for supplier_id in names])
    owed = []
    for supplier_id, name in names.items():
        balance = balances.get(accounts.payable(supplier_id), NOTHING)
        owed.append(OwedSupplier(supplier_id, name, balance.credits_posted, balance.debits_posted, balance.available))
    return sorted(owed, key=lambda one: (-one.owed_micro, one.name))


# ── a wallet's statement ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a wallet's statement. `posted_micro` came (positive) or went (negative) for good; `pending_micro` was
    set aside (positive) or freed (negative)."""

    at: datetime
    code: str
    posted_micro: int
    pending_micro: int
    receipt_id: uuid.UUID | None
    receipt_number: str


@dataclass(frozen=True, slots=True)
class MovementPage:
    lines: tuple[Movement, ...]
    next: int | None


def wallet_movements(*, actor: Actor, organisation_id: uuid.UUID, cursor: int | None = None) -> MovementPage:
    """The wallet's ledger transfers, newest first. Empty before anything was paid in."""
    if not actor.may(Permission.WALLET_TOP_UP):
        authorize(actor, Permission.WALLET_VIEW, organisation_id=organisation_id, what="wallet")
    wallet = Wallet.objects.filter(organisation_id=organisation_id).first()
    if wallet is None:
        return MovementPage((), None)
    page = ledger.statement(wallet.account, cursor=cursor)
    references = {transfer.reference for transfer in page.transfers if transfer.reference}
    receipts = {
        receipt.reference: receipt
        for receipt in Receipt.objects.filter(reference__in=references, organisation_id=organisation_id).only(
            "id", "number", "reference"
        )
    }
    code = accounts.wallet(organisation_id)
    return MovementPage(tuple(_movement(transfer, code, receipts) for transfer in page.transfers), page.next)


def _movement(transfer: TransferView, wallet: str, receipts: dict[uuid.UUID, Receipt]) -> Movement:
    receipt = receipts.get(transfer.reference) if transfer.reference else None
    return Movement(
        at=transfer.at,
        code=transfer.code,
        posted_micro=transfer.posted if transfer.credit == wallet else -transfer.posted,
        pending_micro=transfer.pending,
        receipt_id=receipt.id if receipt else None,
        receipt_number=receipt.number if receipt else "",
    )


@dataclass(frozen=True, slots=True)
class OrganisationWallet:
    organisation_id: uuid.UUID
    name: str
    available_micro: int
    held_micro: int
    spent_micro: int


def wallets(*, actor: Actor) -> list[OrganisationWallet]:
    """Every wallet that was ever opened, by the organisation's name. Two queries."""
    authorize(actor, Permission.WALLET_TOP_UP)
    wallets = Wallet.objects.order_by("organisation__name").select_related("organisation")
    names = [(wallet.organisation_id, wallet.organisation.shown_name) for wallet in wallets]
    balances = ledger.balances([accounts.wallet(organisation_id) for organisation_id, _name in names])
    found = []
    for organisation_id, name in names:
        balance = balances.get(accounts.wallet(organisation_id), NOTHING)
        found.append(
            OrganisationWallet(organisation_id, name, balance.available, balance.debits_pending, balance.debits_posted)
        )
    return found
