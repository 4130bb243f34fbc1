"""The measures that the rooms register: what each counts, and what it says."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from qianhang.core.web.pages import actor_of, render_page, signed_in
from qianhang.portal.charts import Series, Tick

from ..queries.measure_page import measure_detail, measure_rows
from ..rules.progress import Point
from .board import rights
from .board_chart import thinned
from .evidence import proofs
from .words import ROOMS

MOST_POINTS = 120
X_LABELS = 5


@signed_in
def measure_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = [(row, ROOMS.get(row.measure.code.partition(".")[0], "")) for row in measure_rows(actor=actor)]
    return render_page(request, "programme/measure_list.html", {"rows": rows, **rights(actor)}, title=_("Measures"))


@signed_in
def measure_page(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    detail = measure_detail(actor=actor, code=code)
    points = thinned(detail.points, MOST_POINTS)
    context = {
        **rights(actor),
        "detail": detail,
        "one": detail.measure,
        "series": [Series(detail.measure.name, [(one.day.toordinal(), float(one.value)) for one in points])],
        "ticks": _ticks(points),
        "proofs": proofs(actor, detail.evidence),
    }
    return render_page(request, "programme/measure.html", context, title=detail.measure.name)


def _ticks(points: Sequence[Point]) -> list[Tick]:
    return [Tick(one.day.toordinal(), one.day.isoformat()) for one in thinned(points, X_LABELS)]
