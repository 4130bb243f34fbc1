"""Who is behind a request: a session's person or an API key, as an Actor on `request.actor`.

An API key costs one query and is never cached, so a revoked key is refused by the next request.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars

from qianhang.core.access import Actor, ActorKind, Permission, permissions_of
from qianhang.core.clock import now
from qianhang.core.web.errors import InvalidApiKey
from qianhang.core.web.requests import ActorRequest

from .models import Membership, OrganisationState, User
from .rules.keys import cut_to_scopes, hash_secret, looks_like_secret

LAST_USED_STEP = timedelta(minutes=1)

# What is left to the people of an organisation that is not active: to look at it, and, before verification, to
# correct what was stated about it.
REDUCED = {
    OrganisationState.REGISTERED: frozenset({Permission.ORGANISATION_VIEW, Permission.ORGANISATION_EDIT}),
    OrganisationState.REJECTED: frozenset({Permission.ORGANISATION_VIEW, Permission.ORGANISATION_EDIT}),
    OrganisationState.SUSPENDED: frozenset({Permission.ORGANISATION_VIEW}),
}

_KEY = """
    SELECT k.id, k.user_id, k.organisation_id, k.name, k.scopes, k.last_used_at, m.role, o.kind, o.state
    FROM people_apikey k
    JOIN people_user u ON u.id = k.user_id AND u.is_active
    JOIN people_organisation o ON o.id = k.organisation_id
    JOIN people_membership m ON m.user_id = k.user_id AND m.organisation_id = k.organisation_id
    WHERE k.secret_hash = %s AND k.revoked_at IS NULL AND k.expires_at > %s
"""
_TOUCH = "UPDATE people_apikey SET last_used_at = %s WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)"


class IdentityMiddleware:
    """Sets `request.actor`; a bad key sets `request.identity_refusal` too, which the API turns into 401."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: ActorRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        identify(request)
        return self.get_response(request)

    async def _answer_async(self, request: ActorRequest) -> HttpResponse:
        await sync_to_async(identify, thread_sensitive=True)(request)
        return await self.get_response(request)


def identify(request: ActorRequest) -> None:
    request_id = getattr(request, "request_id", "")
    header = request.headers.get("Authorization", "")
    request.identity_refusal = None
    if header[:7].lower() == "bearer ":
        try:
            request.actor = actor_of_key(header[7:].strip(), request_id=request_id)
        except InvalidApiKey as refusal:
            request.actor = Actor.anonymous(request_id=request_id)
            request.identity_refusal = refusal
    elif request.user.is_authenticated:
        request.actor = actor_of_person(request.user, confirmed_at=_confirmed_at(request), request_id=request_id)
    else:
        request.actor = Actor.anonymous(request_id=request_id)
    actor = request.actor
    if not actor.is_anonymous:
        bind_contextvars(
            user=str(actor.user_id), organisation=str(actor.organisation_id) if actor.organisation_id else None
        )


def is_known(request: HttpRequest) -> bool:
    """Whether somebody stands behind a request that has passed no middleware yet: asked before a file is taken."""
    _SESSIONS.process_request(request)
    _SIGN_INS.process_request(request)
    identify(cast("ActorRequest", request))
    return not cast("ActorRequest", request).actor.is_anonymous


def _nowhere(_request: HttpRequest) -> HttpResponse:
    raise NotImplementedError("these middlewares only look")


_SESSIONS, _SIGN_INS = SessionMiddleware(_nowhere), AuthenticationMiddleware(_nowhere)


def actor_of_key(secret: str, *, request_id: str = "") -> Actor:
    """The actor an API key stands for. Raises InvalidApiKey: unknown, expired, revoked, or its person has left."""
    if not looks_like_secret(secret):
        raise InvalidApiKey
    moment = now()
    with connection.cursor() as cursor:
        row = _first_planned_once(cursor, _KEY, [hash_secret(secret), moment])
        if row is None:
            raise InvalidApiKey
        key_id, user_id, organisation_id, name, scopes, last_used_at, role, kind, state = row
        if last_used_at is None or moment - last_used_at >= LAST_USED_STEP:
            cursor.execute(_TOUCH, [moment, key_id, moment - LAST_USED_STEP])
    return Actor(
        kind=ActorKind.KEY,
        user_id=user_id,
        organisation_id=organisation_id,
        api_key_id=key_id,
        name=name,
        permissions=cut_to_scopes(_held(kind=kind, state=state, role=role), _list(scopes)),
        request_id=request_id,
    )


def _first_planned_once(cursor: CursorWrapper, sql: str, params: Sequence[object]) -> tuple[Any, ...] | None:
    """The first row of a statement that each connection plans once: every request with a key asks this, and planning
    the join takes longer than running it. Django's own cursors never prepare, so this goes past them."""
    with connection.wrap_database_errors, psycopg.Cursor(cursor.connection) as prepared:
        return prepared.execute(sql, params, prepare=True).fetchone()


def actor_of_person(user: User, *, confirmed_at: datetime | None = None, request_id: str = "") -> Actor:
    """The person in their current organisation; in their first one if none is chosen or they have left it."""
    memberships = {
        m.organisation_id: m
        for m in Membership.objects.filter(user_id=user.pk).select_related("organisation").order_by("created_at")
    }
    chosen = _choose(memberships, user.current_organisation_id)
    return Actor(
        kind=ActorKind.PERSON,
        user_id=user.pk,
        organisation_id=chosen.organisation_id if chosen else None,
        name=user.name or user.email,
        permissions=_held(kind=chosen.organisation.kind, state=chosen.organisation.state, role=chosen.role)
        if chosen
        else frozenset(),
        request_id=request_id,
        confirmed_at=confirmed_at,
    )


def _choose(memberships: Mapping[UUID, Membership], wanted: UUID | None) -> Membership | None:
    if wanted is not None and wanted in memberships:
        return memberships[wanted]
    return next(iter(memberships.values()), None)


def _held(*, kind: str, state: str, role: str) -> frozenset[Permission]:
    held = permissions_of(kind=kind, role=role)
    return held & REDUCED[OrganisationState(state)] if state in REDUCED else held


def _list(scopes: Any) -> list[str]:
    """Raw SQL hands jsonb over as text or as a list, depending on who registered a loader."""
    import json

    return json.loads(scopes) if isinstance(scopes, str) else list(scopes)


def _confirmed_at(request: HttpRequest) -> datetime | None:
    """When this session last saw a proof of identity: allauth's own record of sign-ins and re-authentications."""
    from allauth.account.authentication import get_authentication_records

    moments = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None
