"""Lists of tasks: a plan's tree, what is overdue, one's own work, and the joint conference by department."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qianhang.core.access import Permission, authorize
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, safe_next, signed_in

from ..labels import TASK_STATES
from ..queries import work
from ..queries.plans import plan_detail
from ..queries.work import DUE_SOON_DAYS, TaskView
from ..rules.states import OPEN, TaskState
from ..services import ask_reminders
from .board import line_of, rights

STATES = [("open", _lazy("Not finished")), *((state.value, label) for state, label in TASK_STATES.items())]
HEADER = ("path", "number", "title", "state", "owner", "units", "due_on", "percent", "reported_at")


@signed_in
def plan_tasks(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    """The whole tree, or what the filters leave of it."""
    actor = actor_of(request)
    plan = plan_detail(actor=actor, plan_id=plan_id).plan
    listing = Listing.of(request, names=("state", "unit", "q"), choices={"state": [value for value, _label in STATES]})
    tree = work.task_tree(actor=actor, plan_id=plan_id)
    kept = [one for one in tree if _fits(one, listing)]
    if listing.wants_csv:
        return csv_response("tasks.csv", HEADER, _cells(kept))
    context = {
        **rights(actor),
        "plan": plan,
        "tasks": kept,
        "is_tree": not listing.is_filtered,
        "listing": listing,
        "states": STATES,
        "units": sorted({unit.name for one in tree for unit in one.units} | {one.owner for one in tree if one.owner}),
        "overdue": sum(one.is_overdue for one in tree),
    }
    return render_page(request, "programme/tasks.html", context, title=_("Tasks"))


def _fits(one: TaskView, listing: Listing) -> bool:
    state, unit = listing.values.get("state"), listing.values.get("unit")
    words = listing.values.get("q", "").casefold()
    is_open = one.state in OPEN
    return (
        (not state or (is_open if state == "open" else one.state == state))
        and (not unit or unit == one.owner or any(unit == each.name for each in one.units))
        and words in f"{one.number} {one.title}".casefold()
    )


def _cells(tasks: Iterable[TaskView]) -> Iterable[Sequence[object]]:
    for one in tasks:
        units = "、".join(unit.name for unit in one.units)
        yield (
            one.path, one.number, one.title, one.state_label, one.owner, units, one.due_on, one.percent, one.reported_at
        )  # fmt: skip


@signed_in
def plan_overdue(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    plan = plan_detail(actor=actor, plan_id=plan_id).plan
    context = {**rights(actor), "plan": plan, "tasks": work.overdue(actor=actor, plan_id=plan_id)}
    return render_page(request, "programme/overdue.html", context, title=_("Overdue tasks"))


@signed_in
@require_POST
def task_remind(request: HttpRequest) -> HttpResponse:
    """Asks about the tasks that were ticked, or about the one whose button was pressed."""
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    back = safe_next(request, otherwise=reverse("plan_list"))
    wanted = [uuid.UUID(one) for one in request.POST.getlist("id") if _is_uuid(one)]
    if not wanted:
        messages.warning(request, _("Tick at least one task."))
        return HttpResponseRedirect(back)
    made = ask_reminders(actor=actor, task_ids=wanted)
    if made.tasks:
        messages.success(
            request,
            ngettext("{n} person was written to.", "{n} people were written to.", made.people).format(n=made.people),
        )
    else:
        messages.info(request, _("All of them were asked about today already."))
    return HttpResponseRedirect(back)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@signed_in
def plan_departments(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """The joint conference: who leads and takes part in what."""
    actor = actor_of(request)
    rows = work.departments(actor=actor, plan_id=plan_id)
    plan = plan_detail(actor=actor, plan_id=plan_id).plan
    context = {
        **rights(actor),
        "plan": plan,
        "rows": rows,
        "milestones": work.milestones_of(actor=actor, plan_id=plan_id),
        "opinions": work.opinions_on(actor=actor, plan_id=plan_id),
        "unheard": [one for one in rows if one.organisation_id is None],
    }
    return render_page(request, "programme/departments.html", context, title=_("Joint conference"))


@signed_in
def my_work(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    mine = work.my_work(actor=actor)
    open_ones = [one for one in mine.tasks if one.state in OPEN]
    soon = [one for one in open_ones if one.days_left is not None and 0 <= one.days_left <= DUE_SOON_DAYS]
    late = sorted((one for one in open_ones if one.is_overdue), key=lambda one: one.due_on or 0)
    told = {one.id for one in (*soon, *late)}
    groups: list[tuple[Any, str, list[TaskView]]] = [
        (_("Overdue"), "overdue", late),
        (_("Due within 30 days"), "soon", soon),
        (_("Not finished"), "open", [one for one in open_ones if one.id not in told]),
        (_("Done or dropped"), "closed", [one for one in mine.tasks if one.state not in OPEN]),
    ]
    context = {
        **rights(actor),
        "mine": mine,
        "groups": [group for group in groups if group[2]],
        "lines": [line_of(one) for one in mine.targets],
        "done": sum(one.state == TaskState.DONE for one in mine.tasks),
    }
    return render_page(request, "programme/my_work.html", context, title=_("My work"))
