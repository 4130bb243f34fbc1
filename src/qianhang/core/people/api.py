"""REST: who am I, organisations, members, invitations, keys."""

from django.http import HttpRequest
from ninja import Router, Schema

router = Router(tags=["people"])


class MeOut(Schema):
    kind: str
    name: str
    permissions: list[str]


@router.get("/me", response=MeOut)
def me(request: HttpRequest) -> MeOut:
    """Who this request acts as."""
    actor = request.actor
    return MeOut(kind=actor.kind, name=actor.name, permissions=sorted(actor.permissions))
