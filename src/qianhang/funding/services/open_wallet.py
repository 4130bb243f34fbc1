import uuid

from django.db import transaction

from qianhang.core.access import Actor, Permission, authorize

from .. import accounts


@transaction.atomic
def open_wallet(*, actor: Actor, organisation_id: uuid.UUID) -> int:
    """Opens the organisation's wallet at the ledger and returns its account id. Safe to repeat.

    Raises: NotFound for a foreign organisation, unless the actor may credit wallets.
    """
    if not actor.may(Permission.WALLET_TOP_UP):
        authorize(actor, Permission.WALLET_VIEW, organisation_id=organisation_id, what="wallet")
    return accounts.wallet_of(organisation_id).account
