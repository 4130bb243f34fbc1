import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from tests.core.actors import bearer, make_person, make_secret

from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.web import idempotency
from qianhang.core.web.models import IdempotencyRecord

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.web.trial")]


@pytest.fixture
def send() -> Callable:
    return sender(make_secret(make_person()[2]))


def sender(secret: str) -> Callable:
    client = Client(raise_request_exception=False)

    def send(body: object, *, key: str | None = "k1"):
        headers = bearer(secret) | ({} if key is None else {"Idempotency-Key": key})
        return client.post("/api/v1/things", json.dumps(body), content_type="application/json", headers=headers)

    return send


def made() -> int:
    return AuditEntry.objects.filter(action="thing.made").count()


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(send):
    first, second = send({"name": "a"}), send({"name": "a"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"]
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert (made(), IdempotencyRecord.objects.count()) == (1, 1)


def test_without_a_key_every_request_counts(send):
    send({"name": "a"}, key=None)
    send({"name": "a"}, key=None)
    assert (made(), IdempotencyRecord.objects.count()) == (2, 0)


def test_a_key_used_for_something_else_is_refused(send):
    send({"name": "a"})
    response = send({"name": "b"})
    assert (response.status_code, response.json()["code"], made()) == (422, "idempotency_key_reused", 1)


@pytest.mark.parametrize("fail", ["conflict", "problems", "crash", "database"])
def test_a_refusal_is_not_kept_so_the_next_try_runs(send, fail):
    assert send({"name": "a", "fail": fail}).status_code >= 400
    assert (made(), IdempotencyRecord.objects.count()) == (0, 0)
    assert send({"name": "a"}).status_code == 201
    assert made() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "钥匙"])
def test_a_key_that_is_no_key_is_refused(send, key):
    response = send({"name": "a"}, key=key)
    assert (response.status_code, response.json()["code"], made()) == (422, "idempotency_key_invalid", 0)


def test_keys_of_different_people_never_meet():
    one, other = (sender(make_secret(make_person()[2])) for _turn in range(2))
    assert one({"name": "a"}).status_code == 201
    again = other({"name": "a"})
    assert ("Idempotency-Replayed" in again, made()) == (False, 2)


def test_an_answer_with_a_secret_is_not_stored(send):
    assert send({"name": "secret"}).status_code == 201
    assert IdempotencyRecord.objects.get().body is None
    replay = send({"name": "secret"})
    assert (replay.status_code, replay.json()["code"], made()) == (409, "answer_shown_once", 1)


def test_it_costs_two_statements(send, django_assert_num_queries):
    send({"name": "warm"}, key="warm")
    with django_assert_num_queries(6) as seen:
        send({"name": "a"})
    verbs = [query["sql"].split()[0] for query in seen.captured_queries]
    # The transaction, the claim, two of the operation's own, the answer, the transaction. (The key is asked for past
    # Django's cursors, which is what counts here: core.people.identity.)
    assert verbs == ["SAVEPOINT", "INSERT", "INSERT", "SELECT", "UPDATE", "RELEASE"]


def test_old_keys_are_pruned_and_young_ones_kept(send):
    send({"name": "a"}, key="old")
    send({"name": "a"}, key="young")
    IdempotencyRecord.objects.filter(key="old").update(created_at=now() - timedelta(hours=49))
    assert idempotency.prune(before=now() - idempotency.KEPT) == 1
    assert timedelta(hours=24) <= idempotency.KEPT
    assert IdempotencyRecord.objects.get().key == "young"


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_thing_and_all_get_its_answer():
    secret = make_secret(make_person()[2])
    answers: list[tuple[int, bytes]] = []
    together = threading.Barrier(20)

    def one() -> None:
        try:
            send = sender(secret)
            together.wait()
            response = send({"name": "a"})
            answers.append((response.status_code, response.content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _turn in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert {status for status, _body in answers} == {201}
    assert len({body for _status, body in answers}) == 1
    assert made() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_made_and_its_key_are_committed_together(send, app_connection):
    send({"name": "a"})
    app_connection.autocommit = True
    counts = "SELECT (SELECT count(*) FROM audit_auditentry WHERE action = 'thing.made'), "
    counts += "(SELECT count(*) FROM web_idempotencyrecord WHERE status = 201 AND body IS NOT NULL)"
    assert app_connection.execute(counts).fetchone() == (1, 1)
    assert not connection.in_atomic_block
