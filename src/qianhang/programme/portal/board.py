"""The scoreboard of a plan: every target with where it stands, where it should stand, and the light."""

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.web.pages import Listing, actor_of, render_page, signed_in

from ..exports import csv_of, sdmx_json
from ..labels import LIGHTS
from ..queries.board import Board, TargetView, scoreboard
from ..rules.figures import rounded
from ..rules.light import Light
from ..services import observe
from .board_chart import Spark, spark
from .board_words import wanted
from .words import PERIODS, by_day, figure

FED, UNFED = "yes", "no"
SENDER = "qianhang"
_LAST_DAY = date.max
_LOUDEST_FIRST = {Light.RED: 0, Light.YELLOW: 1, Light.GREY: 2, Light.GREEN: 3}
SORTS: dict[str, Promise] = {
    "": _lazy("Order of the plan"),
    "light": _lazy("What needs attention first"),
    "deadline": _lazy("Deadline"),
    "progress": _lazy("Progress, least first"),
    "indicator": _lazy("Indicator"),
}
_KEYS: dict[str, Callable[[TargetView], Any]] = {
    "light": lambda one: _LOUDEST_FIRST[Light(one.light)],
    "deadline": lambda one: one.deadline or _LAST_DAY,
    "progress": lambda one: -1 if one.progress_percent is None else one.progress_percent,
    "indicator": lambda one: one.indicator,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One target as a row of the board."""

    view: TargetView
    wanted: str
    by: str
    period: str | Promise
    latest: str
    percent: str
    share: float
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class Shelf:
    value: str
    label: str | Promise
    count: int
    url: str
    is_current: bool


@signed_in
def plan_board(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    listing = Listing.of(
        request,
        names=("light", "owner", "year", "fed", "q", "sort"),
        choices={"light": list(Light), "fed": (FED, UNFED), "sort": SORTS},
    )
    board = scoreboard(actor=actor, plan_id=plan_id)
    kept = chosen(board.targets, listing)
    if listing.wants_csv:
        return download(csv_of(kept), f"scoreboard-{plan_id}.csv", "text/csv")
    if request.GET.get("export") == "sdmx":
        return download(sdmx_of(kept, message_id=f"scoreboard-{plan_id}"), f"scoreboard-{plan_id}.json", SDMX_TYPE)
    context = {
        **plan_frame(actor, board),
        "listing": listing,
        "lines": [line_of(one) for one in kept],
        "shelves": _shelves(board, listing),
        "owners": sorted({(str(one.owner_id), one.owner) for one in board.targets if one.owner_id}, key=lambda o: o[1]),
        "years": sorted({str(one.deadline.year) for one in board.targets if one.deadline}),
        "sorts": SORTS.items(),
        "is_narrowed": set(listing.values) - {"sort"},
        "sdmx_url": listing.url(export="sdmx"),
        "unfed": sum(one.binding is None for one in board.targets),
    }
    return render_page(request, "programme/board.html", context, title=_("Scoreboard"))


@signed_in
@require_POST
def plan_count(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Counts every measure that feeds a target of the plan, now instead of tonight."""
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    board = scoreboard(actor=actor, plan_id=plan_id)
    codes = sorted({one.binding.measure for one in board.targets if one.binding and one.binding.measure})
    if codes:
        seen = observe(actor=actor, codes=codes)
        messages.success(
            request,
            ngettext("{n} measure has a new value.", "{n} measures have a new value.", len(seen.new)).format(
                n=len(seen.new)
            ),
        )
    else:
        messages.info(request, _("No measure feeds a target of this plan yet."))
    return HttpResponseRedirect(reverse("plan_board", args=[plan_id]))


def plan_frame(actor: Actor, board: Board) -> dict[str, Any]:
    """What the head of a page of one plan needs."""
    return {"plan": board.plan, **rights(actor)}


def rights(actor: Actor) -> dict[str, bool]:
    return {
        "may_oversee": actor.may(Permission.PLAN_OVERSEE),
        "may_manage": actor.may(Permission.PLAN_MANAGE),
        "may_audit": actor.may(Permission.AUDIT_VIEW),
    }


def chosen(targets: Iterable[TargetView], listing: Listing) -> list[TargetView]:
    """Those that the filters leave, in the order that was asked for; ties stay in the order of the plan."""
    values = listing.values
    kept = [one for one in targets if _fits(one, values)]
    key = _KEYS.get(values.get("sort", ""))
    return sorted(kept, key=key) if key else kept


def _fits(one: TargetView, values: Any) -> bool:
    asked = (
        ("light", one.light),
        ("owner", str(one.owner_id)),
        ("year", str(one.deadline.year) if one.deadline else ""),
        ("fed", UNFED if one.binding is None else FED),
    )
    words = f"{one.indicator} {one.scope} {one.task_title}".casefold()
    return all(values.get(name) in (None, is_) for name, is_ in asked) and values.get("q", "").casefold() in words


def line_of(one: TargetView) -> Line:
    percent = one.progress_percent
    return Line(
        view=one,
        wanted=wanted(one),
        by=by_day(one.deadline),
        period=PERIODS.get(one.period, ""),
        latest="" if one.latest is None else figure(one.latest.value),
        percent="" if percent is None else f"{rounded(percent):,}%",
        share=0.0 if percent is None else min(max(float(percent), 0.0), 100.0),
        spark=spark(one),
    )


def _shelves(board: Board, listing: Listing) -> list[Shelf]:
    current = listing.values.get("light", "")
    every = Shelf("", _("All"), len(board.targets), listing.url(light=None), not current)
    loudest = sorted(Light, key=_LOUDEST_FIRST.__getitem__)
    return [every] + [
        Shelf(light.value, LIGHTS[light], board.lights[light.value], listing.url(light=light.value), current == light)
        for light in loudest
    ]


SDMX_TYPE = "application/vnd.sdmx.data+json;version=2.0.0"


def sdmx_of(targets: Sequence[TargetView], *, message_id: str, prepared: datetime | None = None) -> str:
    message = sdmx_json(targets, prepared=prepared or now(), sender=SENDER, message_id=message_id)
    return json.dumps(message, ensure_ascii=False)


def download(text: str, filename: str, media_type: str) -> HttpResponse:
    """A byte order mark only for CSV, so that Excel reads Chinese."""
    is_csv = media_type == "text/csv"
    body = ("\ufeff" + text if is_csv else text).encode()
    response = HttpResponse(body, content_type=f"{media_type}; charset=utf-8" if is_csv else media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
