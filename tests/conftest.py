"""Fixtures that every room's tests share. The database comes from tests/harness."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings

from qianhang.appliance.postgres import ADMIN, APP, EmbeddedPostgres
from tests.harness.database import TEST_DATABASE, restore_baseline, start_session_server
from tests.harness.plugin import SESSION_FOLDER

# The suite walks the same examples each time, so that a change is judged by what it changed. To look for new ones:
# QIANHANG_TEST_EXPLORE=1.
settings.register_profile("suite", derandomize=not os.environ.get("QIANHANG_TEST_EXPLORE"))
settings.load_profile("suite")


@pytest.fixture(scope="session")
def session_folder(pytestconfig: pytest.Config) -> Iterator[Path]:
    """This run's own folder: the data folder and the database lie in it."""
    folder = pytestconfig.stash[SESSION_FOLDER]
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(session_folder: Path, pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    """The suite's PostgreSQL, started by the first test that needs it. `--create-db` migrates from nothing."""
    server = start_session_server(session_folder, rebuild=pytestconfig.getoption("create_db"))
    yield server
    connection.close()
    server.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: object, database: EmbeddedPostgres
) -> Iterator[None]:
    """pytest-django's hook: the database is made and migrated by the harness, so there is nothing left to create."""
    with pytest.MonkeyPatch.context() as patch:
        # Django would TRUNCATE as the application's role, which may not, and would miss tables that have no model.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: restore_baseline(database))
        yield


@pytest.fixture
def connect_as(database: EmbeddedPostgres) -> Iterator[Callable[..., psycopg.Connection]]:
    """Connections of their own: connect_as("postgres") is the superuser, "qianhang_owner" owns the schema.

    They see only what is committed, so tests that use one beside Django need `django_db(transaction=True)`.
    """
    with contextlib.ExitStack() as opened:

        def connect(role: str = APP, **options: object) -> psycopg.Connection:
            return opened.enter_context(
                contextlib.closing(database.connect(role=role, database=TEST_DATABASE, **options))
            )

        yield connect


@pytest.fixture
def app_connection(connect_as: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A second connection with the application's role."""
    return connect_as(APP)


@pytest.fixture
def admin_connection(connect_as: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A superuser's connection, for proving what even a superuser's edit leaves behind."""
    return connect_as(ADMIN)


@pytest.fixture
def app_role(db: None) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """`with app_role(): ...` proves that what runs inside has the application's rights and no more.

    Tests connect as that role anyway; this states it, and fails should the harness ever change.
    """

    @contextlib.contextmanager
    def as_application() -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (APP, False)
        yield

    return as_application
