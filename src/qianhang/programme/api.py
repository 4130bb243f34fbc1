"""REST: plans, what was read in them, and their review. Targets are in api_numbers.py, tasks in api_work.py."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from qianhang.core.access import Actor
from qianhang.core.clock import new_id, now
from qianhang.core.web.pages import actor_of
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate

from . import api_compare, api_numbers, api_work, exports
from .api_shapes import CountOut, DecisionIn, FindingEditIn, FindingIn, IdOut, PublishIn, ReasonIn, TextOut
from .errors import DocumentUnreadable, wrong_period
from .models import Finding
from .observing import today
from .queries import board, findings, plans, public, report, systems, work
from .queries.findings import FindingView
from .queries.plans import PlanDetail, PlanRow
from .rules.periods import period_of, read_period
from .services import (
    accept_findings,
    add_finding,
    edit_finding,
    import_plan,
    propose_findings,
    publish_plan,
    reject_findings,
    unpublish_plan,
)
from .services.import_plan import MAX_BYTES, Imported

router = Router()
router.add_router("", api_numbers.router)
router.add_router("", api_work.router)
router.add_router("", api_compare.router)

CSV = "text/csv; charset=utf-8"
SDMX = "application/vnd.sdmx.data+json; version=2.0.0"


class FindingFilter(Schema):
    kind: Annotated[str, Field(max_length=16)] = ""
    state: Annotated[str, Field(max_length=10)] = ""


class PlanFilter(Schema):
    region: Annotated[str, Field(max_length=80)] = ""
    q: Annotated[str, Field(max_length=120, description="Part of a title.")] = ""


@router.get("/plans", response=PageOf[PlanRow], tags=["plans"])
def list_plans(request: HttpRequest, page: Query[PageQuery], wanted: Query[PlanFilter]) -> Page[PlanRow]:
    """Plans this request may see, newest first."""
    rows = plans.plans_seen(actor=actor_of(request), **wanted.dict())
    found = paginate(rows, key="created_at", cursor=page.cursor, limit=page.limit)
    return Page(plans.plan_rows(found.items), found.next)


@router.post("/plans", response={201: Imported}, tags=["plans"])
def import_document(
    request: HttpRequest, file: File[UploadedFile], plan_id: Annotated[UUID | None, Query()] = None
) -> Status[Imported]:
    """Send a plan as text, web page, .docx or PDF: it is read, and what was found waits for review.

    With plan_id it is the next wording of that plan. The same file again is the same document.
    """
    if (file.size or 0) > MAX_BYTES:
        raise DocumentUnreadable("too_large", bytes=file.size, limit=MAX_BYTES)
    done = import_plan(actor=actor_of(request), data=file.read(), filename=file.name or "", plan_id=plan_id)
    return Status(201, done)


@router.get("/plans/{plan_id}", response=PlanDetail, tags=["plans"])
def get_plan(request: HttpRequest, plan_id: UUID) -> PlanDetail:
    """One plan with its wordings, the newest first."""
    return plans.plan_detail(actor=actor_of(request), plan_id=plan_id)


@router.get("/plans/{plan_id}/text", response=TextOut, tags=["plans"])
def get_plan_text(request: HttpRequest, plan_id: UUID) -> TextOut:
    """The original text of the newest wording."""
    version, text = plans.newest_text(actor=actor_of(request), plan_id=plan_id)
    return TextOut(version=version, text=text)


@router.get("/plans/{plan_id}/findings", response=PageOf[FindingView], tags=["review"])
def list_findings(
    request: HttpRequest, plan_id: UUID, page: Query[PageQuery], wanted: Query[FindingFilter]
) -> Page[FindingView]:
    """What was found in a plan, in the order of the document, and what became of it."""
    rows = findings.findings_seen(actor=actor_of(request), plan_id=plan_id, **wanted.dict())
    found = paginate(rows, key="position", newest_first=False, cursor=page.cursor, limit=page.limit)
    return Page(findings.finding_views(found.items), found.next)


@router.post("/plans/{plan_id}/findings", response={201: FindingView}, tags=["review"])
def write_finding(request: HttpRequest, plan_id: UUID, wish: FindingIn) -> Status[FindingView]:
    """Write a finding that the reading missed; it is live at once."""
    actor = actor_of(request)
    made = add_finding(
        actor=actor,
        plan_id=plan_id,
        kind=wish.kind,
        content=wish.content,
        offset=wish.offset,
        length=wish.length,
        note=wish.note,
    )
    return Status(201, _finding(actor, made))


@router.patch("/plans/{plan_id}/findings/{finding_id}", response=FindingView, tags=["review"])
def change_finding(request: HttpRequest, plan_id: UUID, finding_id: UUID, wish: FindingEditIn) -> FindingView:
    """Write over what was read, and accept it so. What was read is kept beside it."""
    actor = actor_of(request)
    changed = edit_finding(actor=actor, plan_id=plan_id, finding_id=finding_id, changes=wish.changes, note=wish.note)
    return _finding(actor, changed)


@router.post("/plans/{plan_id}/accept", response=list[IdOut], tags=["review"])
def accept_readings(request: HttpRequest, plan_id: UUID, wish: DecisionIn) -> list[Finding]:
    """Take findings as they stand. Answers those that changed."""
    done = accept_findings(actor=actor_of(request), plan_id=plan_id, finding_ids=wish.ids, note=wish.note)
    return list(done)


@router.post("/plans/{plan_id}/reject", response=list[IdOut], tags=["review"])
def reject_readings(request: HttpRequest, plan_id: UUID, wish: DecisionIn) -> list[Finding]:
    """Set findings aside. Answers those that changed."""
    done = reject_findings(actor=actor_of(request), plan_id=plan_id, finding_ids=wish.ids, note=wish.note)
    return list(done)


@router.post("/plans/{plan_id}/proposals", response=CountOut, tags=["review"])
def ask_model(request: HttpRequest, plan_id: UUID) -> CountOut:
    """Ask the configured model what the rules may have missed. Its proposals wait for review; none is live before."""
    return CountOut(new=propose_findings(actor=actor_of(request), plan_id=plan_id))


@router.get("/plans/{plan_id}/board", response=board.Board, tags=["scoreboard"])
def get_board(request: HttpRequest, plan_id: UUID, *, live: bool = False) -> board.Board:
    """A plan's targets: what feeds them, where they stand, where they should stand, and the light.

    With live=true, measures that feed a target are counted now as well.
    """
    return board.scoreboard(actor=actor_of(request), plan_id=plan_id, live=live)


@router.get("/plans/{plan_id}/tasks", response=list[work.TaskView], tags=["tasks"])
def list_plan_tasks(request: HttpRequest, plan_id: UUID) -> list[work.TaskView]:
    """The tree of tasks in the order of the document."""
    return work.task_tree(actor=actor_of(request), plan_id=plan_id)


@router.get("/plans/{plan_id}/departments", response=list[work.DepartmentRow], tags=["tasks"])
def list_departments(request: HttpRequest, plan_id: UUID) -> list[work.DepartmentRow]:
    """Who leads and takes part in what, for the joint conference."""
    return work.departments(actor=actor_of(request), plan_id=plan_id)


@router.get("/plans/{plan_id}/milestones", response=list[work.MilestoneView], tags=["tasks"])
def list_milestones(request: HttpRequest, plan_id: UUID) -> list[work.MilestoneView]:
    return work.milestones_of(actor=actor_of(request), plan_id=plan_id)


@router.get("/plans/{plan_id}/systems", response=list[systems.SystemView], tags=["systems"])
def list_plan_systems(request: HttpRequest, plan_id: UUID) -> list[systems.SystemView]:
    """The platforms and institutions the plan names."""
    actor = actor_of(request)
    plan = plans.plan_detail(actor=actor, plan_id=plan_id).plan
    return systems.system_views(list(systems.systems_seen(actor=actor, plan_id=plan.id)), actor=actor)


@router.get("/plans/{plan_id}/report", response=report.StatisticalReport, tags=["scoreboard"])
def get_report(
    request: HttpRequest,
    plan_id: UUID,
    period: Annotated[str, Query(max_length=10, description="2026-03 or 2026-Q1.")] = "",
) -> report.StatisticalReport:
    """The statistical report of a month or a quarter, of this month by default."""
    try:
        wanted = read_period(period) if period else period_of("month", today())
    except ValueError as error:
        raise wrong_period() from error
    return report.statistical_report(actor=actor_of(request), plan_id=plan_id, period=wanted)


@router.get("/plans/{plan_id}/data.csv", tags=["scoreboard"])
def download_csv(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Every observation of the plan's targets as CSV."""
    shown = board.scoreboard(actor=actor_of(request), plan_id=plan_id)
    return HttpResponse(exports.csv_of(shown.targets), content_type=CSV)


@router.get("/plans/{plan_id}/data.json", response=dict[str, Any], tags=["scoreboard"])
def download_sdmx(request: HttpRequest, plan_id: UUID) -> dict[str, Any]:
    """Every observation of the plan's targets as an SDMX-JSON 2.0 data message."""
    shown = board.scoreboard(actor=actor_of(request), plan_id=plan_id)
    return _message(shown.targets)


@router.post("/plans/{plan_id}/publish", response=IdOut, tags=["plans"])
def publish(request: HttpRequest, plan_id: UUID, wish: PublishIn) -> Any:
    """Show a plan to everybody, with these targets."""
    return publish_plan(actor=actor_of(request), plan_id=plan_id, target_ids=wish.targets)


@router.post("/plans/{plan_id}/unpublish", response=IdOut, tags=["plans"])
def unpublish(request: HttpRequest, plan_id: UUID, wish: ReasonIn) -> Any:
    """Take a plan off the public page."""
    return unpublish_plan(actor=actor_of(request), plan_id=plan_id, reason=wish.reason)


@router.get("/public/plans", response=list[PlanRow], auth=None, tags=["public"])
def list_public_plans(request: HttpRequest) -> list[PlanRow]:
    """Published plans, the newest first. No sign-in needed."""
    return public.public_plans()


@router.get("/public/plans/{public_id}", response=public.PublicPlan, auth=None, tags=["public"])
def get_public_plan(request: HttpRequest, public_id: UUID) -> public.PublicPlan:
    """What the programme office chose to publish of a plan."""
    return public.public_plan(plan_id=public_id)


@router.get("/public/plans/{public_id}/data.csv", auth=None, tags=["public"])
def download_public_csv(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The published targets as open data, CSV."""
    return HttpResponse(exports.csv_of(public.public_plan(plan_id=public_id).targets), content_type=CSV)


@router.get("/public/plans/{public_id}/data.json", response=dict[str, Any], auth=None, tags=["public"])
def download_public_sdmx(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    """The published targets as open data, SDMX-JSON 2.0."""
    return _message(public.public_plan(plan_id=public_id).targets)


def _message(targets: tuple[board.TargetView, ...]) -> dict[str, Any]:
    return exports.sdmx_json(targets, prepared=now(), sender="qianhang", message_id=str(new_id()))


def _finding(actor: Actor, finding: Finding) -> FindingView:
    rows = findings.findings_seen(actor=actor, plan_id=finding.plan_id)
    return findings.finding_views([rows.get(id=finding.id)])[0]
