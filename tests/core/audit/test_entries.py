import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction
from tests.core.actors import make_person, office

from qianhang.core import audit
from qianhang.core.access import Actor, ActorKind, Permission
from qianhang.core.audit import queries
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Forbidden, Unauthenticated

pytestmark = pytest.mark.django_db

USER, ORGANISATION, KEY = (UUID(int=n) for n in (1, 2, 3))


def test_an_entry_says_who_what_before_after_why_and_in_which_request(django_assert_num_queries):
    actor = Actor(ActorKind.KEY, USER, ORGANISATION, KEY, "构建", frozenset(), "req-1")
    with django_assert_num_queries(1):
        audit.record(
            actor=actor,
            action="job.cancelled",
            subject="job",
            subject_id=UUID(int=9),
            organisation_id=ORGANISATION,
            before={"state": "running", "at": datetime(2026, 1, 2, tzinfo=UTC)},
            after={"state": "cancelled", "share": 0.5, "who": {USER}},
            reason="超预算",
        )
    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor_user, entry.actor_organisation, entry.actor_key, entry.actor_name) == (
        "key", USER, ORGANISATION, KEY, "构建",
    )  # fmt: skip
    assert (entry.action, entry.subject, entry.subject_id) == ("job.cancelled", "job", str(UUID(int=9)))
    assert entry.before == {"state": "running", "at": "2026-01-02T00:00:00+00:00"}
    assert entry.after == {"state": "cancelled", "share": "0.5", "who": [str(USER)]}
    assert (entry.reason, entry.request_id) == ("超预算", "req-1")


def test_text_that_postgresql_cannot_hold_is_replaced_and_long_text_cut():
    audit.record(
        actor=Actor.system("a\x00b"),
        action="x.y",
        subject="x",
        subject_id="1",
        after={"k\x00": "\ud800"},
        reason="r" * 2000,
    )
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.after, len(entry.reason)) == ("a\ufffdb", {"k\ufffd": "?"}, 1000)


def test_an_entry_is_rolled_back_with_what_it_describes():
    with transaction.atomic():
        audit.record(actor=Actor.system("x"), action="x.y", subject="x", subject_id="1")
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == 0


def test_only_those_with_audit_view_read_the_trail():
    audit.record(actor=Actor.system("x"), action="job.submitted", subject="job", subject_id="1")
    audit.record(actor=Actor.system("x"), action="job.cancelled", subject="job", subject_id="1")
    _user, _organisation, firm = make_person()
    assert not firm.may(Permission.AUDIT_VIEW)
    with pytest.raises(Forbidden):
        queries.entries(actor=firm)
    with pytest.raises(Unauthenticated):
        queries.entries(actor=Actor.anonymous())
    seen = queries.entries(actor=office(), action="job.")
    assert [entry.action for entry in seen] == ["job.cancelled", "job.submitted"]
    assert queries.entries(actor=office(), action="job.cancelled").count() == 1


def test_json_that_came_back_from_the_database_is_what_went_in():
    nested = {"b": [1, {"z": None, "a": True}], "a": '"seq":5, \\', "大": 10**30}
    audit.record(actor=Actor.system("x"), action="x.y", subject="x", subject_id="1", after=nested)
    assert json.dumps(AuditEntry.objects.get().after, sort_keys=True) == json.dumps(nested, sort_keys=True)
