"""The operator's view of everybody's queue."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from qianhang.core.access import Permission
from qianhang.core.web.pages import Listing, actor_of, render_page, signed_in

from .. import overviews


@signed_in
@never_cache
def queue_page(request: HttpRequest) -> HttpResponse:
    """Who waits for what, who runs where. htmx asks for the body alone every few seconds."""
    actor = actor_of(request)
    listing = Listing.of(request, names=("organisation",))
    context = {
        "queue": overviews.queue_of(actor=actor, organisation_id=_organisation(listing)),
        "listing": listing,
        "may_cancel": actor.may(Permission.QUEUE_MANAGE),
        "shown": overviews.QUEUE_SHOWN,
    }
    if request.headers.get("HX-Request"):
        return render(request, "compute/queue_body.html", context)
    return render_page(request, "compute/queue.html", context, title=_("Queue"))


def _organisation(listing: Listing) -> uuid.UUID | None:
    try:
        return uuid.UUID(listing.values.get("organisation", ""))
    except ValueError:
        return None
