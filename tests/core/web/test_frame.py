import json
import time

import pytest
from django.test import Client
from tests.core.actors import actor_for, bearer, make_person, make_secret

from qianhang.core.audit.models import AuditEntry
from qianhang.core.people import identity
from qianhang.core.people.models import ApiKey, Membership
from qianhang.core.people.services.revoke_api_key import revoke_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.web.trial")]


@pytest.fixture
def key() -> dict[str, str]:
    return bearer(make_secret(make_person()[2]))


@pytest.fixture
def browserless() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True, headers={"Accept-Language": "en"})


def post(client: Client, key: dict[str, str], body: object, **headers: str):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/api/v1/things", data, content_type="application/json", headers={**key, **headers})


def made() -> int:
    return AuditEntry.objects.filter(action="thing.made").count()


def problem(response) -> dict:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["request_id"] == response["X-Request-ID"]
    return body


def test_a_request_id_is_taken_from_the_client_or_made_and_reaches_the_actor(browserless, key):
    response = post(browserless, key, {"name": "a"}, **{"X-Request-ID": "abc-1"})
    assert (response["X-Request-ID"], response.json()["request"]) == ("abc-1", "abc-1")
    for bad in ("x" * 65, "a b", "<script>"):
        assert post(browserless, key, {"name": "a"}, **{"X-Request-ID": bad})["X-Request-ID"] != bad


@pytest.mark.parametrize(
    ("fail", "status", "code"),
    [("conflict", 409, "conflict"), ("problems", 422, "invalid_input"), ("crash", 500, "internal_error"),
     ("database", 503, "unavailable"), ("answer", 500, "internal_error")],
)  # fmt: skip
def test_a_refusal_is_a_problem_document_and_undoes_what_was_written(browserless, key, fail, status, code):
    response = post(browserless, key, {"name": "a", "fail": fail})
    body = problem(response)
    assert (response.status_code, body["code"], body["instance"]) == (status, code, "/api/v1/things")
    assert "hunter2" not in response.content.decode()
    assert made() == 0


def test_field_problems_have_the_path_the_client_wrote(browserless, key):
    response = post(browserless, key, {"name": "x" * 21, "resources": {"gpus": 9, "cpus": 1}})
    found = {error["path"]: (error["code"], error["message"]) for error in problem(response)["errors"]}
    assert found == {
        "name": ("string_too_long", "This takes at most 20 characters."),
        "resources.gpus": ("less_than_equal", "This must be at most 8."),
        "resources.cpus": ("extra_forbidden", "There is no such field."),
    }
    assert response.status_code == 422


def test_a_query_problem_is_named_by_its_parameter(browserless, key):
    response = browserless.get("/api/v1/things/1?limit=many", headers=key)
    assert [error["path"] for error in problem(response)["errors"]] == ["limit"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_body"),
        (b'{"name": "a", "name": "b"}', 400, "malformed_body"),
        (b'{"name": NaN}', 400, "malformed_body"),
        (b'{"name": "a\\u0000"}', 400, "malformed_body"),
        (b'{"name": "\\ud800"}', 400, "malformed_body"),
        (b'{"name": "\xff"}', 400, "malformed_body"),
        (b"[" * 100_000, 400, "malformed_body"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "malformed_body"),
        (b"null", 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b"", 422, "invalid_input"),
    ],
)
def test_a_body_that_cannot_be_kept_is_refused(browserless, key, body, status, code):
    response = post(browserless, key, body)
    assert (response.status_code, problem(response)["code"], made()) == (status, code, 0)


def test_a_name_that_comes_twice_among_very_many_is_found_at_once(browserless, key):
    """Looking back for each name would take this body a minute, and a larger one hours."""
    names = b",".join(b'"k%d":0' % number for number in range(40_000))
    began = time.perf_counter()
    response = post(browserless, key, b"{" + names + b',"k39999":0}')
    assert (response.status_code, problem(response)["code"]) == (400, "malformed_body")
    assert "k39999" in problem(response)["detail"]
    assert time.perf_counter() - began < 10


def test_other_media_types_methods_and_addresses_are_refused_in_json(browserless, key):
    text = browserless.post("/api/v1/things", "name=a", content_type="text/plain", headers=key)
    assert (text.status_code, problem(text)["code"]) == (415, "unsupported_media_type")
    put = browserless.put("/api/v1/things", headers=key)
    assert (put.status_code, problem(put)["code"], put["Allow"]) == (405, "method_not_allowed", "POST")
    nowhere = browserless.get("/api/v1/nowhere", headers=key)
    assert (nowhere.status_code, problem(nowhere)["code"]) == (404, "not_found")


@pytest.mark.parametrize("where", ["/api/v1/things/1?q=a%00b", "/api/v1/thi%00ngs"])
def test_a_nul_in_the_address_is_refused(browserless, key, where):
    response = browserless.get(where, headers=key)
    assert (response.status_code, problem(response)["code"]) == (400, "malformed_request")


def test_a_body_over_the_limit_is_413(browserless, key, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = post(browserless, key, {"name": "a" * 2000})
    assert (response.status_code, problem(response)["code"]) == (413, "body_too_large")


def test_an_exception_outside_the_api_frame_is_still_a_problem_without_internals(browserless):
    response = browserless.get("/api/crash")
    assert (response.status_code, problem(response)["code"]) == (500, "internal_error")
    assert "outside" not in response.content.decode()


def test_nobody_gets_401_and_is_told_how(browserless):
    response = post(browserless, {}, {"name": "a"})
    assert (response.status_code, problem(response)["code"]) == (401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert made() == 0


@pytest.mark.parametrize("secret", ["", "qh_", "qh_" + "A" * 43, "qh_" + "é" * 43, "x" * 5000])
def test_an_unknown_key_gets_401(browserless, secret):
    response = browserless.get("/api/v1/things/1", headers={"Authorization": f"Bearer {secret}"})
    assert (response.status_code, problem(response)["code"]) == (401, "invalid_api_key")


def test_a_revoked_key_is_refused_by_the_very_next_request(browserless):
    actor = make_person()[2]
    key = bearer(make_secret(actor))
    assert browserless.get("/api/v1/things/1", headers=key).status_code == 200
    revoke_api_key(actor=actor, key_id=ApiKey.objects.get().pk)
    assert browserless.get("/api/v1/things/1", headers=key).status_code == 401


def test_a_key_dies_with_its_expiry_its_person_and_the_membership(browserless):
    from datetime import timedelta

    from qianhang.core.clock import now

    user, _organisation, actor = make_person()
    key = bearer(make_secret(actor))
    status = lambda: browserless.get("/api/v1/things/1", headers=key).status_code  # noqa: E731
    ApiKey.objects.update(expires_at=now() - timedelta(seconds=1))
    assert status() == 401
    ApiKey.objects.update(expires_at=now() + timedelta(hours=1))
    assert status() == 200
    user.is_active = False
    user.save()
    assert status() == 401
    user.is_active = True
    user.save()
    Membership.objects.all().delete()
    assert status() == 401


def test_key_authentication_costs_one_query_and_marks_use_once_a_minute(
    browserless, django_assert_num_queries, monkeypatch
):
    # Django does not count the prepared statement that finds the key.
    asked, find = [], identity._first_planned_once
    monkeypatch.setattr(identity, "_first_planned_once", lambda *query: asked.append(query) or find(*query))
    key = bearer(make_secret(make_person()[2]))
    with django_assert_num_queries(1):
        browserless.get("/api/v1/things/1", headers=key)
    used = ApiKey.objects.get().last_used_at
    assert used is not None
    with django_assert_num_queries(0):
        browserless.get("/api/v1/things/1", headers=key)
    assert len(asked) == 2
    assert ApiKey.objects.get().last_used_at == used


def test_a_session_may_read_but_must_prove_its_origin_to_write(browserless):
    user, *_rest = make_person()
    browserless.force_login(user)
    assert browserless.get("/api/v1/things/1").status_code == 200
    refused = post(browserless, {}, {"name": "a"})
    assert (refused.status_code, problem(refused)["code"], made()) == (403, "csrf_failed", 0)
    token = "a" * 32
    browserless.cookies["csrftoken"] = token
    assert post(browserless, {}, {"name": "a"}, **{"X-CSRFToken": token}).status_code == 201


def test_a_bad_key_is_not_rescued_by_a_session(browserless):
    user, *_rest = make_person()
    browserless.force_login(user)
    assert browserless.get("/api/v1/things/1", headers=bearer("qh_wrong")).status_code == 401


def test_answers_carry_the_security_headers(browserless, key):
    response = browserless.get("/api/v1/things/1", headers=key)
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    assert {name: response[name] for name in expected} == expected
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_a_suspended_organisations_key_can_do_nothing_but_look(browserless):
    _user, organisation, actor = make_person()
    make_secret(actor)
    organisation.state = "suspended"
    organisation.save()
    assert actor_for(_user).permissions == {"organisation.view"}
