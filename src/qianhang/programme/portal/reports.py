"""The statistical report of a month or a quarter, as a page and as a PDF."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from qianhang.core.web.pages import actor_of, render_page, signed_in

from ..labels import LIGHTS, SYSTEM_STATES, TASK_STATES
from ..observing import today
from ..queries.report import ReportLine, StatisticalReport, statistical_report
from ..rules.figures import rounded
from ..rules.light import Light
from ..rules.periods import Period, period_of, read_period
from ..rules.states import SystemState, TaskState
from .board import rights
from .board_words import wanted
from .reports_pdf import PdfUnavailable, as_pdf
from .words import by_day, figure

CHOICES_SHOWN = 12
QUARTERS_SHOWN = 8
MONTH, QUARTER = "month", "quarter"


@dataclass(frozen=True, slots=True)
class Printed:
    """One line of the report in words; `–` where nothing was observed."""

    line: ReportLine
    wanted: str
    by: str
    value: str
    observed_on: str
    progress: str
    change: str
    year_before: str
    light: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The report as it is printed, on the page as in the PDF."""

    title: str
    plan_title: str
    issuer: str
    period: str
    span: str
    made_at: Any
    message: str
    lines: list[Printed]
    lights: list[tuple[str, str | Promise, int]]
    tasks: list[tuple[str, str | Promise, int]]
    systems: list[tuple[str, str | Promise, int]]
    overdue: list[tuple[str, str, str]]
    reports: int


@signed_in
def plan_report(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    period = _period(request)
    report = statistical_report(actor=actor, plan_id=plan_id, period=period)
    context = {
        **rights(actor),
        "plan": report.plan,
        "sheet": sheet_of(report, period),
        "code": period.code,
        "kind": period.kind,
        "months": _choices(MONTH, CHOICES_SHOWN),
        "quarters": _choices(QUARTER, QUARTERS_SHOWN),
        "is_running": report.last >= today(),
    }
    return render_page(request, "programme/report.html", context, title=_("Statistical report"))


@signed_in
def plan_report_pdf(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    period = _period(request)
    report = statistical_report(actor=actor, plan_id=plan_id, period=period)
    try:
        body = as_pdf(sheet_of(report, period))
    except PdfUnavailable as missing:
        messages.error(request, str(missing))
        return HttpResponseRedirect(f"{reverse('plan_report', args=[plan_id])}?period={period.code}")
    response = HttpResponse(body, content_type="application/pdf")
    name = f"{report.plan.title} {period.code}.pdf"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"  # noqa: FBT003
    return response


def _period(request: HttpRequest) -> Period:
    """The one asked for; a mistyped one, or none, is the last month that is over."""
    try:
        return read_period(request.GET.get("period", ""))
    except ValueError:
        return period_of(MONTH, today()).previous


def _choices(kind: str, count: int) -> list[tuple[str, str]]:
    """The period that runs and those before it."""
    period, found = period_of(kind, today()), []
    for _place in range(count):
        found.append((period.code, _named(period)))
        period = period.previous
    return found


def _named(period: Period) -> str:
    if period.kind == MONTH:
        return f"{period.year}-{period.number:02}"
    return _("{year}, quarter {n}").format(year=period.year, n=period.number)


def sheet_of(report: StatisticalReport, period: Period) -> Sheet:
    title = _("Monthly report") if period.kind == MONTH else _("Quarterly report")
    fed = sum(one.value is not None for one in report.lines)
    return Sheet(
        title=title,
        plan_title=report.plan.title,
        issuer=report.plan.issuer,
        period=_named(period),
        span=_("{first} to {last}").format(first=report.first.isoformat(), last=report.last.isoformat()),
        made_at=report.made_at,
        message=_(
            "{fed} of {all} targets have a value; {tasks} progress reports came in; {overdue} tasks are overdue."
        ).format(fed=fed, all=len(report.lines), tasks=report.reports, overdue=len(report.overdue)),
        lines=[_printed(one) for one in report.lines],
        lights=[(light.value, LIGHTS[light], report.lights[light.value]) for light in Light],
        tasks=[(state.value, TASK_STATES[state], report.tasks[state.value]) for state in TaskState],
        systems=[(state.value, SYSTEM_STATES[state], report.systems[state.value]) for state in SystemState],
        overdue=[(f"{one.number} {one.title}".strip(), one.owner, f"{one.due_on}") for one in report.overdue],
        reports=report.reports,
    )


def _printed(one: ReportLine) -> Printed:
    change = one.change
    sign = "+" if change is not None and change > 0 else ""
    return Printed(
        line=one,
        wanted=wanted(one.target),
        by=by_day(one.target.deadline),
        value=_or_dash(one.value),
        observed_on=f"{one.observed_on}" if one.observed_on else "",
        progress="–" if one.progress_percent is None else f"{rounded(one.progress_percent, 1)}%",
        change="–" if change is None else f"{sign}{figure(change)}",
        year_before=_or_dash(one.year_before),
        light=one.target.light_label,
    )


def _or_dash(value: object) -> str:
    return "–" if value is None else figure(value)
