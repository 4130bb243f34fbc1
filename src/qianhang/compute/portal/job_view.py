"""What the job page shows, worked out from what compute and funding answer."""

import itertools
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from qianhang.core.access import Actor, Permission
from qianhang.core.clock import now
from qianhang.funding.shapes import ReceiptView
from qianhang.portal.charts import Series, Tick

from .. import queries
from ..rules.states import ENDED, WAITING
from ..shapes import JobDetail, JobRow, OutputView, PlacementView, RunView, SampleView
from .words import isolation_in_words

X_LABELS = 5
# A chart is a few hundred pixels wide, and its table is read by people.
MOST_POINTS = 120


@dataclass(frozen=True)
class Chart:
    """One message: the title says it, the line shows it, the limit is what was allocated."""

    title: str
    series: Sequence[Series]
    unit: str
    limit: float
    limit_label: str
    ticks: Sequence[Tick]


@dataclass(frozen=True)
class JobView:
    detail: JobDetail
    samples: Sequence[SampleView]
    outputs: Sequence[OutputView]
    may_submit: bool
    may_see_money: bool

    @property
    def may_read(self) -> bool:
        """Whether the reader is of the job's organisation; others see that it is there, not what is in it."""
        return self.detail.spec is not None

    @property
    def job(self) -> JobRow:
        return self.detail.job

    @property
    def run(self) -> RunView | None:
        return self.detail.last_run

    @property
    def is_over(self) -> bool:
        return self.job.state in ENDED

    @property
    def is_waiting(self) -> bool:
        return self.job.state in WAITING

    @property
    def is_stopping(self) -> bool:
        return self.job.cancel_requested_at is not None and not self.is_over

    @property
    def may_cancel(self) -> bool:
        return self.detail.may_cancel and not self.is_over and not self.is_stopping

    # What has to be drawn again when it differs from what the reader last saw.

    @property
    def state_mark(self) -> str:
        flags = f"{int(self.is_stopping)}{int(self.detail.unfit_since is not None)}"
        return f"{self.job.state}-{len(self.detail.transitions)}-{flags}"

    @property
    def sample_mark(self) -> str:
        return str(len(self.samples))

    @property
    def seen(self) -> str:
        return f"{self.state_mark}.{self.sample_mark}"

    # Why here.

    @property
    def placement(self) -> PlacementView | None:
        """The decision for the last attempt; before there is one, the quote at submission."""
        return (self.run and self.run.placement) or self.detail.quote

    @property
    def is_decided(self) -> bool:
        return self.run is not None and self.run.placement is not None

    @property
    def isolation(self) -> str:
        return isolation_in_words(self.run.isolation) if self.run else ""

    @property
    def command(self) -> str:
        given = (self.detail.spec or {}).get("command", "")
        return given if isinstance(given, str) else " ".join(given)

    @cached_property
    def raw_decision(self) -> str:
        """The stored record, for whoever wants to check the sentence."""
        return json.dumps(_plain(self.placement), ensure_ascii=False, indent=2) if self.placement else ""

    @cached_property
    def raw_spec(self) -> str:
        return json.dumps(self.detail.spec, ensure_ascii=False, indent=2)

    # Time.

    @property
    def waited(self) -> timedelta:
        """From submission to the first attempt's place."""
        began = self.detail.runs[0].placed_at if self.detail.runs else self.job.ended_at or now()
        return max(began - self.job.submitted_at, timedelta())

    @property
    def took(self) -> timedelta | None:
        """The last attempt's time: exact once it has ended, by this server's clock until then."""
        if self.run is None or self.run.started_at is None:
            return None
        if self.run.elapsed_ms is not None:
            return timedelta(milliseconds=self.run.elapsed_ms)
        return max((self.run.ended_at or now()) - self.run.started_at, timedelta())

    @property
    def took_s(self) -> float:
        return self.took.total_seconds() if self.took else 0.0

    # Money.

    @property
    def receipts(self) -> list[ReceiptView]:
        return [run.receipt for run in self.detail.runs if run.receipt is not None]

    @property
    def charged_micro(self) -> int | None:
        return sum(receipt.total_micro for receipt in self.receipts) if self.receipts else None

    @property
    def quoted_micro(self) -> int | None:
        return self.detail.quote.chosen.cost_micro if self.detail.quote else None

    @property
    def saved_micro(self) -> int | None:
        """How much less than quoted it cost, for a job that is over."""
        if self.quoted_micro is None or self.charged_micro is None or not self.is_over:
            return None
        return self.quoted_micro - self.charged_micro

    # Use.

    @cached_property
    def cpu_chart(self) -> Chart | None:
        """CPUs in use between one sample and the next."""
        drawn = _thinned(self.samples)
        points = [
            (_seconds(self._start, later.at), round((later.cpu_ms - earlier.cpu_ms) / elapsed_ms, 2))
            for earlier, later in itertools.pairwise(drawn)
            if (elapsed_ms := (later.at - earlier.at).total_seconds() * 1000) > 0
        ]
        if len(points) < 2:
            return None
        first, last = self.samples[0], self.samples[-1]
        mean = (last.cpu_ms - first.cpu_ms) / ((last.at - first.at).total_seconds() * 1000)
        return Chart(
            title=_("CPU: {used} of {allocated} in use on average").format(used=f"{mean:.2f}", allocated=self.job.cpus),
            series=[Series(_("in use"), points)],
            unit="CPU",
            limit=self.job.cpus,
            limit_label=_("allocated"),
            ticks=_ticks(points),
        )

    @cached_property
    def memory_chart(self) -> Chart | None:
        points = [(_seconds(self._start, sample.at), float(sample.memory_mib)) for sample in _thinned(self.samples)]
        if len(points) < 2:
            return None
        peak = max(sample.memory_mib for sample in self.samples)
        return Chart(
            title=_("Memory: at most {used} of {allocated} MiB in use").format(
                used=f"{peak:,.0f}", allocated=f"{self.job.memory_mib:,}"
            ),
            series=[Series(_("in use"), points)],
            unit="MiB",
            limit=self.job.memory_mib,
            limit_label=_("allocated"),
            ticks=_ticks(points),
        )

    @property
    def _start(self) -> datetime:
        return self.samples[0].at


def view_of(*, actor: Actor, job_id: uuid.UUID) -> JobView:
    """Raises Unauthenticated, NotFound."""
    detail = queries.job_detail(actor=actor, job_id=job_id)
    run, may_read = detail.last_run, detail.spec is not None
    return JobView(
        detail=detail,
        samples=queries.samples_of(actor=actor, job_id=job_id) if may_read and run else (),
        outputs=queries.outputs_of(actor=actor, job_id=job_id) if may_read and run and run.ended_at else (),
        may_submit=actor.may(Permission.JOB_SUBMIT) and actor.organisation_id == detail.job.organisation_id,
        may_see_money=actor.may(Permission.WALLET_VIEW) or actor.may(Permission.QUEUE_VIEW),
    )


def _thinned(samples: Sequence[SampleView]) -> Sequence[SampleView]:
    """Evenly, the last one always among them."""
    step = -(-len(samples) // MOST_POINTS)
    return samples[(len(samples) - 1) % step :: step] if step > 1 else samples


def _seconds(start: datetime, at: datetime) -> float:
    return round((at - start).total_seconds(), 1)


def _ticks(points: Sequence[tuple[float, float]]) -> list[Tick]:
    """A few positions along the x axis, the first and the last among them."""
    steps = min(X_LABELS, len(points)) - 1
    chosen = sorted({round(index * (len(points) - 1) / steps) for index in range(steps + 1)})
    return [Tick(points[index][0], _("{n} s").format(n=f"{points[index][0]:.0f}")) for index in chosen]


def _plain(placement: PlacementView) -> dict[str, Any]:
    def candidate(one: Any) -> dict[str, Any]:
        return {
            "cluster": one.cluster,
            "pool": one.pool,
            "region": one.region,
            "isolation": one.isolation,
            "score_ppm": one.score_ppm,
            "cost_micro": one.cost_micro,
            "wallet_micro": one.wallet_micro,
            "card_hour_micro": one.card_hour_micro,
            "cpu_hour_micro": one.cpu_hour_micro,
            "terms": [
                {name: getattr(term, name) for name in ("name", "value", "relative_ppm", "weight_milli")}
                for term in one.terms
            ],
            "reasons": [{"code": reason.code, "facts": dict(reason.facts)} for reason in one.reasons],
        }

    return {
        "policy": placement.policy,
        "chosen": candidate(placement.chosen),
        "others": [candidate(one) for one in placement.others],
        "rejected": [
            {
                "cluster": one.cluster,
                "pool": one.pool,
                "reasons": [{"code": reason.code, "facts": dict(reason.facts)} for reason in one.reasons],
            }
            for one in placement.rejected
        ],
    }
