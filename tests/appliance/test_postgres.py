"""The embedded PostgreSQL: durable, closed to everyone else, and able to get up again."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest

from qianhang.appliance.folder import DataFolder
from qianhang.appliance.postgres import MAX_SOCKET_PATH, PORT, EmbeddedPostgres, socket_folder_for
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.status import board
from qianhang.appliance.supervisor import Options, Supervisor


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One durable cluster for this file; tests start and stop it in turn."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    server = EmbeddedPostgres(folder, log=folder.parent / "log")
    yield server
    server.stop()


@pytest.fixture
def server(made):
    if not made.is_running():
        made.start()
    return made


def setting(server, name):
    with server.connect() as connection:
        return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def test_a_commit_survives_power_loss_by_every_setting_that_matters(server):
    promised = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    assert {name: setting(server, name) for name in promised} == dict.fromkeys(promised, "on")


def test_text_is_utf8_and_sorts_the_same_everywhere(server):
    with server.connect(database="qianhang") as connection:
        row = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider::text, datlocale "
            "FROM pg_database WHERE datname = 'qianhang'"
        ).fetchone()
    assert row == ("UTF8", "b", "C.UTF-8")


def test_nothing_listens_on_the_network(server):
    family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children()]
    assert [connection for process in family for connection in process.net_connections("inet")] == []


def test_the_socket_lies_in_a_folder_that_others_cannot_enter(server):
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    assert (server.sockets / f".s.PGSQL.{PORT}").is_socket()


@pytest.mark.parametrize("role", ["qianhang_app", "qianhang_owner"])
def test_the_ordinary_roles_are_no_superusers(role, server):
    with server.connect(role=role) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False, False)


def test_an_unmapped_role_is_refused_although_the_caller_owns_the_server(server):
    with server.connect(autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN SUPERUSER")
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        server.connect(role="stranger")


def test_a_server_killed_with_sessions_open_starts_again_with_what_was_committed(server):
    with server.connect(autocommit=True) as connection:
        connection.execute("CREATE TABLE survives AS SELECT 42 AS answer")
        busy = server.connect()
        busy.execute("SELECT pg_sleep(0)")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
    with server.connect() as again:
        assert again.execute("SELECT answer FROM survives").fetchone() == (42,)
    busy.close()


def test_a_server_left_by_a_dead_supervisor_is_stopped_and_started_as_our_own(server):
    left = server.process.pid
    heir = EmbeddedPostgres(server.folder, log=server.folder.parent / "log")
    heir.start()
    try:
        assert server.process.wait(timeout=10) == 0
        assert heir.process.pid != left
        with heir.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        heir.stop()
        server.process = None


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start_and_the_stranger_lives(server):
    pid_file = server.folder / "postmaster.pid"
    server.process.kill()
    server.process.wait()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(f"{stranger.pid}\n" + "".join(pid_file.read_text().splitlines(keepends=True)[1:]))
        server.start()
        assert stranger.poll() is None
        assert server.is_running()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_somebody_made_forgetful_is_refused(server):
    with server.connect(autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
    server.stop()
    try:
        with pytest.raises(ApplianceError, match="'fsync': 'off'"):
            server.start()
        assert not server.is_running()
    finally:
        (server.folder / "postgresql.auto.conf").write_text("")


def test_a_failed_start_shows_the_servers_own_reason(made):
    made.stop()
    control = made.folder / "global" / "pg_control"
    kept = control.read_bytes()
    control.unlink()
    try:
        with pytest.raises(ApplianceError, match="pg_control"):
            made.start()
    finally:
        control.write_bytes(kept)


def test_a_folder_of_another_major_version_is_refused_and_left_alone(made):
    made.stop()
    (made.folder / "PG_VERSION").write_text("15\n")
    try:
        with pytest.raises(ApplianceError, match="made by PostgreSQL 15"):
            made.start()
    finally:
        (made.folder / "PG_VERSION").write_text("18\n")


def test_a_long_path_gets_a_short_private_socket_folder_instead(tmp_path: Path):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 5)
    short = socket_folder_for(deep)
    assert short != deep
    assert len(os.fsencode(short / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH
    assert socket_folder_for(tmp_path / "run") == tmp_path / "run"


def test_a_server_killed_while_it_recovers_is_recovered_again_and_the_supervisor_lives(server, tmp_path):
    class Unlucky(EmbeddedPostgres):
        """Killed again right after its recovery, before anybody has asked its version."""

        def version(self) -> str:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return super().version()

    server.stop()
    unlucky = Unlucky(server.folder, log=server.folder.parent / "log")
    options = Options(folder=DataFolder(tmp_path / "data"), host="127.0.0.1", port=0, demo=False, browser=False)
    supervisor = Supervisor(options, board())
    supervisor._recover(unlucky)
    assert not unlucky.is_running()
    supervisor._recover(server)
    assert server.is_running()
