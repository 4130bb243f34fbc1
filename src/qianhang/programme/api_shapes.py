"""What the REST operations about plans take. Numbers that must be exact are text, such as "5000" or "1.25"."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from qianhang.core.web.shapes import Strict

Exact = Annotated[Decimal, Field(max_digits=60, description="Send it as text to keep it exact.")]
Note = Annotated[str, Field(max_length=500)]
Ids = Annotated[list[UUID], Field(max_length=5000)]
FewIds = Annotated[list[UUID], Field(max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]


class DecisionIn(Strict):
    ids: Ids
    note: Note = ""


class FindingIn(Strict):
    kind: Annotated[str, Field(description="target, task, responsibility, system or milestone.")]
    content: Annotated[dict[str, Any], Field(description="The fields of its kind, as the reading names them.")]
    offset: Annotated[int | None, Field(ge=0, lt=2**31)] = None
    length: Annotated[int | None, Field(ge=1, le=2000)] = None
    note: Note = ""


class FindingEditIn(Strict):
    changes: Annotated[dict[str, Any], Field(description="The fields that are to be another.")]
    note: Note = ""


class BindingIn(Strict):
    """Exactly one of measure, manual_id, outside_id."""

    measure: Annotated[str, Field(max_length=80)] = ""
    manual_id: UUID | None = None
    outside_id: UUID | None = None
    factor: Annotated[Exact | None, Field(description="Target units in one source unit; found by the units.")] = None


class ReasonIn(Strict):
    reason: Note = ""


class TargetEditIn(Strict):
    """What is null is taken away."""

    owner_id: UUID | None = None
    baseline: Exact | None = None
    baseline_on: date | None = None


class StageIn(Strict):
    deadline: date
    value: Annotated[Exact | None, Field(description="null removes the stage.")]


class ObserveIn(Strict):
    day: Annotated[date | None, Field(description="Today when it is left out.")] = None
    codes: Annotated[list[str], Field(max_length=200)] = []


class TaskEditIn(Strict):
    """Fields that are left out stay; owner and dates may be set to null."""

    state: str | None = None
    reason: Note = ""
    owner_id: UUID | None = None
    starts_on: date | None = None
    due_on: date | None = None


class IdsIn(Strict):
    ids: FewIds


class ProgressIn(Strict):
    percent: Annotated[int, Field(ge=0, le=100)]
    text: Words
    evidence_ids: FewIds = []


class ReachedIn(Strict):
    reached_on: date | None
    evidence_id: UUID | None = None


class OpinionIn(Strict):
    verdict: Annotated[str, Field(description="support, concern or oppose.")]
    text: Words
    task_id: UUID | None = None


class SystemIn(Strict):
    state: Annotated[str, Field(description="planned, building or live.")]
    address: Annotated[str, Field(max_length=500)] = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    evidence_id: UUID | None = None


class PublishIn(Strict):
    targets: Annotated[Ids, Field(description="These targets are shown and no others.")]


class ManualSeriesIn(Strict):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Annotated[str, Field(max_length=40)] = ""
    reporter_id: UUID | None = None


class ManualValueIn(Strict):
    day: date
    value: Exact
    evidence_id: UUID
    note: Note = ""


class ReviewIn(Strict):
    confirm: bool
    note: Note = ""


class OutsideSeriesIn(Strict):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Annotated[str, Field(max_length=40)] = ""
    url: Annotated[str, Field(max_length=1000)] = ""
    date_column: Annotated[str, Field(min_length=1, max_length=80)] = "date"
    value_column: Annotated[str, Field(min_length=1, max_length=80)] = "value"
    every_hours: Annotated[int, Field(ge=1, le=744)] = 24


class ValuesIn(Strict):
    text: Annotated[str, Field(max_length=1_000_000, description="CSV with a header line, or JSON.")]


class IdOut(Schema):
    id: UUID


class StateOut(Schema):
    id: UUID
    state: str


class CountOut(Schema):
    new: int


class EvidenceOut(Schema):
    id: UUID
    name: str
    bytes: int
    sha256: str


class TextOut(Schema):
    """The original that every offset of a quote points into, counted in characters."""

    version: int
    text: str
