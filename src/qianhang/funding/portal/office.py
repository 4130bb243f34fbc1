"""The programme office's desk for money: credit wallets, pay suppliers. Paying asks who it is first."""

import uuid
from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError, StepUpRequired
from qianhang.core.units.money import exact_yuan
from qianhang.core.web.pages import actor_of, render_page, show_problems, signed_in

from .. import overviews
from ..overviews import OwedSupplier
from ..services import make_payout, top_up_wallet
from .forms import PayoutForm, TopUpForm
from .programmes import recipients

_DRAFT = "payout_draft"


@signed_in
def money_page(request: HttpRequest) -> HttpResponse:
    draft = request.session.pop(_DRAFT, None)
    if draft is None:
        return _page(request)
    messages.info(request, _("Thank you. Check the payout once more, then record it."))
    return _page(request, draft=draft)


def _owed(actor: Actor) -> list[OwedSupplier]:
    return overviews.owed_suppliers(actor=actor) if actor.may(Permission.PAYOUT_MAKE) else []


def _payable(owed: Sequence[OwedSupplier]) -> list[tuple[uuid.UUID, str]]:
    return [
        (one.supplier_id, _("{name}: owed {amount} yuan").format(name=one.name, amount=exact_yuan(one.owed_micro)))
        for one in owed
        if one.owed_micro > 0
    ]


def _page(
    request: HttpRequest,
    *,
    top_up_form: TopUpForm | None = None,
    payout_form: PayoutForm | None = None,
    draft: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.WALLET_TOP_UP)
    owed = _owed(actor)
    context = {
        "wallets": overviews.wallets(actor=actor),
        "owed": owed,
        **{name: sum(getattr(one, name) for one in owed) for name in ("earned_micro", "paid_micro", "owed_micro")},
        "payable": _payable(owed),
        "top_up_form": top_up_form or TopUpForm(organisations=recipients(actor)),
        "payout_form": payout_form or PayoutForm(suppliers=_payable(owed), initial=draft),
    }
    return render_page(request, "funding/office_money.html", context, title=_("Wallets and payouts"), status=status)


@signed_in
@require_POST
def top_up(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.WALLET_TOP_UP)
    form = TopUpForm(request.POST, organisations=recipients(actor))
    if form.is_valid():
        try:
            wallet = top_up_wallet(actor=actor, **form.cleaned_data)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            now_has = exact_yuan(wallet.available_micro)
            messages.success(request, _("The wallet is credited; it now has {amount} yuan.").format(amount=now_has))
            return HttpResponseRedirect(reverse("office_money"))
    return _page(request, top_up_form=form, status=422)


@signed_in
@require_POST
def payout(request: HttpRequest) -> HttpResponse:
    """Records a payment to a supplier. Without a fresh proof of identity the person is sent to give one."""
    actor = actor_of(request)
    form = PayoutForm(request.POST, suppliers=_payable(_owed(actor)))
    if form.is_valid():
        try:
            made = make_payout(actor=actor, **form.cleaned_data)
        except StepUpRequired:
            # The detour to the password ends on the desk again, which finds here what was filled in.
            request.session[_DRAFT] = {name: str(form.data.get(name, ""))[:200] for name in form.fields}
            raise
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            amount = exact_yuan(made.amount_micro)
            messages.success(request, _("The payout of {amount} yuan is recorded.").format(amount=amount))
            return HttpResponseRedirect(reverse("office_money"))
    return _page(request, payout_form=form, status=422)
