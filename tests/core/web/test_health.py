import json
import logging
import re

import pytest
import structlog
from django.db import OperationalError, connection
from django.test import Client

from qianhang.core import audit, events
from qianhang.core.access import Actor
from qianhang.core.web import health
from qianhang.wiring.observability import redact

ELSEWHERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def _ask_again(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def test_alive_needs_no_database(client: Client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_the_database_works_and_every_migration_is_applied(client: Client):
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing_and_says_which(client: Client, monkeypatch):
    monkeypatch.setattr(health, "_missing_migrations", lambda: ["web.0002_cache_table"])
    response = client.get("/readyz")
    assert (response.status_code, response.json()["missing_migrations"]) == (503, ["web.0002_cache_table"])


def test_not_ready_without_a_database_and_says_no_more_than_that(client: Client, monkeypatch):
    def gone() -> None:
        raise OperationalError("connection to 10.0.0.1 as qianhang_app failed")

    monkeypatch.setattr(connection, "cursor", gone)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "database": "OperationalError"})


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_not_by_address(client: Client):
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert re.search(r'qianhang_http_requests_total\{method="GET",route="/healthz",status="200"\} \d', text)


@pytest.mark.django_db
def test_metrics_tell_how_things_stand_with_one_statement(client: Client, django_assert_num_queries):
    audit.record(actor=Actor.system("test"), action="test.done", subject="test", subject_id="1")
    events.announce(name="test.done", key="1", payload={})
    with django_assert_num_queries(1):
        text = client.get("/metrics").content.decode()
    assert 'qianhang_jobs{state="queued"} 0.0' in text
    assert "qianhang_queue_length 0.0" in text
    assert "qianhang_outbox_pending 1.0" in text
    assert "qianhang_ledger_held_yuan 0.0" in text
    assert re.search(r"qianhang_audit_unsealed_seconds [0-9.e-]+", text)


def test_metrics_are_given_without_a_database(client: Client, monkeypatch):
    def gone() -> None:
        raise OperationalError("down")

    monkeypatch.setattr(connection, "cursor", gone)
    text = client.get("/metrics").content.decode()
    assert "qianhang_http_requests_total" in text
    assert "qianhang_queue_length" not in text


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_for_the_token(client: Client, settings):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": ELSEWHERE}).status_code == 404
    settings.METRICS_TOKEN = "t" * 20
    assert client.get("/metrics").status_code == 404
    token = {"Authorization": "Bearer " + "t" * 20}
    assert client.get("/metrics", REMOTE_ADDR=ELSEWHERE, headers=token).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/invitations/{secret}/", "/accounts/password/reset/key/1-{secret}/", "/accounts/confirm-email/{secret}/"],
)
def test_what_lets_the_reader_of_a_mail_in_stays_out_of_the_log(client, path):
    with structlog.testing.capture_logs() as lines:
        client.get(path.format(secret="s3cr3t-t0k3n"))
    logged = [line["path"] for line in lines if line["event"] == "request"]
    assert logged == [path.format(secret="[redacted]")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("api_key", "hunter2"),
        ("Authorization", "hunter2"),
        ("event", "used qh_" + "a" * 43 + " twice"),
        ("event", "header was Bearer abc.def"),
        ("url", "postgresql://app:hunter2@db/x"),
    ],
)
def test_no_secret_reaches_the_log(name, value):
    line = json.dumps(redact(logging.getLogger(), "info", {name: value, "path": "/jobs"}))
    assert "[redacted]" in line
    assert "/jobs" in line
    for secret in ("hunter2", "a" * 43, "abc.def"):
        assert secret not in line
