"""A supplier's account: what ran on its clusters, what it is owed, what was paid. Here and not in funding because it
shows both, and compute stands above."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from qianhang.core.access import Permission, authorize
from qianhang.core.errors import NotFound
from qianhang.core.units.money import exact_yuan
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, signed_in
from qianhang.core.web.paging import paginate
from qianhang.funding import queries as funding

from .. import overviews
from ..labels import STATE_CHOICES


@signed_in
def supplier_page(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.STATEMENT_VIEW)
    if actor.organisation_id is None:
        raise NotFound(what="supplier")
    statement = funding.statement_of_supplier(actor=actor, supplier_id=actor.organisation_id)
    listing = Listing.of(request, names=("state",), choices={"state": [state for state, _label in STATE_CHOICES]})
    if listing.wants_csv:
        return csv_response(
            "statement.csv",
            [_("Month"), _("Receipts"), _("Earned (yuan)")],
            [
                [month.month, month.receipts, exact_yuan(month.earned_micro).replace(",", "")]
                for month in statement.months
            ],
        )
    rows = overviews.supplied_runs(actor=actor, state=listing.values.get("state", ""))
    page = paginate(rows, key="placed_at", cursor=listing.cursor)
    return render_page(
        request,
        "compute/supplier.html",
        {
            "statement": statement,
            "page_panel": {"clusters": overviews.supplied_clusters(actor=actor)},
            "runs": overviews.supplied_views(actor=actor, rows=page.items),
            "listing": listing,
            "next_url": listing.next_url(page.next),
            "states": STATE_CHOICES,
        },
        title=_("Supplier's account"),
    )
