"""What a room can count: a named query with its unit, its definition, and the rows that prove the number.

Rooms define measures in their own queries; wiring/measures.py lists them; the scoreboard asks them. `version` grows
whenever the query would give another number for the same facts, so that an old observation stays explained.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise

from qianhang.core.access import Actor


@dataclass(frozen=True, slots=True)
class Counted:
    """`value` is None where nothing can be said yet, such as a share of nothing."""

    value: Decimal | None
    rows: int
    """How many rows of evidence stand behind it."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One fact behind a number. `kind` and `reference` say what to open: a job, a cluster, a receipt, a voucher."""

    kind: str
    reference: str
    label: str
    value: Decimal | None
    unit: str
    at: datetime | None
    organisation_id: uuid.UUID | None = None


Count = Callable[[datetime], Counted]
"""The number as it stood at that moment."""
ShowEvidence = Callable[[Actor, datetime, int], Sequence[EvidenceRow]]
"""The rows behind the number at that moment that this actor may see, newest first, at most so many."""


@dataclass(frozen=True, slots=True)
class Measure:
    code: str
    """Such as `compute.jobs_finished`; never changes."""
    unit: str
    name: str | Promise
    definition: str | Promise
    counted: str | Promise
    """How it is counted: which rows, from when, with what left out."""
    words: Sequence[str]
    """Words of plans that mean it, for suggestions."""
    count: Count
    evidence: ShowEvidence
    version: int = 1
    base_unit: str = ""
    """The base unit of `unit`, such as FLOPS of PFLOPS; empty where there is none."""
    base_factor: Decimal = Decimal(1)
    """How many base units make one `unit`."""
    of_any_day: bool = True
    """Whether a past day can be counted again. A state of now, such as the fleet, cannot."""
    lower_is_better: bool = False
