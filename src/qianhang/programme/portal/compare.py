"""Comparing plans: their targets side by side, what one has and the others lack, and a search across all."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, signed_in

from ..models import FindingKind, Plan
from ..queries import comparing
from ..queries.comparing import MOST_COMPARED, MOST_HITS, Comparison, Hit
from ..rules.alignment import Named, Row, Stated, contrast
from ..rules.figures import rounded
from .words import PERIODS, by_day, comparison, figure

PARTS = ("targets", "tasks", "systems")
# Fewer characters would be found everywhere.
SHORTEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """What one plan says in a row; empty where it says nothing."""

    plan_id: str
    lines: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    cells: Sequence[Cell]
    contrast: str
    lacking: Sequence[str]


@signed_in
def plan_compare(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    plans = comparing.choosable(actor=actor)
    known = {str(plan.id) for plan in plans}
    chosen = [one for one in dict.fromkeys(request.GET.getlist("plan")) if one in known]
    listing = Listing.of(request, names=("q", "part", "only"), choices={"part": PARTS, "only": ["differing"]})
    too_many, chosen = len(chosen) > MOST_COMPARED, chosen[:MOST_COMPARED]
    compared = None
    if len(chosen) > 1:
        compared = comparing.compare_plans(actor=actor, plan_ids=[uuid.UUID(one) for one in chosen])
    part = listing.values.get("part", PARTS[0])
    if compared is not None and listing.wants_csv:
        return _csv(compared, part)
    words = listing.values.get("q", "")
    hits = _hits(request, words, chosen)
    context: dict[str, Any] = {
        "plans": plans,
        "chosen": chosen,
        "too_many": too_many,
        "most": MOST_COMPARED,
        "listing": listing,
        "words": words,
        "hits": hits,
        "hits_cut": len(hits) == MOST_HITS,
        "too_short": bool(words) and len(words) < SHORTEST_WORDS,
        "part": part,
        "only": listing.values.get("only", ""),
        "query": _query(request, chosen),
    }
    if compared is not None:
        lines = _lines(compared, part)
        context |= {
            "compared": compared,
            "parts": _parts(compared),
            "lines": [line for line in lines if not context["only"] or line.lacking or line.contrast],
            "csv_url": f"?{_query(request, chosen, part=part, export='csv')}",
        }
    return render_page(request, "programme/compare.html", context, title=_("Compare plans"))


def _query(request: HttpRequest, chosen: Sequence[str], **changes: str) -> str:
    """The address of this comparison, with some parameters changed."""
    params = request.GET.copy()
    params.setlist("plan", list(chosen))
    for name in ("export", *changes):
        params.pop(name, None)
    for name, value in changes.items():
        params[name] = value
    return params.urlencode()


def _hits(request: HttpRequest, words: str, chosen: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    if len(words) < SHORTEST_WORDS:
        return []
    found = comparing.search_plans(actor=actor_of(request), words=words)
    first: dict[uuid.UUID, list[Hit]] = {}
    for hit in found:
        first.setdefault(hit.plan_id, []).append(hit)
    labels = dict(FindingKind.choices)
    return [
        {
            "plan_id": plan_id,
            "title": hits[0].plan_title,
            "hits": [(hit, [labels[kind] for kind in hit.kinds]) for hit in hits],
            "is_chosen": str(plan_id) in chosen,
        }
        for plan_id, hits in first.items()
    ]


def _parts(compared: Comparison) -> Sequence[tuple[str, str, int]]:
    return (
        ("targets", _("Targets"), len(compared.targets)),
        ("tasks", _("Tasks"), len(compared.tasks)),
        ("systems", _("Named systems"), len(compared.systems)),
    )


def _lines(compared: Comparison, part: str) -> list[Line]:
    if part == "targets":
        return [_target_line(compared, row) for row in compared.targets]
    rows = compared.tasks if part == "tasks" else compared.systems
    return [_named_line(compared, row) for row in rows]


def _target_line(compared: Comparison, row: Row[Stated]) -> Line:
    def cell(plan: Plan) -> Cell:
        return Cell(str(plan.id), [_stated(one, row.name) for one in row.of.get(str(plan.id), ())])

    return Line(
        name=row.name,
        cells=[cell(plan) for plan in compared.plans],
        contrast=contrast_sentence(row),
        lacking=_lacking(compared, row.of),
    )


def _stated(one: Stated, row_name: str) -> Mapping[str, Any]:
    return {
        "text": comparison(one.comparator, one.value, one.value_max, one.unit),
        "by": by_day(one.deadline),
        "aim": one.aim,
        "period": str(PERIODS[one.period]) if one.period else "",
        "called": "" if one.indicator == row_name else one.indicator,
    }


def _named_line(compared: Comparison, row: Row[Named]) -> Line:
    def cell(plan: Plan) -> Cell:
        names = row.of.get(str(plan.id), ())
        return Cell(str(plan.id), [{"text": one.name} for one in names])

    return Line(
        name=row.name, cells=[cell(plan) for plan in compared.plans], contrast="", lacking=_lacking(compared, row.of)
    )


def _lacking(compared: Comparison, of: Mapping[str, Any]) -> list[str]:
    return [str(plan.id) for plan in compared.plans if str(plan.id) not in of]


def contrast_sentence(row: Row[Stated]) -> str:
    """How the plans that state it differ, in a few words; empty where only one does."""
    found = contrast(row)
    if found.plans < 2:
        return ""
    years = _years(found.earliest, found.latest)
    if found.same_value:
        return _("same value, {years}").format(years=years) if years else _("the same in all")
    times = (
        ""
        if found.most is None
        else _("the highest is {times} times the lowest").format(times=figure(rounded(found.most, 1)))
    )
    return _("; ").join(part for part in (times or _("different values"), years) if part)


def _years(earliest: date | None, latest: date | None) -> str:
    if earliest is None or latest is None or earliest.year == latest.year:
        return ""
    apart = latest.year - earliest.year
    return ngettext("{n} year apart", "{n} years apart", apart).format(n=apart)


def _csv(compared: Comparison, part: str) -> HttpResponseBase:
    titles = [plan.title for plan in compared.plans]
    return csv_response(f"compare-{part}.csv", [_("What"), *titles, _("Difference")], _csv_rows(compared, part))


def _csv_rows(compared: Comparison, part: str) -> Iterator[list[str]]:
    for line in _lines(compared, part):
        cells = [
            "\n".join(
                " ".join(str(one[name]) for name in ("called", "text", "by", "period") if one.get(name))
                + (f" ({_('an aim')})" if one.get("aim") else "")
                for one in cell.lines
            )
            for cell in line.cells
        ]
        yield [line.name, *cells, line.contrast]
