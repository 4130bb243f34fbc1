"""The plans: their list, and each plan's own page."""

import uuid
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from qianhang.core.access import Permission
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, signed_in
from qianhang.core.web.paging import paginate

from ..labels import SYSTEM_STATES, TASK_STATES
from ..models import Milestone, NamedSystem, Plan
from ..queries import plan_pages
from ..queries.plan_pages import PlanContents, TargetLine
from ..queries.plans import plan_detail, plan_rows, plans_seen
from ..rules.states import SystemState, TaskState
from .words import PERIODS, ROOMS, by_day, comparison, intake_notes

MOST_EXPORTED = 1000


@signed_in
def plan_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    listing = Listing.of(request, names=("q", "region"))
    plans = plans_seen(actor=actor, **listing.values)
    if listing.wants_csv:
        header = [_("Title"), _("Issuer"), _("Document number"), _("Date"), _("Region"), _("Targets"), _("Tasks")]
        rows = plan_rows(list(plans[:MOST_EXPORTED]))
        lines = ([r.title, r.issuer, r.number, r.dated, r.region, r.targets, r.tasks] for r in rows)
        return csv_response("plans.csv", header, lines)
    page = paginate(plans, key="created_at", cursor=listing.cursor)
    context = {
        "plans": plan_rows(page.items),
        "listing": listing,
        "next_url": listing.next_url(page.next),
        "may_import": actor.may(Permission.PLAN_MANAGE),
        "may_compare": actor.may(Permission.PLAN_OVERSEE),
    }
    return render_page(request, "programme/plan_list.html", context, title=_("Plans"))


@signed_in
def plan_page(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    detail = plan_detail(actor=actor, plan_id=plan_id)
    plan = Plan.objects.fetch(actor, id=plan_id)
    contents = plan_pages.contents_of(actor=actor, plan=plan)
    context = {
        "plan": detail.plan,
        "documents": [(one, [note for note, _warns in intake_notes(one.notes)]) for one in detail.documents],
        "contents": contents,
        "targets": target_rows(contents.targets),
        "tasks": [(line, TASK_STATES[TaskState(line.state)]) for line in contents.tasks],
        "systems": system_rows(contents.systems),
        "milestones": milestone_rows(contents.milestones),
        "waiting": plan_pages.waiting_in(actor=actor, plan=plan),
        "is_empty": _is_empty(contents),
        "may_oversee": actor.may(Permission.PLAN_OVERSEE),
        "may_manage": actor.may(Permission.PLAN_MANAGE),
        "may_audit": actor.may(Permission.AUDIT_VIEW),
    }
    return render_page(request, "programme/plan.html", context, title=plan.title)


def _is_empty(contents: PlanContents) -> bool:
    return not (contents.tasks or contents.targets or contents.systems or contents.milestones)


def target_rows(targets: Sequence[TargetLine]) -> list[dict[str, object]]:
    return [
        {
            "line": one,
            "wanted": comparison(one.comparator, one.value, one.value_max, one.unit),
            "by": by_day(one.deadline),
            "period": PERIODS.get(one.period, ""),
        }
        for one in targets
    ]


def system_rows(systems: Sequence[NamedSystem]) -> list[dict[str, object]]:
    return [
        {"system": one, "room": ROOMS.get(one.room, one.room), "state": SYSTEM_STATES[SystemState(one.state)]}
        for one in systems
    ]


def milestone_rows(milestones: Sequence[Milestone]) -> list[dict[str, object]]:
    return [{"text": one.text, "by": by_day(one.deadline), "reached_on": one.reached_on} for one in milestones]
