"""REST: tasks, reports, milestones, opinions, named systems and evidence."""

from typing import Annotated
from urllib.parse import quote as percent
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile
from ninja.params import Query
from pydantic import Field

from qianhang.core.web.pages import actor_of
from qianhang.core.web.paging import Page, PageOf, PageQuery, paginate

from . import store
from .api_shapes import (
    EvidenceOut,
    IdOut,
    IdsIn,
    OpinionIn,
    ProgressIn,
    ReachedIn,
    SystemIn,
    TaskEditIn,
)
from .errors import EvidenceTooLarge
from .models import Evidence, ExpertOpinion, Milestone, ProgressReport
from .queries import series, systems, work
from .services import (
    ask_reminders,
    give_opinion,
    link_tasks,
    mark_system,
    reach_milestone,
    report_progress,
    staff_task,
    store_evidence,
    update_task,
)
from .services.ask_reminders import Reminded
from .services.store_evidence import MAX_BYTES
from .services.update_task import TaskChange

router = Router()


class TaskFilter(Schema):
    plan_id: UUID | None = None
    organisation_id: UUID | None = None
    state: Annotated[str, Field(max_length=12, description="A state, or open.")] = ""
    overdue: bool = False


class SystemFilter(Schema):
    plan_id: UUID | None = None
    state: Annotated[str, Field(max_length=12)] = ""
    room: Annotated[str, Field(max_length=40)] = ""
    q: Annotated[str, Field(max_length=120)] = ""


@router.get("/tasks", response=PageOf[work.TaskView], tags=["tasks"])
def list_tasks(request: HttpRequest, page: Query[PageQuery], wanted: Query[TaskFilter]) -> Page[work.TaskView]:
    """Tasks this request may see, of all plans."""
    actor = actor_of(request)
    rows = work.tasks_seen(actor=actor, **wanted.dict())
    found = paginate(rows, key="pk", newest_first=False, cursor=page.cursor, limit=page.limit)
    return Page(work.task_views(found.items, actor=actor), found.next)


@router.get("/my-work", response=work.MyWork, tags=["tasks"])
def get_my_work(request: HttpRequest) -> work.MyWork:
    """The tasks and targets of the organisation this request acts for."""
    return work.my_work(actor=actor_of(request))


@router.get("/tasks/{task_id}", response=work.TaskDetail, tags=["tasks"])
def get_task(request: HttpRequest, task_id: UUID) -> work.TaskDetail:
    """One task with its reports, milestones, dependencies and opinions."""
    return work.task_detail(actor=actor_of(request), task_id=task_id)


@router.patch("/tasks/{task_id}", response=work.TaskDetail, tags=["tasks"])
def change_task(request: HttpRequest, task_id: UUID, wish: TaskEditIn) -> work.TaskDetail:
    """Move a task through its states; owner and dates are the programme office's to set."""
    actor = actor_of(request)
    sent = wish.dict(exclude_unset=True)
    fields = {name: value for name, value in sent.items() if name not in {"state", "reason"}}
    update_task(actor=actor, task_id=task_id, change=TaskChange(wish.state, wish.reason, fields))
    return work.task_detail(actor=actor, task_id=task_id)


@router.put("/tasks/{task_id}/needs", response=work.TaskDetail, tags=["tasks"])
def put_needs(request: HttpRequest, task_id: UUID, wish: IdsIn) -> work.TaskDetail:
    """Say which tasks must be done before this one: these and no others."""
    actor = actor_of(request)
    link_tasks(actor=actor, task_id=task_id, needs=wish.ids)
    return work.task_detail(actor=actor, task_id=task_id)


@router.put("/tasks/{task_id}/people", response=work.TaskDetail, tags=["tasks"])
def put_people(request: HttpRequest, task_id: UUID, wish: IdsIn) -> work.TaskDetail:
    """Say who works on a task and is reminded of it: these people and no others."""
    actor = actor_of(request)
    staff_task(actor=actor, task_id=task_id, people=wish.ids)
    return work.task_detail(actor=actor, task_id=task_id)


@router.post("/tasks/{task_id}/reports", response={201: IdOut}, tags=["tasks"])
def report_on_task(request: HttpRequest, task_id: UUID, wish: ProgressIn) -> Status[ProgressReport]:
    """Report how far a task is, with evidence. A report is never changed."""
    return Status(201, report_progress(actor=actor_of(request), task_id=task_id, **wish.dict()))


@router.post("/reminders", response=Reminded, tags=["tasks"])
def remind(request: HttpRequest, wish: IdsIn) -> Reminded:
    """Ask the owners of these tasks now; without any, those whose day is near or past. Once a day each."""
    return ask_reminders(actor=actor_of(request), task_ids=wish.ids)


@router.post("/milestones/{milestone_id}/reached", response=IdOut, tags=["tasks"])
def mark_milestone(request: HttpRequest, milestone_id: UUID, wish: ReachedIn) -> Milestone:
    return reach_milestone(actor=actor_of(request), milestone_id=milestone_id, **wish.dict())


@router.get("/plans/{plan_id}/opinions", response=list[work.OpinionView], tags=["opinions"])
def list_opinions(request: HttpRequest, plan_id: UUID) -> list[work.OpinionView]:
    """What experts said about a plan and its tasks, newest first, as far as this request may see it."""
    return list(work.opinions_on(actor=actor_of(request), plan_id=plan_id))


@router.post("/plans/{plan_id}/opinions", response={201: IdOut}, tags=["opinions"])
def write_opinion(request: HttpRequest, plan_id: UUID, wish: OpinionIn) -> Status[ExpertOpinion]:
    return Status(201, give_opinion(actor=actor_of(request), plan_id=plan_id, **wish.dict()))


@router.get("/systems", response=PageOf[systems.SystemView], tags=["systems"])
def list_systems(request: HttpRequest, page: Query[PageQuery], wanted: Query[SystemFilter]) -> Page[systems.SystemView]:
    """The register of named platforms and institutions of all plans."""
    actor = actor_of(request)
    rows = systems.systems_seen(actor=actor, **wanted.dict())
    found = paginate(rows, key="pk", newest_first=False, cursor=page.cursor, limit=page.limit)
    return Page(systems.system_views(found.items, actor=actor), found.next)


@router.patch("/systems/{system_id}", response=systems.SystemView, tags=["systems"])
def change_system(request: HttpRequest, system_id: UUID, wish: SystemIn) -> systems.SystemView:
    """Say how far it is built, where it is found, and what proves it."""
    actor = actor_of(request)
    row = mark_system(actor=actor, system_id=system_id, **wish.dict())
    return systems.system_views(list(systems.systems_seen(actor=actor).filter(id=row.id)), actor=actor)[0]


@router.post("/evidence", response={201: EvidenceOut}, tags=["evidence"])
def send_evidence(request: HttpRequest, file: File[UploadedFile]) -> Status[Evidence]:
    """Send a file that proves a number, a report or that something is built."""
    if (file.size or 0) > MAX_BYTES:
        raise EvidenceTooLarge(limit_mib=MAX_BYTES // (1024 * 1024))
    return Status(201, store_evidence(actor=actor_of(request), name=file.name or "", data=file.read()))


@router.get("/evidence/{evidence_id}", tags=["evidence"])
def download_evidence(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """The file, as an attachment: what somebody sent is never shown as a page of this site."""
    row = series.evidence_file(actor=actor_of(request), evidence_id=evidence_id)
    response = HttpResponse(store.load(row.stored_as), content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{percent(row.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
