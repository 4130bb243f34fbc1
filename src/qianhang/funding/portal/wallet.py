"""What an organisation has, holds and was charged."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import NotFound
from qianhang.core.units.money import MICRO_PER_YUAN
from qianhang.core.web.pages import Listing, actor_of, csv_response, read_day, render_page, signed_in
from qianhang.core.web.paging import paginate

from .. import overviews, queries
from ..models import Receipt

CSV_CHUNK = 1_000


def _organisation(actor: Actor) -> uuid.UUID:
    authorize(actor, Permission.WALLET_VIEW)
    if actor.organisation_id is None:
        raise NotFound(what="wallet")
    return actor.organisation_id


@signed_in
def wallet_page(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    organisation_id = _organisation(actor)
    listing = Listing.of(request, names=("since", "until"))
    receipts = _receipts(actor, organisation_id, listing)
    if listing.wants_csv:
        return csv_response("receipts.csv", _csv_header(), _csv_rows(actor, receipts))
    page = paginate(receipts, key="issued_at", cursor=listing.cursor)
    return render_page(
        request,
        "funding/wallet.html",
        {
            "wallet": queries.wallet_of(actor=actor, organisation_id=organisation_id),
            "vouchers": queries.vouchers_of(actor=actor, organisation_id=organisation_id),
            "spending": overviews.spending_of(actor=actor),
            "receipts": queries.receipt_views(page.items, actor=actor),
            "listing": listing,
            "next_url": listing.next_url(page.next),
        },
        title=_("Wallet and vouchers"),
    )


def _receipts(actor: Actor, organisation_id: uuid.UUID, listing: Listing) -> QuerySet[Receipt]:
    rows = queries.receipts_seen(actor=actor, organisation_id=organisation_id)
    if since := read_day(listing.values.get("since", "")):
        rows = rows.filter(issued_at__gte=since)
    if until := read_day(listing.values.get("until", "")):
        rows = rows.filter(issued_at__lt=until + timedelta(days=1))
    return rows


def _csv_header() -> list[str]:
    return [
        _("Number"),
        _("Issued"),
        _("Supplier"),
        _("Total (yuan)"),
        _("Voucher (yuan)"),
        _("Wallet (yuan)"),
        _("Voucher"),
    ]


def _csv_rows(actor: Actor, receipts: QuerySet[Receipt]) -> Iterator[list[Any]]:
    cursor: str | None = None
    while True:
        page = paginate(receipts, key="issued_at", cursor=cursor, limit=CSV_CHUNK)
        for one in queries.receipt_views(page.items, actor=actor):
            yield [
                one.number,
                f"{timezone.localtime(one.issued_at):%Y-%m-%d %H:%M:%S}",
                one.supplier_name,
                *(_yuan(micro) for micro in (one.total_micro, one.voucher_micro, one.wallet_micro)),
                one.voucher_number,
            ]
        cursor = page.next
        if cursor is None:
            return


def _yuan(micro: int | None) -> Decimal | None:
    return None if micro is None else Decimal(micro) / MICRO_PER_YUAN


@signed_in
def wallet_statement(request: HttpRequest) -> HttpResponse:
    """Every movement of the wallet, straight from the ledger."""
    actor = actor_of(request)
    listing = Listing.of(request, names=())
    cursor = listing.cursor if listing.cursor and listing.cursor.isascii() and listing.cursor.isdigit() else None
    page = overviews.wallet_movements(
        actor=actor, organisation_id=_organisation(actor), cursor=min(int(cursor), 2**63 - 1) if cursor else None
    )
    return render_page(
        request,
        "funding/statement.html",
        {"lines": page.lines, "listing": listing, "next_url": listing.next_url(str(page.next) if page.next else None)},
        title=_("Statement of the wallet"),
    )


@signed_in
def receipt_page(request: HttpRequest, receipt_id: uuid.UUID) -> HttpResponse:
    receipt = queries.receipt(actor=actor_of(request), receipt_id=receipt_id)
    title = _("Receipt {number}").format(number=receipt.number)
    return render_page(request, "funding/receipt.html", {"receipt": receipt}, title=title)
