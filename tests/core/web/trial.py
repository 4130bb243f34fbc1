"""A small API inside the real frame, for testing the frame itself."""

from typing import Annotated

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import Router, Status
from pydantic import Field

from qianhang.core import audit
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Conflict, FieldProblem, InvalidInput
from qianhang.core.web import health
from qianhang.core.web.api import create_api
from qianhang.core.web.shapes import Strict


class Resources(Strict):
    gpus: Annotated[int, Field(ge=0, le=8)]


class Wish(Strict):
    name: Annotated[str, Field(max_length=20)]
    resources: Resources = Resources(gpus=0)
    fail: str = ""


router = Router()


@router.post("/things", response={201: dict})
def make_thing(request: HttpRequest, wish: Wish) -> Status:
    """Writes one audit entry, then does what `fail` says."""
    audit.record(actor=request.actor, action="thing.made", subject="thing", subject_id=wish.name)
    match wish.fail:
        case "conflict":
            raise Conflict(what="thing")
        case "problems":
            raise InvalidInput(problems=[FieldProblem("resources.gpus", "zu viel", "too_many")])
        case "crash":
            raise RuntimeError("the password is hunter2")
        case "database":
            raise OperationalError("connection refused")
        case "answer":
            return Status(201, {"not json": object()})
    request.answer_is_secret = wish.name == "secret"
    return Status(201, {"name": wish.name, "count": AuditEntry.objects.count(), "request": request.actor.request_id})


@router.get("/things/{int:number}", response=dict)
def get_thing(request: HttpRequest, number: int, limit: int = 5) -> dict:
    return {"number": number, "limit": limit}


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("outside the API")


api = create_api(title="Trial", version="1", description="")
api.add_router("", router)
urlpatterns = [path("api/v1/", api.urls), path("api/crash", crash), *health.urlpatterns]
