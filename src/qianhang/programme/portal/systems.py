"""The register of named platforms and institutions: planned, under construction, live, and what proves it."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from qianhang.core.access import Permission, authorize
from qianhang.core.errors import DomainError, NotFound
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, show_problems, signed_in

from ..labels import SYSTEM_STATE_CHOICES, SYSTEM_STATES
from ..models import NamedSystem
from ..queries.plans import plan_detail, plans_seen
from ..queries.systems import SystemView, system_views, systems_seen
from ..rules.states import SystemState
from ..services import mark_system
from .board import rights
from .evidence import handed_in
from .words import ROOMS

HEADER = ("name", "type", "domain", "room", "state", "address", "note", "evidence", "plan", "changed_at")


class SystemForm(forms.Form):
    system = forms.UUIDField(widget=forms.HiddenInput)
    state = forms.ChoiceField(label=_lazy("State"), choices=SYSTEM_STATE_CHOICES)
    address = forms.CharField(
        label=_lazy("Address"), max_length=500, required=False, widget=forms.URLInput,
        help_text=_lazy("Where it is found, for what is live outside this platform."),
    )  # fmt: skip
    note = forms.CharField(
        label=_lazy("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = forms.FileField(
        label=_lazy("File of evidence"), required=False, help_text=_lazy("An acceptance report, a contract, a photo.")
    )


@signed_in
def system_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_VIEW)
    listing = Listing.of(
        request, names=("plan", "state", "room", "q"), choices={"state": list(SystemState), "room": ROOMS}
    )
    narrowed = dict(listing.values)
    plan_id = _uuid(narrowed.pop("plan", ""))
    every = list(systems_seen(actor=actor, plan_id=plan_id, room=narrowed.get("room", ""), q=narrowed.get("q", "")))
    counts = {state.value: sum(one.state == state for one in every) for state in SystemState}
    state = narrowed.get("state")
    rows = system_views([one for one in every if not state or one.state == state], actor=actor)
    if listing.wants_csv:
        return csv_response("systems.csv", HEADER, (_cells(one) for one in rows))
    plan = plan_detail(actor=actor, plan_id=plan_id).plan if plan_id else None
    context = {
        **rights(actor),
        "plan": plan,
        "rows": [(one, ROOMS.get(one.room, one.room)) for one in rows],
        "listing": listing,
        "shelves": [
            ("", _("All"), len(every), listing.url(state=None)),
            *((s.value, SYSTEM_STATES[s], counts[s.value], listing.url(state=s.value)) for s in SystemState),
        ],
        "rooms": ROOMS.items(),
        "plans": [(str(one.id), one.title) for one in plans_seen(actor=actor)[:100]],
    }
    return render_page(request, "programme/system_list.html", context, title=_("Platforms and institutions"))


def _cells(one: SystemView) -> tuple[object, ...]:
    return (
        one.name, one.type, one.domain, one.room, one.state_label, one.address, one.note, one.evidence, one.plan_title,
        one.changed_at,
    )  # fmt: skip


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@signed_in
def system_page(request: HttpRequest, system_id: uuid.UUID) -> HttpResponse:
    return _page(request, system_id, None)


@signed_in
@require_POST
def system_mark(request: HttpRequest) -> HttpResponse:
    """At one address for every system, because files are taken at few addresses."""
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = SystemForm(request.POST, request.FILES)
    system_id = _uuid(str(form["system"].value() or ""))
    if system_id is None:
        raise NotFound(what=NamedSystem._meta.verbose_name)
    if form.is_valid():
        data = form.cleaned_data
        before = _view(request, system_id)
        try:
            kept = handed_in(actor, data["evidence"]).id if data["evidence"] else before.evidence_id
            mark_system(
                actor=actor, system_id=system_id, state=data["state"], address=data["address"], note=data["note"],
                evidence_id=kept,
            )  # fmt: skip
        except NotFound:
            raise
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("The register is up to date."))
            return HttpResponseRedirect(reverse("system", args=[system_id]))
    return _page(request, system_id, form)


def _view(request: HttpRequest, system_id: uuid.UUID) -> SystemView:
    """Raises NotFound."""
    rows = NamedSystem.objects.select_related("plan", "evidence", "finding").active()
    return system_views([rows.fetch(actor_of(request), id=system_id)], actor=actor_of(request))[0]


def _page(request: HttpRequest, system_id: uuid.UUID, form: SystemForm | None) -> HttpResponse:
    actor, one = actor_of(request), _view(request, system_id)
    begun = {"system": one.id, "state": one.state, "address": one.address, "note": one.note}
    context = {
        **rights(actor),
        "one": one,
        "room": ROOMS.get(one.room, one.room),
        "form": (form or SystemForm(initial=begun)) if actor.may(Permission.PLAN_MANAGE) else None,
    }
    return render_page(request, "programme/system.html", context, title=one.name, status=422 if form else 200)
