"""Two wordings of one plan: which findings came, went and changed, and the text line by line."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext

from qianhang.core.web.pages import actor_of, render_page, signed_in

from ..labels import COMPARATORS
from ..models import FindingKind, Plan
from ..queries import comparing
from ..reading.findings import Comparator
from ..rules.wording_diff import Changed, Found
from .words import PERIODS, ROOMS, by_day, figure, headline, joined, particulars

FIELDS: Mapping[str, Promise] = {
    "indicator": _lazy("Indicator"),
    "comparator": _lazy("How it is bounded"),
    "value": _lazy("Value"),
    "value_max": _lazy("Upper value"),
    "unit": _lazy("Unit"),
    "deadline": _lazy("Deadline"),
    "period": _lazy("Repeats"),
    "aim": _lazy("An aim (力争), not a promise"),
    "scope": _lazy("Scope"),
    "section": _lazy("Task or section"),
    "title": _lazy("Title"),
    "number": _lazy("Number as printed"),
    "path": _lazy("Place in the tree"),
    "parent": _lazy("Task above it"),
    "body": _lazy("Text"),
    "task": _lazy("Task"),
    "lead": _lazy("Lead"),
    "cooperating": _lazy("Cooperating"),
    "responsible": _lazy("Responsible"),
    "open_list": _lazy("Others may belong to it (等)"),
    "generic": _lazy("Owner without a name"),
    "name": _lazy("Name"),
    "type": _lazy("Type of system"),
    "domain": _lazy("Domain"),
    "action": _lazy("What is done with it"),
    "room": _lazy("Room that serves it"),
    "quote": _lazy("What is to be so"),
}
# What only says how it was read, or follows from another field.
_SILENT = {"comparator_raw", "canonical", "deadline_source", "mode", "note", "kind", "named"}
_LONGEST = 160


@signed_in
def plan_versions(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    diff = comparing.wordings(
        actor=actor,
        plan_id=plan_id,
        before=_version(request.GET.get("before", "")),
        after=_version(request.GET.get("after", "")),
    )
    context: dict[str, Any] = {"diff": diff, "plan": diff.plan if diff else Plan.objects.fetch(actor, id=plan_id)}
    if diff is not None:
        context |= {
            "changed": [row for row in map(_changed, diff.findings.changed) if row["fields"]],
            "added": _found(diff.findings.added),
            "removed": _found(diff.findings.removed),
        }
    return render_page(request, "programme/compare_wordings.html", context, title=_("What changed between wordings"))


def _version(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _found(found: Sequence[Found]) -> list[dict[str, str]]:
    return [_row(one) for one in found]


def _row(one: Found) -> dict[str, str]:
    return {
        "kind": one.kind,
        "kind_label": str(FindingKind(one.kind).label),
        "title": headline(one.kind, one.content),
        "detail": " · ".join(particulars(one.kind, one.content)),
    }


def _changed(one: Changed) -> dict[str, Any]:
    fields = [
        (FIELDS.get(name, name), _said(name, one.before.content.get(name)), _said(name, one.after.content.get(name)))
        for name in one.fields
        if name not in _SILENT
    ]
    return {**_row(one.after), "fields": fields}


def _said(field: str, value: Any) -> str:
    """A field's value as a reader wants it."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if isinstance(value, list):
        return joined(value)
    text = str(value)
    if field in {"value", "value_max"}:
        return figure(text)
    if field == "deadline":
        return by_day(text)
    known: Mapping[str, Any] = {
        "comparator": {one.value: COMPARATORS[one] for one in Comparator},
        "period": PERIODS,
        "room": ROOMS,
    }.get(field, {})
    text = str(known.get(text, text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
