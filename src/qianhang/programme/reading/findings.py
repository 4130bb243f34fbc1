"""What reading a plan finds: plain frozen values, each with the words it stands on.

Every finding carries quotes (text of the original document, never of the normalised copy, with the character offset
where it begins), the name of the rule that found it and a confidence from 0 to 1. Field names of `as_json` are the ones
that `qianhang plan read --json` prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Comparator(StrEnum):
    """How the value of a target bounds the indicator."""

    EQ = "eq"
    """Reach it (达到), or complete that many (突破5项)."""
    GT = "gt"
    """Go beyond it (突破, 超)."""
    GTE = "gte"
    """At least (以上, 不少于)."""
    LT = "lt"
    LTE = "lte"
    APPROX = "approx"
    """About (左右)."""
    RANGE = "range"
    """From `value` to `value_max`, both included (2-3个)."""


class DeadlineSource(StrEnum):
    """Where the deadline is stated: in the target's own sentence, its paragraph, or above it."""

    LOCAL = "local"
    PARAGRAPH = "paragraph"
    ANCESTOR = "ancestor"


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of the original: `original[offset : offset + len(text)] == text`, always."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Canonical:
    """The value in one base unit: FLOPS, CNY, ratio, s, bit/s. Exact."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Target:
    indicator: str
    comparator: Comparator
    comparator_raw: Sequence[str]
    value: Decimal
    value_max: Decimal | None
    unit: str
    canonical: Canonical | None
    deadline: date | None
    deadline_source: DeadlineSource
    period: str | None
    """`year` for 每年, `quarter`, `month`; None for a level to be reached once."""
    aim: bool
    """True under 力争: striven for, not promised."""
    section: str
    """Path of the task or section it stands in."""
    quotes: Sequence[Quote]
    """The first is the one shown; the rest are repeats of the same target."""
    rule: str
    confidence: float
    scope: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is to be so by a year, without a number to count."""

    deadline: date | None
    kind: str
    """`milestone` or `coverage` (全覆盖)."""
    quote: Quote
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Task:
    path: str
    number: str | None
    title: str
    parent: str | None
    kind: str
    """`numbered`, or `labelled` for a lead-in without a number."""
    body: str
    quote: Quote
    """The heading as written."""
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who owns one task. Names are as written; `agencies` maps each to the register (see agencies.py)."""

    task: str
    mode: str
    lead: Sequence[str]
    cooperating: Sequence[str]
    responsible: Sequence[str]
    open_list: bool
    """The list ends in 等: others may belong to it."""
    generic: str | None
    """An owner that names no agency, such as 各有关部门."""
    quotes: Sequence[Quote]
    """The first is the one that stands in this task; the rest are the same words elsewhere in the document."""
    rule: str
    confidence: float
    flags: Sequence[str] = ()
    """Doubts for the reviewer, such as a name that is one letter off a registered agency."""


@dataclass(frozen=True, slots=True)
class System:
    """A platform, system, database, centre, voucher or pilot that the plan names."""

    name: str
    type: str
    domain: str
    action: str
    named: bool
    """False when it is a kind of thing (a batch of ...), not one with a name."""
    room: str
    """The room of Qianhang that serves it, or `outside`."""
    quote: Quote
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Meta:
    title: str | None
    title_inferred: str | None
    issuer: str | None
    doc_number: str | None
    date: date | None
    region: str | None
    level: str | None
    doc_type: str | None
    script: str
    """`hans`, `hant` or `mixed`."""
    addressees: str | None
    cites: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was found in one document. `original` is the text that every quote points into."""

    original: str
    meta: Meta
    targets: Sequence[Target]
    milestones: Sequence[Milestone]
    tasks: Sequence[Task]
    responsibilities: Sequence[Responsibility]
    systems: Sequence[System]
    version: str
    """Version of the rules; two readings of one text by one version are equal."""
