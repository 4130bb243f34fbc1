"""What the office chose to publish: for everybody, the same for everybody, cached; and the form that chooses it."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qianhang import __version__
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import NotFound
from qianhang.core.web.pages import actor_of, render_page, signed_in

from ..exports import csv_of
from ..labels import LIGHTS, SYSTEM_STATES, TASK_STATES
from ..queries.board import scoreboard
from ..queries.public import PublicPlan, public_plan, public_plans
from ..rules.light import Light
from ..rules.states import SystemState, TaskState
from ..services import publish_plan, unpublish_plan
from .board import SDMX_TYPE, download, line_of, rights, sdmx_of
from .targets_forms import ReasonForm
from .words import ROOMS

P = ParamSpec("P")
# Five minutes: an observation is of a day, and a withdrawal should be seen soon.
MAX_AGE_S = 300
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True, slots=True)
class PublicFrame:
    """The frame without anybody in it, so that every visitor gets the very same bytes."""

    theme: str = ""
    nav: tuple[object, ...] = ()
    version: str = __version__

    @property
    def region(self) -> str:
        return settings.REGION_NAME_EN if get_language() == "en" else settings.REGION_NAME


def cached(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """The same for everybody: the language is in the address, the answer may be kept, and unchanged is 304."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        language = LANGUAGES.get(request.GET.get("lang", "zh"), LANGUAGES["zh"])
        with override(language):
            response = view(request, *args, **kwargs)
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
        response.headers["Content-Language"] = "en" if language == "en" else "zh-Hans"
        return get_conditional_response(request, etag=etag, response=response) or response

    return answer  # type: ignore[return-value]  # `wraps` hides that the first argument is positional


@require_safe
@cached
def public_list(request: HttpRequest) -> HttpResponse:
    return _render(request, "programme/public_list.html", {"plans": public_plans(), "title": _("Published plans")})


@require_safe
@cached
def public_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    shown = public_plan(plan_id=public_id)
    states = dict.fromkeys(TaskState, 0)
    for task in shown.tasks:
        states[TaskState(task.state)] += 1
    context = {
        "title": shown.plan.title,
        "shown": shown,
        "plan": shown.plan,
        "lines": [line_of(one) for one in shown.targets],
        "lights": [(light.value, LIGHTS[light], shown.lights[light.value]) for light in Light],
        "tasks": [(state.value, TASK_STATES[state], n) for state, n in states.items() if n],
        "top_tasks": [one for one in shown.tasks if one.depth == 0],
        "systems": [
            (one, ROOMS.get(one.room, one.room), SYSTEM_STATES[SystemState(one.state)]) for one in shown.systems
        ],
        "fresh": max((one.latest.day for one in shown.targets if one.latest), default=None),
    }
    return _render(request, "programme/public_plan.html", context)


@require_safe
@cached
def public_data(request: HttpRequest, public_id: uuid.UUID, form: str) -> HttpResponse:
    """The open data: every observation of every published target, as CSV or SDMX-JSON."""
    shown: PublicPlan = public_plan(plan_id=public_id)
    if form not in {"csv", "json"}:
        raise NotFound(what="form")
    if form == "csv":
        return download(csv_of(shown.targets), f"plan-{public_id}.csv", "text/csv")
    # Prepared when it was last published or observed, so that unchanged data are unchanged bytes.
    text = sdmx_of(shown.targets, message_id=f"plan-{public_id}", prepared=shown.published_at)
    return download(text, f"plan-{public_id}.json", SDMX_TYPE)


def _render(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    is_english = get_language() == "en"
    language = {"other_language": "zh" if is_english else "en", "lang": "en" if is_english else "zh"}
    filled = {"actor": Actor.anonymous(), "frame": PublicFrame(), **language, **context}
    return render(request, template, filled)


@signed_in
def plan_publish(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    """The office chooses which targets everybody may see."""
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    board = scoreboard(actor=actor, plan_id=plan_id)
    if request.method == "POST":
        known = {str(one.id): one.id for one in board.targets}
        chosen = [known[one] for one in request.POST.getlist("target") if one in known]
        publish_plan(actor=actor, plan_id=plan_id, target_ids=chosen)
        messages.success(request, _("Published. The public page shows it within five minutes."))
        return HttpResponseRedirect(reverse("plan_publish", args=[plan_id]))
    context = {
        **rights(actor),
        "plan": board.plan,
        "lines": [line_of(one) for one in board.targets],
        "reason_form": ReasonForm(),
    }
    return render_page(request, "programme/publish.html", context, title=_("Publication"))


@signed_in
@require_POST
def plan_unpublish(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the reason in 1 to 500 characters."))
    else:
        unpublish_plan(actor=actor, plan_id=plan_id, reason=form.cleaned_data["reason"])
        messages.success(request, _("Taken off the public page. Copies that were kept expire within five minutes."))
    return HttpResponseRedirect(reverse("plan_publish", args=[plan_id]))
