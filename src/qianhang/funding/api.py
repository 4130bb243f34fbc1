"""REST: wallets, voucher programmes, vouchers, receipts, suppliers' statements and payouts."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from qianhang.core.errors import NotFound
from qianhang.core.web.pages import actor_of
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate

from . import queries
from .api_shapes import (
    AppropriationIn,
    PayoutIn,
    PayoutOut,
    ProgrammeIn,
    ProgrammeOut,
    ReceiptOut,
    StatementOut,
    TopUpIn,
    VoucherIn,
    VoucherOut,
    VoucherStepIn,
    WalletOut,
    WholeReceiptOut,
)
from .services import (
    create_voucher_programme,
    freeze_voucher,
    fund_voucher_programme,
    issue_voucher,
    make_payout,
    revoke_voucher,
    top_up_wallet,
    unfreeze_voucher,
)
from .shapes import PayoutView, ProgrammeView, ReceiptView, StatementView, VoucherView, WalletView

router = Router()


def _own(request: HttpRequest) -> UUID:
    """The organisation this request acts for. Raises NotFound when it acts for none."""
    organisation_id = actor_of(request).organisation_id
    if organisation_id is None:
        raise NotFound(what="organisation")
    return organisation_id


@router.get("/wallet", response=WalletOut, tags=["wallet"])
def own_wallet(request: HttpRequest) -> WalletView:
    """The wallet of the organisation this request acts for."""
    return queries.wallet_of(actor=actor_of(request), organisation_id=_own(request))


@router.get("/wallets/{organisation_id}", response=WalletOut, tags=["wallet"])
def wallet(request: HttpRequest, organisation_id: UUID) -> WalletView:
    return queries.wallet_of(actor=actor_of(request), organisation_id=organisation_id)


@router.post("/wallets/{organisation_id}/top-ups", response={201: WalletOut}, tags=["wallet"])
def top_up(request: HttpRequest, organisation_id: UUID, wish: TopUpIn) -> Status[WalletView]:
    """Credit a wallet with money that arrived. The programme office's."""
    return Status(201, top_up_wallet(actor=actor_of(request), organisation_id=organisation_id, **wish.dict()))


@router.get("/voucher-programmes", response=PageOf[ProgrammeOut], tags=["vouchers"])
def list_programmes(request: HttpRequest, page: Query[PageQuery]) -> Page[ProgrammeView]:
    rows = queries.programmes_seen(actor=actor_of(request))
    found = paginate(rows, key="pk", cursor=page.cursor, limit=page.limit)
    return Page(queries.programme_views(found.items), found.next)


@router.post("/voucher-programmes", response={201: ProgrammeOut}, tags=["vouchers"])
def open_programme(request: HttpRequest, wish: ProgrammeIn) -> Status[ProgrammeView]:
    """Open a voucher programme of the organisation this request acts for, with an empty pool."""
    made = create_voucher_programme(actor=actor_of(request), organisation_id=_own(request), **wish.dict())
    return Status(201, made)


@router.get("/voucher-programmes/{programme_id}", response=ProgrammeOut, tags=["vouchers"])
def programme(request: HttpRequest, programme_id: UUID) -> ProgrammeView:
    return queries.programme_of(actor=actor_of(request), programme_id=programme_id)


@router.post("/voucher-programmes/{programme_id}/appropriations", response={201: ProgrammeOut}, tags=["vouchers"])
def fund_programme(request: HttpRequest, programme_id: UUID, wish: AppropriationIn) -> Status[ProgrammeView]:
    """Put budget into a programme's pool."""
    return Status(201, fund_voucher_programme(actor=actor_of(request), programme_id=programme_id, **wish.dict()))


@router.get("/vouchers", response=PageOf[VoucherOut], tags=["vouchers"])
def list_vouchers(
    request: HttpRequest, page: Query[PageQuery], programme_id: UUID | None = None, state: str = ""
) -> Page[VoucherView]:
    """Vouchers this request may see, newest first, with what is left on each."""
    rows = queries.vouchers_seen(actor=actor_of(request), programme_id=programme_id, state=state)
    found = paginate(rows, key="pk", cursor=page.cursor, limit=page.limit)
    return Page(queries.voucher_views(found.items), found.next)


@router.post("/vouchers", response={201: VoucherOut}, tags=["vouchers"])
def issue(request: HttpRequest, wish: VoucherIn) -> Status[VoucherView]:
    """Give an organisation a voucher, paid for out of the programme's pool."""
    return Status(201, issue_voucher(actor=actor_of(request), **wish.dict()))


@router.get("/vouchers/{voucher_id}", response=VoucherOut, tags=["vouchers"])
def voucher(request: HttpRequest, voucher_id: UUID) -> VoucherView:
    return queries.voucher_of(actor=actor_of(request), voucher_id=voucher_id)


@router.post("/vouchers/{voucher_id}/freeze", response=VoucherOut, tags=["vouchers"])
def freeze(request: HttpRequest, voucher_id: UUID, step: VoucherStepIn) -> VoucherView:
    """Stop a voucher from paying until it is unfrozen."""
    return freeze_voucher(actor=actor_of(request), voucher_id=voucher_id, reason=step.reason)


@router.post("/vouchers/{voucher_id}/unfreeze", response=VoucherOut, tags=["vouchers"])
def unfreeze(request: HttpRequest, voucher_id: UUID, step: VoucherStepIn) -> VoucherView:
    return unfreeze_voucher(actor=actor_of(request), voucher_id=voucher_id, reason=step.reason)


@router.post("/vouchers/{voucher_id}/revoke", response=VoucherOut, tags=["vouchers"])
def revoke(request: HttpRequest, voucher_id: UUID, step: VoucherStepIn) -> VoucherView:
    """End a voucher for good; what is unspent returns to the pool."""
    return revoke_voucher(actor=actor_of(request), voucher_id=voucher_id, reason=step.reason)


@router.get("/receipts", response=PageOf[ReceiptOut], tags=["receipts"])
def list_receipts(
    request: HttpRequest, page: Query[PageQuery], reference: UUID | None = None, number: str = ""
) -> Page[ReceiptView]:
    """Receipts this request may see (paid by or owed to its organisation), newest first.

    Who is owed is not told who paid."""
    actor = actor_of(request)
    rows = queries.receipts_seen(actor=actor, reference=reference, number=number)
    found = paginate(rows, key="issued_at", cursor=page.cursor, limit=page.limit)
    return Page(queries.receipt_views(found.items, actor=actor), found.next)


@router.get("/receipts/{receipt_id}", response=WholeReceiptOut, tags=["receipts"])
def receipt(request: HttpRequest, receipt_id: UUID) -> ReceiptView:
    """One receipt with its lines."""
    return queries.receipt(actor=actor_of(request), receipt_id=receipt_id)


@router.get("/suppliers/{supplier_id}/statement", response=StatementOut, tags=["suppliers"])
def statement(request: HttpRequest, supplier_id: UUID) -> StatementView:
    """What a supplier earned month by month, what was paid out, and what is still owed."""
    return queries.statement_of_supplier(actor=actor_of(request), supplier_id=supplier_id)


@router.post("/suppliers/{supplier_id}/payouts", response={201: PayoutOut}, tags=["suppliers"])
def pay_out(request: HttpRequest, supplier_id: UUID, wish: PayoutIn) -> Status[PayoutView]:
    """Record money paid out to a supplier. Needs a signed-in person who proved who they are within ten minutes."""
    return Status(201, make_payout(actor=actor_of(request), supplier_id=supplier_id, **wish.dict()))
