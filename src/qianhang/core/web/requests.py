"""What the middlewares add to a request."""

from django.http import HttpRequest

from qianhang.core.access import Actor
from qianhang.core.errors import DomainError


class ActorRequest(HttpRequest):
    """A request as views and operations see it. An annotation only: Django makes the objects."""

    actor: Actor
    request_id: str
    identity_refusal: DomainError | None
    answer_is_secret: bool
