import uuid

from django.db import transaction

from qianhang.core import audit, ledger
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id
from qianhang.core.ledger import Transfer

from .. import accounts
from ..errors import required_text, whole_fen
from ..moving import move_once
from ..recipients import active_organisation
from ..shapes import WalletView


@transaction.atomic
def top_up_wallet(*, actor: Actor, organisation_id: uuid.UUID, amount_micro: int, key: str, reason: str) -> WalletView:
    """Credits a wallet with money that arrived, in whole fen. `key` names the payment: once is all it counts.

    Raises:
        InvalidInput: the amount, or an empty key or reason.
        NotFound, NotActive: the organisation.
        KeyReused: the key named another amount before.
    """
    authorize(actor, Permission.WALLET_TOP_UP, organisation_id=organisation_id, what="organisation")
    whole_fen(amount_micro)
    key = required_text(key, path="key", most=200)
    reason = required_text(reason, path="reason", most=500)
    active_organisation(actor, organisation_id)
    wallet = accounts.wallet_of(organisation_id).account
    is_new = move_once(
        Transfer(
            id=derived_id("top-up", organisation_id, key),
            debit=accounts.open_treasury(),
            credit=wallet,
            amount=amount_micro,
            code="top_up",
            reference=organisation_id,
        )
    )
    if is_new:
        audit.record(
            actor=actor,
            action="wallet.topped_up",
            subject="wallet",
            subject_id=organisation_id,
            organisation_id=organisation_id,
            after={"amount_micro": amount_micro, "key": key},
            reason=reason,
        )
    balance = ledger.balances([accounts.wallet(organisation_id)])[accounts.wallet(organisation_id)]
    return WalletView.of(organisation_id, balance)
