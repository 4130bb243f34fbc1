"""Kept connections are looked at before each request, without a question to the server."""

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


def answered() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_quiet_connection_is_usable_and_nothing_is_asked(monkeypatch):
    answered()
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: pytest.fail("the server was asked"))
    assert connection.is_usable() is True


def test_a_connection_that_the_server_closed_is_replaced(admin_connection):
    before = answered()
    admin_connection.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert connection.is_usable() is False
    # What Django does at the beginning of every request.
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    assert answered() != before


def test_a_connection_with_a_word_from_the_server_is_asked_and_kept(connect_as):
    before = answered()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN tests_database")
    other = connect_as(autocommit=True)
    other.execute("NOTIFY tests_database")
    # The word arrives at the end of the listener's next statement at the latest; waiting for the socket is enough.
    assert connection.is_usable() is True
    assert answered() == before


def test_no_connection_is_not_usable():
    connection.close()
    assert connection.is_usable() is False
