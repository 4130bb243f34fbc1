"""The one screen: a plan's targets as trajectories, what runs and what is paid at the sides, alerts at the foot.

A wall of a metre and a half is read from five metres: the smallest words are 2.2 per cent of its height (wall.css). The
page asks for itself every ten seconds and says when it was last true; without JavaScript the browser loads it anew.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from qianhang.compute import overviews as compute
from qianhang.core.access import Actor, Permission
from qianhang.core.web.pages import Text, actor_of, render_page, signed_in

from ..labels import LIGHTS, SYSTEM_STATES, TASK_STATES
from ..observing import today
from ..queries.board import TargetView
from ..queries.wall import Alert, Wall, wall
from ..rules.light import Light
from ..rules.states import TaskState
from .board_words import wanted
from .wall_chart import WallWay, wall_way
from .wall_words import Amount, amount_of, missing, reached
from .words import PERIODS

EVERY_S = 10
# What fits on a wall of two screens' width; a narrower one shows the first of them.
TARGETS_SHOWN = 12
ALERTS_SHOWN = 6
# Targets that nothing feeds yet are named in the rows that so many others leave; a row is six, on a narrow wall four.
WAITING_ROWS = ((3, 3), (6, 2), (9, 1))
WAITING_IN_ROW = 6
LOUDEST_FIRST = {Light.RED: 0, Light.YELLOW: 1, Light.GREEN: 2, Light.GREY: 3}
COMPUTE_NUMBERS = ("compute.fleet_pflops", "compute.jobs_finished")
COMPUTE_SHARES = (
    "compute.card_utilisation",
    "compute.cpu_utilisation",
    "compute.domestic_share",
    "compute.green_share",
)
COMPUTE_FACTS = ("compute.clusters", "compute.users_served", "compute.pue")
FUNDING_NUMBERS = ("funding.voucher_value_issued", "funding.voucher_value_redeemed", "funding.organisations_helped")
FULL = Decimal(100)
LEFT_OUT = {TaskState.DROPPED}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the page that proves it."""

    key: str
    label: Text
    amount: Amount
    url: str
    note: str = ""
    share: float | None = None
    """In per cent of full, where it is one."""


@dataclass(frozen=True, slots=True)
class Card:
    """A target that something feeds."""

    view: TargetView
    wanted: str
    amount: Amount | None
    way: WallWay


@dataclass(frozen=True, slots=True)
class Waiting:
    """A target that nothing feeds yet: what it asks for, and by when."""

    view: TargetView
    wanted: str
    when: str | Promise


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of tasks or systems. `share` is in per cent of all."""

    state: str
    label: str | Promise
    count: int
    share: float
    url: str


@dataclass(frozen=True, slots=True)
class Warning:
    kind: str
    title: str
    detail: str
    day: date | None
    url: str
    light: str


@signed_in
def wall_page(request: HttpRequest, plan_id: uuid.UUID | None = None) -> HttpResponse:
    """`plan_id` for one plan; without, the newest with live targets."""
    actor = actor_of(request)
    shown = wall(actor=actor, plan_id=plan_id)
    context = {"may_manage": actor.may(Permission.PLAN_MANAGE), "every": EVERY_S, "every_without_script": EVERY_S * 3}
    return render_page(request, "programme/wall.html", context | screen_of(actor, shown), title=_("One screen"))


def screen_of(actor: Actor, shown: Wall | None) -> dict[str, Any]:
    """What the template shows; without a plan only that there is none."""
    if shown is None:
        return {"screen": None}
    day, board = today(), reverse("plan_board", args=[shown.plan.id])
    fed, unfed = apart(shown.targets)
    rows = _rows_for_waiting(len(fed))
    return {
        "screen": shown,
        "board_url": board,
        "on_track": shown.lights[Light.GREEN],
        "lights": [
            (light.value, LIGHTS[light], shown.lights[light], f"{board}?light={light}") for light in LOUDEST_FIRST
        ],
        "cards": [card_of(one, day) for one in fed[:TARGETS_SHOWN]],
        "waiting": [_waiting(one) for one in unfed[: rows * WAITING_IN_ROW]],
        "waiting_rows": rows,
        "unfed": len(unfed),
        "compute": _compute(actor, shown),
        "fleet": [*_figures(shown, COMPUTE_SHARES, shares=True), *_figures(shown, COMPUTE_FACTS)],
        "funding": _figures(shown, FUNDING_NUMBERS),
        "tasks": bars(shown.tasks, TASK_STATES, reverse("plan_tasks", args=[shown.plan.id])),
        "systems": bars(shown.systems, SYSTEM_STATES, reverse("system_list") + f"?plan={shown.plan.id}"),
        "warnings": [_warning(one, shown) for one in shown.alerts[:ALERTS_SHOWN]],
        "more_warnings": max(len(shown.alerts) - ALERTS_SHOWN, 0),
    }


def apart(targets: Sequence[TargetView]) -> tuple[list[TargetView], list[TargetView]]:
    """Those that something feeds, what needs attention first, and the others; ties stay in the order of the plan."""
    fed = [one for one in targets if one.binding is not None]
    return sorted(fed, key=lambda one: LOUDEST_FIRST[Light(one.light)]), [one for one in targets if one.binding is None]


def card_of(view: TargetView, day: date) -> Card:
    return Card(
        view=view,
        wanted=wanted(view),
        amount=None if view.latest is None else amount_of(view.latest.value, view.unit),
        way=wall_way(view, day),
    )


def _waiting(view: TargetView) -> Waiting:
    return Waiting(view, wanted(view), str(view.deadline.year) if view.deadline else PERIODS.get(view.period, ""))


def _rows_for_waiting(fed: int) -> int:
    return next((rows for most, rows in WAITING_ROWS if fed <= most), 0)


def bars(counts: Mapping[str, int], labels: Mapping[Any, str | Promise], url: str) -> list[Bar]:
    every = sum(counts.values())
    glue = "&" if "?" in url else "?"
    return [
        Bar(
            state=state.value,
            label=label,
            count=counts.get(state.value, 0),
            share=round(100 * counts.get(state.value, 0) / every, 1) if every else 0.0,
            url=f"{url}{glue}state={state.value}",
        )
        for state, label in labels.items()
        if state not in LEFT_OUT and (counts.get(state.value) or state != TaskState.BLOCKED)
    ]


def _compute(actor: Actor, shown: Wall) -> list[Figure]:
    """The large numbers of compute, with the queue where the reader may see it."""
    found = _figures(shown, COMPUTE_NUMBERS)
    if actor.may(Permission.QUEUE_VIEW):
        queue = compute.queue_numbers(actor=actor)
        waiting = _("{n} waiting").format(n=queue.waiting) if queue.waiting else _("none waiting")
        running = Figure("running", _("Jobs running now"), Amount(f"{queue.running:,}", ""), reverse("queue"), waiting)
        found.insert(1 if found else 0, running)
    return found


def _figures(shown: Wall, codes: Sequence[str], *, shares: bool = False) -> list[Figure]:
    """Those of the measures that say something."""
    return [
        Figure(
            key=code.replace(".", "-"),
            label=one.name,
            amount=amount_of(one.value, one.unit),
            url=reverse("measure", args=[code]),
            share=float(min(max(one.value, Decimal(0)), FULL)) if shares else None,
        )
        for code in codes
        if (one := shown.numbers.get(code)) is not None
    ]


def _warning(alert: Alert, shown: Wall) -> Warning:
    if alert.target_id is not None:
        target = next(one for one in shown.targets if one.id == alert.target_id)
        url, detail = reverse("target", args=[alert.target_id]), missing(target)
    else:
        url, detail = reverse("programme_task", args=[alert.task_id]), reached(alert.day, alert.detail)
    return Warning(alert.kind, alert.title, detail, alert.day, url, Light.RED if alert.target_id else Light.YELLOW)
