"""What funding says on a person's dashboard."""

from qianhang.core.access import Actor, Permission
from qianhang.portal.views import Panel

from .. import overviews, queries


def money_panel(actor: Actor) -> Panel | None:
    """The wallet and the vouchers of an organisation that pays for jobs."""
    if actor.organisation_id is None or not actor.may(Permission.WALLET_VIEW) or actor.may(Permission.QUEUE_VIEW):
        return None
    context = {
        "wallet": queries.wallet_of(actor=actor, organisation_id=actor.organisation_id),
        "vouchers": queries.usable_vouchers(actor=actor, organisation_id=actor.organisation_id),
    }
    return Panel("funding/dashboard_money.html", context, wide=False)


def owed_panel(actor: Actor) -> Panel | None:
    """What a supplier is owed."""
    if actor.organisation_id is None or not actor.may(Permission.STATEMENT_VIEW):
        return None
    return Panel("funding/dashboard_owed.html", {"owed": overviews.owed_to(actor=actor)}, wide=False)


def office_panel(actor: Actor) -> Panel | None:
    """What the platform moved and owes, for those who pay."""
    if not actor.may(Permission.PAYOUT_MAKE):
        return None
    owed = overviews.owed_suppliers(actor=actor)
    context = {name: sum(getattr(one, name) for one in owed) for name in ("earned_micro", "paid_micro", "owed_micro")}
    return Panel("funding/dashboard_office.html", context, wide=False)
