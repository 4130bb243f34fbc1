"""Pages that belong to no room: home, help, the glossary, the style guide. Live numbers come in from the wiring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor
from qianhang.core.web.pages import actor_of, render_page, signed_in

from . import glossary as terms
from . import specimens


@dataclass(frozen=True, slots=True)
class LiveNumber:
    """One number on the home page, counted now from what is in the system."""

    label: str | Promise
    value: str
    unit: str | Promise = ""
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A room's part of the dashboard: a template of the room and what it needs."""

    template: str
    context: Mapping[str, Any]
    wide: bool = True


def home(
    request: HttpRequest,
    *,
    numbers: Callable[[], Sequence[LiveNumber]],
    stations: Callable[[Actor], Mapping[str, str]],
) -> HttpResponse:
    """`stations` says where the stations of the main line lead this reader."""
    shown = {"numbers": numbers(), "stations": stations(actor_of(request)), "rooms": specimens.ROOMS}
    return render_page(request, "portal/home.html", shown, title=_("Start"))


@signed_in
def dashboard(request: HttpRequest, *, panels: Sequence[Callable[[Actor], Panel | None]]) -> HttpResponse:
    """What each room has to say to this person; a room with nothing to say gives None."""
    actor = actor_of(request)
    if actor.organisation_id is None:
        return redirect("organisation_new")
    given = [panel for make in panels if (panel := make(actor)) is not None]
    return render_page(
        request,
        "portal/dashboard.html",
        {"wide": [p for p in given if p.wide], "aside": [p for p in given if not p.wide]},
        title=_("Dashboard"),
    )


def help_(request: HttpRequest) -> HttpResponse:
    origin = f"{request.scheme}://{request.get_host()}"
    return render_page(request, "portal/help.html", {"origin": origin}, title=_("Help"))


def glossary(request: HttpRequest) -> HttpResponse:
    chinese = (get_language() or "").startswith("zh")
    return render_page(
        request,
        "portal/glossary.html",
        {"terms": terms.load(), "chinese": chinese},
        title=_("Glossary"),
    )


def styleguide(request: HttpRequest) -> HttpResponse:
    return render_page(request, "portal/styleguide.html", specimens.for_styleguide(), title=_("Style guide"))
