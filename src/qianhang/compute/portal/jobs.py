"""The job list: filters in the address, a page at a time, or all of it as CSV."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.people import queries as people
from qianhang.core.units.money import MICRO_PER_YUAN
from qianhang.core.web.bulk import BulkAction, answer_bulk
from qianhang.core.web.pages import Listing, actor_of, csv_response, read_day, render_page, signed_in
from qianhang.core.web.paging import paginate

from .. import overviews, queries
from ..labels import STATE_CHOICES
from ..models import Job
from ..rules.states import ENDED
from ..services import cancel_job
from ..shapes import JobRow

CSV_CHUNK = 1_000
# Several states under one word, as people ask for them.
GROUPS = (
    ("waiting", _lazy("Waiting, in any state")),
    ("active", _lazy("On a cluster, in any state")),
    ("ended", _lazy("Ended, in any state")),
)
STATES = (*GROUPS, *STATE_CHOICES)
FILTERS = ("state", "q", "organisation", "since", "until")


@dataclass(frozen=True, slots=True)
class JobLine:
    """A row of the list with what it cost so far, in micro-yuan; None while nothing has been charged."""

    row: JobRow
    cost_micro: int | None

    @property
    def is_open(self) -> bool:
        """It can still be cancelled."""
        return self.row.state not in ENDED

    @property
    def took(self) -> timedelta | None:
        if self.row.started_at is None or self.row.ended_at is None:
            return None
        return max(self.row.ended_at - self.row.started_at, timedelta())


@signed_in
def job_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    listing = Listing.of(request, names=FILTERS, choices={"state": [value for value, _label in STATES]})
    jobs = _found(actor, listing)
    if listing.wants_csv:
        return csv_response("jobs.csv", _csv_header(), _csv_rows(actor, jobs))
    page = paginate(jobs, key="submitted_at", cursor=listing.cursor)
    sees_all = actor.may(Permission.QUEUE_VIEW)
    lines = _lines(actor, page.items)
    return render_page(
        request,
        "compute/job_list.html",
        {
            "listing": listing,
            "lines": lines,
            "next_url": listing.next_url(page.next),
            "states": STATES,
            "sees_all": sees_all,
            "organisations": people.organisations(actor=actor) if sees_all else (),
            "may_submit": actor.may(Permission.JOB_SUBMIT),
            "may_cancel": _may_cancel(actor) and any(line.is_open for line in lines),
        },
        title=_("Jobs"),
    )


def _found(actor: Actor, listing: Listing) -> QuerySet[Job]:
    values = listing.values
    until = read_day(values.get("until", ""))
    return queries.jobs_seen(
        actor=actor,
        state=values.get("state", ""),
        q=values.get("q", ""),
        organisation_id=_id(values.get("organisation", "")),
        since=read_day(values.get("since", "")),
        until=until and until + timedelta(days=1),
    )


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _lines(actor: Actor, jobs: Sequence[Job]) -> list[JobLine]:
    costs = overviews.costs_of_jobs(actor=actor, job_ids=[job.id for job in jobs])
    return [JobLine(JobRow.of(job, reader=actor), costs.get(job.id)) for job in jobs]


def _csv_header() -> list[str]:
    return [
        _("Id"), _("Name"), _("State"), _("Why"), _("Organisation"), _("Submitted by"), _("Cluster"), _("Cards"),
        _("CPUs"), _("Memory (MiB)"), _("Time limit (s)"), _("Submitted"), _("Started"), _("Ended"), _("Cost (yuan)"),
    ]  # fmt: skip


def _csv_rows(actor: Actor, jobs: QuerySet[Job]) -> Iterator[list[Any]]:
    """Every job that was found, a thousand at a time, whatever their number."""
    cursor: str | None = None
    while True:
        page = paginate(jobs, key="submitted_at", cursor=cursor, limit=CSV_CHUNK)
        for line in _lines(actor, page.items):
            row = line.row
            times = [moment and f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
                     for moment in (row.submitted_at, row.started_at, row.ended_at)]  # fmt: skip
            cost = None if line.cost_micro is None else Decimal(line.cost_micro) / MICRO_PER_YUAN
            yield [
                row.id, row.name, row.state_label, row.sentence, row.organisation_name, row.submitted_by, row.cluster,
                row.cards, row.cpus, row.memory_mib, row.time_limit_s, *times, cost,
            ]  # fmt: skip
        cursor = page.next
        if cursor is None:
            return


def _may_cancel(actor: Actor) -> bool:
    return actor.may(Permission.JOB_SUBMIT) or actor.may(Permission.QUEUE_MANAGE)


@signed_in
@require_POST
def job_bulk(request: HttpRequest) -> HttpResponse:
    """Cancels the jobs that were ticked, on the job list or in the queue."""
    actor = actor_of(request)
    if not _may_cancel(actor):
        authorize(actor, Permission.JOB_SUBMIT)

    def names(ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, str]]:
        return list(
            Job.objects.visible_to(actor).filter(id__in=ids).order_by("-submitted_at").values_list("id", "name")
        )

    def cancel(job_id: uuid.UUID, reason: str) -> bool:
        before = Job.objects.only("state", "cancel_requested_at").fetch(actor, id=job_id)
        cancel_job(actor=actor, job_id=job_id, reason=reason)
        return before.state not in ENDED and before.cancel_requested_at is None

    action = BulkAction(
        name="cancel",
        label=_("Cancel the selected jobs"),
        run=cancel,
        warning=_("A job that runs is stopped, and what it has used until then is charged. The rest is free again."),
        danger=True,
    )
    return answer_bulk(request, actions=(action,), names=names, back=reverse("job_list"))
