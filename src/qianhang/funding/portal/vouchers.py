"""A programme's vouchers as the office handles them: one by one, many at once, as a table to download."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.units.money import MICRO_PER_YUAN
from qianhang.core.web.bulk import BulkAction, answer_bulk
from qianhang.core.web.pages import actor_of, local_stamp, signed_in
from qianhang.core.web.paging import paginate

from .. import queries
from ..models import Voucher
from ..services import freeze_voucher, revoke_voucher, unfreeze_voucher
from ..shapes import VoucherView

CSV_CHUNK = 1_000
STEPS: Mapping[str, Callable[..., VoucherView]] = {
    "freeze": freeze_voucher,
    "unfreeze": unfreeze_voucher,
    "revoke": revoke_voucher,
}
_AFTER = {"freeze": Voucher.State.FROZEN, "unfreeze": Voucher.State.ACTIVE, "revoke": Voucher.State.REVOKED}


@signed_in
@require_POST
def voucher_step(request: HttpRequest, voucher_id: uuid.UUID) -> HttpResponse:
    """Freezes, unfreezes or revokes, with a reason."""
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    voucher = step(actor=actor_of(request), voucher_id=voucher_id, reason=request.POST.get("reason", ""))
    messages.success(
        request,
        _("Voucher {number} is now: {state}.").format(number=voucher.number, state=Voucher.State(voucher.state).label),
    )
    return HttpResponseRedirect(reverse("programme", args=[voucher.programme_id]))


@signed_in
@require_POST
def voucher_bulk(request: HttpRequest, programme_id: uuid.UUID) -> HttpResponse:
    """The same steps for the vouchers of this programme that were ticked."""
    actor = actor_of(request)
    authorize(actor, Permission.VOUCHER_ISSUE)
    programme = queries.programme_of(actor=actor, programme_id=programme_id)

    def names(ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, str]]:
        rows = queries.vouchers_seen(actor=actor, programme_id=programme.id).filter(id__in=ids)
        return [(one.id, f"{one.number} · {one.organisation.shown_name}") for one in rows.order_by("issued_at")]

    actions = (
        BulkAction(
            name="freeze",
            label=_("Freeze the selected vouchers"),
            run=partial(_step_once, actor, "freeze"),
            warning=_("A frozen voucher pays for no new job until it is unfrozen."),
            needs_reason=True,
        ),
        BulkAction(
            name="unfreeze",
            label=_("Unfreeze the selected vouchers"),
            run=partial(_step_once, actor, "unfreeze"),
            needs_reason=True,
        ),
        BulkAction(
            name="revoke",
            label=_("Revoke the selected vouchers for good"),
            run=partial(_step_once, actor, "revoke"),
            warning=_("What is unspent goes back to the programme. A revoked voucher cannot be brought back."),
            danger=True,
            needs_reason=True,
        ),
    )
    return answer_bulk(request, actions=actions, names=names, back=reverse("programme", args=[programme.id]))


def _step_once(actor: Actor, step: str, voucher_id: uuid.UUID, reason: str) -> bool:
    """False where the voucher is already what the step would make it."""
    if queries.voucher_of(actor=actor, voucher_id=voucher_id).state == _AFTER[step]:
        return False
    STEPS[step](actor=actor, voucher_id=voucher_id, reason=reason)
    return True


def csv_header() -> list[str]:
    return [
        _("Number"), _("State"), _("Organisation"), _("Face (yuan)"), _("Spent (yuan)"), _("Set aside (yuan)"),
        _("Left (yuan)"), _("Issued"), _("Until"), _("Reason"),
    ]  # fmt: skip


def csv_rows(rows: QuerySet[Voucher]) -> Iterator[list[object]]:
    cursor: str | None = None
    while True:
        page = paginate(rows, key="issued_at", cursor=cursor, limit=CSV_CHUNK)
        for one in queries.voucher_views(page.items):
            amounts = (Decimal(micro) / MICRO_PER_YUAN for micro in (one.face, one.spent, one.held, one.available))
            state = str(Voucher.State(one.state).label)
            yield [
                one.number, state, one.organisation_name, *amounts, local_stamp(one.issued_at),
                local_stamp(one.expires_at), one.state_reason,
            ]  # fmt: skip
        cursor = page.next
        if cursor is None:
            return
