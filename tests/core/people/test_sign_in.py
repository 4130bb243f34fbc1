import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.core.actors import PASSWORD, join, make_organisation, make_person, make_user

from qianhang.core.access import Permission
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import StepUpRequired
from qianhang.core.people.identity import actor_of_person
from qianhang.core.people.models import User
from qianhang.core.people.services.create_api_key import create_api_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_hash(settings) -> None:
    """The real one takes a third of a second by design, and these tests try many passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client: Client, email: str, password: str):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_person_signs_in_with_any_capitals_and_it_is_recorded():
    user = make_user("lin@example.cn", password=PASSWORD)
    client = Client()
    sign_in(client, "Lin@Example.CN", PASSWORD)
    assert is_signed_in(client)
    entry = AuditEntry.objects.get(action="person.signed_in")
    assert (entry.actor_user, entry.after) == (user.pk, {"from": "127.0.0.1"})


def test_five_failures_lock_the_address_out_even_for_the_right_password_from_elsewhere(monkeypatch):
    make_user("lin@example.cn", password=PASSWORD)
    for _attempt in range(5):
        sign_in(Client(), "lin@example.cn", "wrong")
    locked = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(locked, "lin@example.cn", PASSWORD)
    assert not is_signed_in(locked)
    assert AuditEntry.objects.filter(action="person.sign_in_failed").count() == 5

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 301)
    sign_in(locked, "lin@example.cn", PASSWORD)
    assert is_signed_in(locked)


def test_failures_are_counted_in_the_database_so_that_every_process_sees_them():
    make_user("lin@example.cn", password=PASSWORD)
    sign_in(Client(), "lin@example.cn", "wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM web_cache WHERE cache_key LIKE '%%login_failed%%'")
        assert cursor.fetchone()[0] >= 1


def test_a_success_forgives_earlier_failures_of_others():
    """Four wrong tries, then right ones: a person who mistypes now and then is never locked out."""
    make_user("lin@example.cn", password=PASSWORD)
    for _attempt in range(4):
        sign_in(Client(), "lin@example.cn", "wrong")
    for _attempt in range(3):
        client = Client()
        sign_in(client, "lin@example.cn", PASSWORD)
        assert is_signed_in(client)


def test_what_was_tried_is_not_in_the_trail():
    sign_in(Client(), "hunter2@example.cn", "s3cret")
    entry = AuditEntry.objects.get(action="person.sign_in_failed")
    assert entry.subject_id == "unknown"
    assert "hunter2" not in str(AuditEntry.objects.values())


def test_signing_up_keeps_the_name_and_lowers_the_address():
    client = Client()
    wish = {"name": " 林  晓 ", "email": "New@Example.CN", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), wish)
    user = User.objects.get()
    assert (user.name, user.email) == ("林 晓", "new@example.cn")
    assert is_signed_in(client)
    assert actor_of_person(user).permissions == frozenset()


def test_an_inactive_person_cannot_sign_in_nor_stay_signed_in():
    user = make_user("lin@example.cn", password=PASSWORD)
    client = Client()
    sign_in(client, "lin@example.cn", PASSWORD)
    user.is_active = False
    user.save()
    assert client.get("/api/v1/me").status_code == 401
    again = Client()
    sign_in(again, "lin@example.cn", PASSWORD)
    assert not is_signed_in(again)


def test_a_fresh_sign_in_counts_as_step_up_and_an_old_one_does_not(monkeypatch):
    from datetime import timedelta

    from qianhang.core import access, clock

    user = make_user("lin@example.cn", password=PASSWORD)
    join(user, make_organisation())
    client = Client()
    sign_in(client, "lin@example.cn", PASSWORD)
    wish = {"name": "ci", "scopes": ["job.view"], "expires_at": (clock.now() + timedelta(days=1)).isoformat()}
    made = client.post("/api/v1/keys", wish, content_type="application/json")
    assert made.status_code == 201, made.json()
    assert made.json()["secret"].startswith("qh_")
    assert "secret" not in client.get("/api/v1/keys").json()["items"][0]

    later = clock.now() + access.authorize.__globals__["STEP_UP_WINDOW"] + timedelta(minutes=1)
    monkeypatch.setitem(access.require_step_up.__globals__, "now", lambda: later)
    refused = client.post("/api/v1/keys", wish, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")


def test_a_key_can_never_make_another_key():
    from datetime import timedelta

    from tests.core.actors import make_secret

    from qianhang.core.clock import now
    from qianhang.core.people.identity import actor_of_key

    actor = actor_of_key(make_secret(make_person()[2]))
    assert actor.may(Permission.KEYS_MANAGE)
    with pytest.raises(StepUpRequired):
        create_api_key(actor=actor, name="x", scopes=["job.view"], expires_at=now() + timedelta(days=1))
