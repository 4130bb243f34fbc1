"""Every address for every role, on one's own and on a foreign object.

The routes are enumerated from Django and from the API; tests/architecture/access_table.py says what each must do.
"""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.core.actors import bearer, make_secret

from qianhang.core.access import Permission, Role, permissions_of
from qianhang.core.people.models import User
from qianhang.wiring.api import api

from .access_table import ANYONE, API, FOREIGN_ROUTES, PAGES, SIGNED_IN, Rule
from .sample_world import FIRM, KINDS, OFFICE, SUPPLIER, World, build

SIGN_IN_PAGE = "/accounts/login/"
REFUSED = {401, 403, 404}
# Whoever accepts an invitation is signed in and has its token, which the table has not.
UNKNOWN_TOKEN = ("POST", "/invitations/accept")
ROLES = list(Role)
Key = tuple[str, str]


# What there is ------------------------------------------------------------------------------------------------


def api_operations() -> Iterator[Key]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, "/" + f"{router.prefix}/{path}".strip("/")


def page_names(patterns: list[Any] | None = None, namespace: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from page_names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield namespace + (pattern.name or str(pattern.pattern))


def own_pages() -> set[str]:
    operations = {
        f"api:{operation.view_func.__name__}"
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    }
    # The sign-in library keeps a few old addresses without a name.
    unnamed = {name for name in page_names() if name.startswith("social/")}
    return {name for name in page_names() if not name.startswith(FOREIGN_ROUTES)} - operations - unnamed


def test_every_operation_of_the_api_has_a_line_in_the_table_and_every_line_an_operation():
    assert set(api_operations()) == set(API)


def test_every_page_has_a_line_in_the_table_and_every_line_a_page():
    assert own_pages() == {name for _method, name in PAGES}


def test_every_permission_guards_something():
    guarding = {rule.needs for rule in (*API.values(), *PAGES.values())}
    # Acting on any organisation's jobs widens job.submit; checking the ledger is a command.
    elsewhere = {Permission.QUEUE_MANAGE, Permission.LEDGER_VERIFY}
    assert set(Permission) - guarding == elsewhere


# Asking -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all the tests, because each request is undone; and one transaction around it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


ROUTES = [pytest.param("api", key, rule, id=f"{key[0]} /api/v1{key[1]}") for key, rule in API.items()]
ROUTES += [pytest.param("page", key, rule, id=f"{key[0]} {key[1]}") for key, rule in PAGES.items()]
GUARDED = [route for route in ROUTES if route.values[2].needs != ANYONE]
OWNED = [route for route in GUARDED if isinstance(route.values[2].needs, Permission)]


def parameters(front: str, key: Key) -> list[str]:
    """The names an address is filled with."""
    if front == "api":
        return re.findall(r"{(\w+)}", key[1])
    if ":" in key[1]:
        return []
    _form, names = get_resolver().reverse_dict.getlist(key[1])[0][0][0]
    return list(names)


def address(front: str, key: Key, samples: dict[str, str]) -> str:
    if front == "api":
        return "/api/v1" + key[1].format_map(samples)
    return reverse(key[1], kwargs={name: samples[name] for name in parameters(front, key)})


def filled(body: Any, samples: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, samples) for name, value in body.items()}
    return body.format_map(samples) if isinstance(body, str) and body.startswith("{") else body


HANDLER = ClientHandler(enforce_csrf_checks=False)
"""One for all browsers: each handler of its own would load the middleware again."""


def browser() -> Client:
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    return client


def ask(client: Client, front: str, key: Key, rule: Rule, samples: dict[str, str], **headers: str) -> Any:
    """One request, and its changes undone."""
    where, method = address(front, key, samples), key[0].lower()
    body = filled(rule.body, samples)
    options: dict[str, Any] = {"headers": headers}
    if body == "file":
        options["data"] = {"file": SimpleUploadedFile("a.txt", b"x")}
    elif front == "api" and body is not None:
        options |= {"data": body, "content_type": "application/json"}
    elif body is not None:
        options["data"] = body
    with transaction.atomic():
        response = getattr(client, method)(where, **options)
        transaction.set_rollback(True)
    return response


def signed_in(world: World, user: User) -> Client:
    """A new browser whose person has just proved who they are. The session is made once: each request is undone."""
    client = browser()
    if user.pk not in world.sessions:
        client.force_login(user)
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
        world.sessions[user.pk] = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[user.pk]
    return client


def samples_of(world: World, rule: Rule) -> dict[str, str]:
    """An organisation in an address is the one whose people ask, unless the office asks about a firm."""
    own = {"organisation_id": str(world.organisations[SUPPLIER].pk)} if rule.of == SUPPLIER else {}
    return {**world.samples, **own}


def absent(samples: dict[str, str]) -> dict[str, str]:
    """The same address for objects that do not exist."""
    return {
        name: {"slug": "no-such", "seq": "999999999", "token": "none"}.get(name, str(uuid.uuid4())) for name in samples
    }


# What must happen ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("front", "key", "rule"), GUARDED)
def test_a_visitor_is_asked_to_sign_in(world, front, key, rule):
    response = ask(browser(), front, key, rule, samples_of(world, rule))
    if front == "api":
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    else:
        assert response.status_code == 302
        assert response["Location"].startswith(SIGN_IN_PAGE)


@pytest.mark.parametrize(("front", "key", "rule"), [route for route in ROUTES if route.values[2].needs == ANYONE])
def test_what_is_for_anyone_answers_anyone(world, front, key, rule):
    response = ask(browser(), front, key, rule, samples_of(world, rule))
    assert response.status_code < 400 or (key == ("GET", "/audit/head") and response.status_code == 404)


@pytest.mark.parametrize(("front", "key", "rule"), GUARDED)
def test_each_role_gets_what_the_catalogue_gives_it_on_its_own_objects(world, front, key, rule):
    got, expected = {}, {}
    for role in ROLES:
        held = rule.needs == SIGNED_IN or rule.needs in permissions_of(kind=KINDS[rule.of], role=role)
        response = ask(signed_in(world, world.people[rule.of, role]), front, key, rule, samples_of(world, rule))
        status = response.status_code
        assert status < 500, response.content[:500]
        assert not (status == 302 and "reauthenticate" in response["Location"])
        got[role.value] = "allowed" if status not in REFUSED else status
        expected[role.value] = "allowed" if held else (404 if rule.hidden else 403)
    if key == UNKNOWN_TOKEN:
        expected = dict.fromkeys(expected, 404)
    assert got == expected


@pytest.mark.parametrize(("front", "key", "rule"), [r for r in OWNED if parameters(*r.values[:2])])
def test_a_foreign_object_cannot_be_told_from_one_that_does_not_exist(world, front, key, rule):
    if rule.everyones:
        pytest.skip("belongs to everyone who is signed in")
    whose = f"foreign {FIRM if rule.of == OFFICE else rule.of}"
    samples = samples_of(world, rule)
    for role in ROLES:
        client = signed_in(world, world.people[whose, role])
        foreign, missing = (ask(client, front, key, rule, one).status_code for one in (samples, absent(samples)))
        assert foreign == missing, f"{role} can tell"
        # Whoever holds the permission at home is told that there is nothing; others may also be told what they lack.
        at_home = rule.needs in permissions_of(kind=KINDS[whose.removeprefix("foreign ")], role=role)
        assert foreign == 404 or (not at_home and foreign == 403)


@pytest.mark.parametrize(("front", "key", "rule"), [r for r in OWNED if r.values[0] == "api"])
def test_a_key_without_the_scope_is_refused_even_if_its_person_is_not(world, front, key, rule):
    owner = world.actor(rule.of, Role.OWNER)
    wide = {Permission.QUEUE_VIEW, Permission.VOUCHER_ISSUE, Permission.ORGANISATION_VERIFY}
    other = next(permission for permission in sorted(owner.permissions) if permission not in {rule.needs, *wide})
    headers = bearer(make_secret(owner, [other]))
    response = ask(browser(), front, key, rule, samples_of(world, rule), **headers)
    assert response.status_code in {403, 404}
