"""What compute answers: frozen, plain, ready for a page, an API answer or the command line.

Amounts in micro-yuan, times aware UTC, shares in millionths. Sentences are in the language of the reader.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qianhang.core.access import Actor
from qianhang.core.web.language import in_reader_language
from qianhang.funding.shapes import ReceiptView

from .endings import ending_sentence
from .explanations import (
    chosen_sentence,
    reason_sentence,
    term_label,
    term_value,
    voucher_sentence,
)
from .labels import STATE_LABELS
from .models import Job, Output, Run, Transition, UseSample
from .rules.states import ENDED, State


@dataclass(frozen=True, slots=True)
class TermView:
    """One part of a placement's score: 0 ppm is best, 1,000,000 the worst among the fitting clusters."""

    name: str
    label: str
    value: int | None
    shown: str
    relative_ppm: int
    weight_milli: int


@dataclass(frozen=True, slots=True)
class ReasonView:
    code: str
    sentence: str
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "ReasonView":
        return cls(record["code"], reason_sentence(record["code"], record["facts"]), record["facts"])


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A pool where the job fits. `reasons` is empty, or what must pass by first."""

    cluster: str
    cluster_name: str
    pool: str
    region: str
    isolation: str
    score_ppm: int
    cost_micro: int
    wallet_micro: int
    card_hour_micro: int | None
    cpu_hour_micro: int | None
    terms: tuple[TermView, ...]
    reasons: tuple[ReasonView, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "CandidateView":
        return cls(
            cluster=record["cluster"],
            cluster_name=in_reader_language(record["cluster_name"], record.get("cluster_name_en", "")),
            pool=record["pool"],
            region=record["region"],
            isolation=record["isolation"],
            score_ppm=record["score_ppm"],
            cost_micro=record["cost_micro"],
            wallet_micro=record["own_micro"],
            card_hour_micro=record["card_hour_micro"],
            cpu_hour_micro=record["cpu_hour_micro"],
            terms=tuple(
                TermView(
                    name=term["name"],
                    label=term_label(term["name"]),
                    value=term["value"],
                    shown=term_value(term["name"], term["value"]),
                    relative_ppm=term["relative_ppm"],
                    weight_milli=term["weight_milli"],
                )
                for term in record["terms"]
            ),
            reasons=tuple(ReasonView.of(reason) for reason in record["reasons"]),
        )


@dataclass(frozen=True, slots=True)
class RejectedView:
    cluster: str
    cluster_name: str
    pool: str
    reasons: tuple[ReasonView, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "RejectedView":
        reasons = tuple(ReasonView.of(reason) for reason in record["reasons"])
        name = in_reader_language(record["cluster_name"], record.get("cluster_name_en", ""))
        return cls(record["cluster"], name, record["pool"], reasons)


@dataclass(frozen=True, slots=True)
class PlacementView:
    """Where, and why: the sentence, then the table of terms, then why not elsewhere."""

    policy: str
    sentence: str
    chosen: CandidateView
    others: tuple[CandidateView, ...]
    rejected: tuple[RejectedView, ...]

    @classmethod
    def of(
        cls,
        *,
        policy: str,
        chosen: Mapping[str, Any],
        others: Sequence[Mapping[str, Any]],
        rejected: Sequence[Mapping[str, Any]],
    ) -> "PlacementView":
        return cls(
            policy=policy,
            sentence=chosen_sentence(chosen, others=others, rejected=rejected),
            chosen=CandidateView.of(chosen),
            others=tuple(CandidateView.of(record) for record in others),
            rejected=tuple(RejectedView.of(record) for record in rejected),
        )

    @classmethod
    def of_quote(cls, quote: Mapping[str, Any]) -> "PlacementView | None":
        """From the quote that a job keeps."""
        if not quote.get("fitting"):
            return None
        best, *others = quote["fitting"]
        return cls.of(policy=quote["policy"], chosen=best, others=others, rejected=quote["rejected"])


@dataclass(frozen=True, slots=True)
class VoucherChoiceView:
    """Which voucher pays a share, if any, and why that one. `choice`: named, auto, no_voucher, none_usable."""

    choice: str
    number: str
    share_ppm: int
    sentence: str

    @classmethod
    def of(cls, quote: Mapping[str, Any]) -> "VoucherChoiceView":
        """From the quote that a job keeps."""
        voucher = quote.get("voucher") or {}
        choice, number = quote.get("voucher_choice", ""), voucher.get("number", "")
        share_ppm = voucher.get("share_ppm", 0)
        return cls(choice, number, share_ppm, voucher_sentence(choice, number=number, share_ppm=share_ppm))


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A dry run. `cost_micro` is the whole time limit on the best cluster, split into wallet and voucher;
    `hold_micro` is what would be set aside, and the most the job can cost."""

    spec: Mapping[str, Any]
    cost_micro: int
    wallet_micro: int
    voucher_micro: int
    hold_micro: int
    starts_in_s: int
    placement: PlacementView
    voucher: VoucherChoiceView


@dataclass(frozen=True, slots=True)
class JobRow:
    """One line of a list."""

    id: uuid.UUID
    name: str
    state: str
    state_label: str
    reason_code: str
    sentence: str
    organisation_id: uuid.UUID
    organisation_name: str
    submitted_by: str
    cluster: str
    cluster_name: str
    nodes: int
    cards: int
    cpus: int
    memory_mib: int
    time_limit_s: int
    priority: int
    hold_micro: int
    submitted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_requested_at: datetime | None

    @classmethod
    def of(cls, job: Job, *, reader: Actor) -> "JobRow":
        """From a row of queries.jobs_seen, which brings the last run's cluster along.

        Who may not read the job is told the reason's code alone: its text may quote the job.
        """
        return cls(
            id=job.id,
            name=job.name,
            state=job.state,
            state_label=str(STATE_LABELS[State(job.state)]),
            reason_code=job.reason_code,
            sentence=ending_sentence(job.reason_code, job.reason if job.is_readable_by(reader) else ""),
            organisation_id=job.organisation_id,
            organisation_name=in_reader_language(job.organisation.name, job.organisation.name_en),
            submitted_by=job.submitted_by.name if job.submitted_by else "",
            cluster=getattr(job, "last_cluster", None) or "",
            cluster_name=in_reader_language(
                getattr(job, "last_cluster_name", None) or "", getattr(job, "last_cluster_name_en", None) or ""
            ),
            nodes=job.nodes,
            cards=job.cards,
            cpus=job.cpus,
            memory_mib=job.memory_mib,
            time_limit_s=job.time_limit_s,
            priority=job.priority,
            hold_micro=job.budget_micro,
            submitted_at=job.submitted_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            cancel_requested_at=job.cancel_requested_at,
        )


@dataclass(frozen=True, slots=True)
class TransitionView:
    at: datetime
    before: str
    after: str
    after_label: str
    sentence: str
    by: str
    run_id: uuid.UUID | None

    @classmethod
    def of(cls, row: Transition, *, told: bool) -> "TransitionView":
        """`told`: whether the reader may read the job, and so what its cluster said about it."""
        return cls(
            at=row.at,
            before=row.before,
            after=row.after,
            after_label=str(STATE_LABELS[State(row.after)]),
            sentence=ending_sentence(row.reason_code, row.reason if told else ""),
            by=row.by,
            run_id=row.run_id,
        )


@dataclass(frozen=True, slots=True)
class RunView:
    """One attempt. `elapsed_ms` and the use figures are final once it has ended."""

    id: uuid.UUID
    attempt: int
    cluster: str
    cluster_name: str
    pool: str
    state: str
    state_label: str
    isolation: str
    exit_code: int | None
    reason_code: str
    sentence: str
    placed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_ms: int | None
    cpu_ms_used: int
    peak_memory_mib: int
    log_bytes: int
    log_truncated: bool
    placement: PlacementView | None
    receipt: ReceiptView | None

    @classmethod
    def of(cls, run: Run, *, told: bool, receipt: ReceiptView | None = None) -> "RunView":
        """`told`: whether the reader may read the job, and so what its cluster said about it."""
        placement = getattr(run, "placement", None)
        return cls(
            id=run.id,
            attempt=run.attempt,
            cluster=run.cluster.slug,
            cluster_name=in_reader_language(run.cluster.name, run.cluster.name_en),
            pool=run.pool.name,
            state=run.state,
            state_label=str(STATE_LABELS[State(run.state)]),
            isolation=run.isolation,
            exit_code=run.exit_code,
            reason_code=run.reason_code,
            sentence=ending_sentence(run.reason_code, run.reason if told else ""),
            placed_at=run.placed_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            elapsed_ms=run.elapsed_ms,
            cpu_ms_used=run.cpu_ms_used,
            peak_memory_mib=run.peak_memory_mib,
            log_bytes=run.log_bytes,
            log_truncated=run.log_truncated,
            placement=placement
            and PlacementView.of(
                policy=placement.policy,
                chosen=placement.chosen,
                others=placement.others,
                rejected=placement.rejected,
            ),
            receipt=receipt,
        )


@dataclass(frozen=True, slots=True)
class JobDetail:
    """Everything about one job. `spec` has no secrets, only their names under `secret_names`; it is None for a reader
    who may see the job and not read it, such as the programme office."""

    job: JobRow
    spec: Mapping[str, Any] | None
    runs: tuple[RunView, ...]
    """The first attempt first."""
    transitions: tuple[TransitionView, ...]
    quote: PlacementView | None
    voucher: VoucherChoiceView
    voucher_id: uuid.UUID | None
    retries_left: int
    unfit_since: datetime | None
    """While it waits: since when no cluster fits it any more."""
    unfit_until: datetime | None
    """When it ends as failed, unless a cluster fits before."""
    may_cancel: bool

    @property
    def last_run(self) -> RunView | None:
        return self.runs[-1] if self.runs else None

    @property
    def is_over(self) -> bool:
        return self.job.state in ENDED


@dataclass(frozen=True, slots=True)
class SampleView:
    at: datetime
    cpu_ms: int
    memory_mib: int
    processes: int
    card_percent: int | None
    card_memory_mib: int | None

    @classmethod
    def of(cls, row: UseSample) -> "SampleView":
        return cls(row.at, row.cpu_ms, row.memory_mib, row.processes, row.card_percent, row.card_memory_mib)


@dataclass(frozen=True, slots=True)
class OutputView:
    id: uuid.UUID
    run_id: uuid.UUID
    path: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, row: Output) -> "OutputView":
        return cls(row.id, row.run_id, row.path, row.bytes, row.sha256)


@dataclass(frozen=True, slots=True)
class LogWindow:
    """A piece of a log as readable text. Ask again from `next` until `complete`."""

    run_id: uuid.UUID
    text: str
    offset: int
    next: int
    complete: bool
    truncated: bool
