"""REST: targets, what feeds them, measures, observations, and the series that people and others report."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja import Body, Router, Status

from qianhang.core.measures import EvidenceRow
from qianhang.core.web.pages import actor_of

from .api_shapes import (
    BindingIn,
    CountOut,
    IdOut,
    ManualSeriesIn,
    ManualValueIn,
    ObserveIn,
    OutsideSeriesIn,
    ReasonIn,
    ReviewIn,
    StageIn,
    StateOut,
    TargetEditIn,
    ValuesIn,
)
from .models import ManualSeries, ManualValue, OutsideSeries
from .queries import series, target
from .queries.target import MeasureView, SuggestionView, TargetDetail
from .services import (
    bind_target,
    edit_target,
    fetch_outside_series,
    observe,
    open_manual_series,
    open_outside_series,
    record_manual_value,
    review_manual_value,
    send_outside_values,
    set_stage,
    unbind_target,
)
from .services.observe import Observed

router = Router()


@router.get("/measures", response=list[MeasureView], tags=["scoreboard"])
def list_measures(request: HttpRequest) -> list[MeasureView]:
    """What the platform can count: definition, how it is counted, and the version of the query."""
    return target.measures_list()


@router.post("/observations", response=Observed, tags=["scoreboard"])
def take_observations(request: HttpRequest, wish: ObserveIn) -> Observed:
    """Count measures for a day and keep what they say. Twice is once."""
    return observe(actor=actor_of(request), day=wish.day, codes=wish.codes)


@router.get("/plans/{plan_id}/suggestions", response=dict[str, list[SuggestionView]], tags=["scoreboard"])
def list_suggestions(request: HttpRequest, plan_id: UUID) -> dict[str, list[SuggestionView]]:
    """By target that nothing feeds: which measures could, the best first."""
    found = target.suggested_bindings(actor=actor_of(request), plan_id=plan_id)
    return {str(target_id): list(rows) for target_id, rows in found.items()}


@router.get("/targets/{target_id}", response=TargetDetail, tags=["scoreboard"])
def get_target(request: HttpRequest, target_id: UUID) -> TargetDetail:
    """One target: every observation with its revisions, and the rows that prove the latest."""
    return target.target_detail(actor=actor_of(request), target_id=target_id)


@router.get("/targets/{target_id}/evidence", response=list[EvidenceRow], tags=["scoreboard"])
def list_evidence(request: HttpRequest, target_id: UUID, day: date | None = None) -> list[EvidenceRow]:
    """The rows behind the value of a day, down to jobs and receipts, as far as this request may see them."""
    return list(target.evidence_of(actor=actor_of(request), target_id=target_id, day=day))


@router.patch("/targets/{target_id}", response=TargetDetail, tags=["scoreboard"])
def change_target(request: HttpRequest, target_id: UUID, wish: TargetEditIn) -> TargetDetail:
    """Set who owns a target and where its way begins."""
    actor = actor_of(request)
    edit_target(actor=actor, target_id=target_id, **wish.dict())
    return target.target_detail(actor=actor, target_id=target_id)


@router.post("/targets/{target_id}/binding", response=TargetDetail, tags=["scoreboard"])
def bind(request: HttpRequest, target_id: UUID, wish: BindingIn) -> TargetDetail:
    """Say what feeds a target: a measure, a manual series or an outside series."""
    actor = actor_of(request)
    bind_target(actor=actor, target_id=target_id, **wish.dict())
    return target.target_detail(actor=actor, target_id=target_id)


@router.post("/targets/{target_id}/unbind", response=TargetDetail, tags=["scoreboard"])
def unbind(request: HttpRequest, target_id: UUID, wish: Body[ReasonIn | None] = None) -> TargetDetail:
    """End what feeds a target; what was observed stays."""
    actor = actor_of(request)
    unbind_target(actor=actor, target_id=target_id, reason=wish.reason if wish else "")
    return target.target_detail(actor=actor, target_id=target_id)


@router.put("/targets/{target_id}/stages", response=TargetDetail, tags=["scoreboard"])
def put_stage(request: HttpRequest, target_id: UUID, wish: StageIn) -> TargetDetail:
    """Set what the target should have reached on a day before its deadline; null removes it."""
    actor = actor_of(request)
    set_stage(actor=actor, target_id=target_id, deadline=wish.deadline, value=wish.value)
    return target.target_detail(actor=actor, target_id=target_id)


@router.get("/manual-series", response=list[series.ManualSeriesView], tags=["series"])
def list_manual_series(request: HttpRequest) -> list[series.ManualSeriesView]:
    """Series whose values people report with evidence."""
    return series.manual_series(actor=actor_of(request))


@router.post("/manual-series", response={201: IdOut}, tags=["series"])
def make_manual_series(request: HttpRequest, wish: ManualSeriesIn) -> Status[ManualSeries]:
    return Status(201, open_manual_series(actor=actor_of(request), **wish.dict()))


@router.post("/manual-series/{series_id}/values", response={201: StateOut}, tags=["series"])
def report_value(request: HttpRequest, series_id: UUID, wish: ManualValueIn) -> Status[ManualValue]:
    """Report a value with its evidence. It counts when another person has confirmed it."""
    return Status(201, record_manual_value(actor=actor_of(request), series_id=series_id, **wish.dict()))


@router.post("/manual-values/{value_id}/review", response=StateOut, tags=["series"])
def review_value(request: HttpRequest, value_id: UUID, wish: ReviewIn) -> ManualValue:
    """Confirm or refuse a reported value; never the person who reported it."""
    return review_manual_value(actor=actor_of(request), value_id=value_id, **wish.dict())


@router.get("/outside-series", response=list[series.OutsideSeriesView], tags=["series"])
def list_outside_series(request: HttpRequest) -> list[series.OutsideSeriesView]:
    """Series that somebody else publishes."""
    return series.outside_series(actor=actor_of(request))


@router.post("/outside-series", response={201: IdOut}, tags=["series"])
def make_outside_series(request: HttpRequest, wish: OutsideSeriesIn) -> Status[OutsideSeries]:
    return Status(201, open_outside_series(actor=actor_of(request), **wish.dict()))


@router.post("/outside-series/{outside_id}/fetch", response=CountOut, tags=["series"])
def fetch_series(request: HttpRequest, outside_id: UUID) -> CountOut:
    """Fetch a series from its address now. Answers how many values are new."""
    return CountOut(new=fetch_outside_series(actor=actor_of(request), series_id=outside_id))


@router.post("/outside-series/{outside_id}/values", response=CountOut, tags=["series"])
def send_values(request: HttpRequest, outside_id: UUID, wish: ValuesIn) -> CountOut:
    """Send values as CSV or JSON text. Answers how many are new."""
    new = send_outside_values(actor=actor_of(request), series_id=outside_id, data=wish.text.encode())
    return CountOut(new=new)
