"""`qianhang up`, started for real: what it promises at the start, at the end and when something dies."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.appliance.conftest import copy_installation
from tests.appliance.running import Running, free_port, run, running

from qianhang.appliance import database
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.postgres import OWNER, EmbeddedPostgres
from qianhang.appliance.processes import wait_until

pytestmark = pytest.mark.slow(seconds=90)

MARK = "INSERT INTO django_content_type (app_label, model) VALUES ('kept', %s)"
MARKS = "SELECT array_agg(model::text ORDER BY model) FROM django_content_type WHERE app_label = 'kept'"


def connect(started: Running) -> psycopg.Connection:
    holder = started.folder.holder()
    assert holder is not None
    return psycopg.connect(holder.database_url, autocommit=True)


@pytest.fixture(scope="module")
def shared(installed, tmp_path_factory):
    """One started installation for the tests that leave it running."""
    place = tmp_path_factory.mktemp("shared")
    copy_installation(installed, place / "data")
    with running(place / "data", place / "output") as started:
        yield started


def test_up_serves_pages(shared):
    assert [shared.get(path) for path in ("/healthz", "/readyz", "/")] == [200, 200, 200]


def test_everything_together_idles_below_500_megabytes(shared):
    processes = [psutil.Process(shared.process.pid), *shared.parts()]
    used = sum(process.memory_full_info().pss for process in processes)
    assert used < 500 * 10**6


def test_two_at_once_on_one_folder_are_refused_with_the_number_of_the_first(shared):
    second = run("up", "--no-browser", "--data-dir", shared.folder.root, "--port", str(free_port()))
    assert second.returncode == ExitCode.BUSY
    assert f"in use by process {shared.process.pid}" in second.stderr
    assert f"It serves http://127.0.0.1:{shared.port}" in second.stderr
    assert shared.get("/healthz") == 200


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_part_is_started_again(name, shared):
    before = {process.pid for process in shared.parts(name)}
    times = ready_times(shared, name)
    min(shared.parts(name), key=lambda process: process.create_time()).kill()
    assert wait_until(lambda: ready_times(shared, name) == times + 1, timeout_s=60)
    assert before.isdisjoint(process.pid for process in shared.parts(name))
    assert shared.get("/readyz") == 200


def test_a_killed_database_server_is_recovered_while_the_pages_stay_up(shared):
    with connect(shared) as connection:
        connection.execute(MARK, ["before"])
    times = ready_times(shared, "database")
    pid = int((shared.folder.database / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: ready_times(shared, "database") == times + 1, timeout_s=60)
    with connect(shared) as connection:
        assert connection.execute(MARKS).fetchone() == (["before"],)
    assert wait_until(lambda: shared.answers("/readyz"), timeout_s=20)


def ready_times(started: Running, name: str) -> int:
    """How often a part has become ready since the start."""
    lines = [line.split() for line in started.text().splitlines()]
    return sum(words[1:3] == [name, "ready"] for words in lines)


def test_sigterm_stops_front_to_back_and_leaves_nothing_behind(data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        assert started.stop(signal.SIGTERM) == ExitCode.OK
    stopped = [line.split()[1] for line in started.text().splitlines() if line.endswith("stopped")]
    assert stopped == ["web", "worker", "compute", "database"]
    assert started.parts() == []
    assert started.folder.holder() is None
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", started.port))


def test_a_first_start_in_an_empty_folder_becomes_ready_and_a_second_finds_its_data_with_little_work(tmp_path):
    data_dir = tmp_path / "new"
    with running(data_dir, tmp_path / "first") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["first"])
        # Ctrl-C is a clean end too.
        assert started.stop(signal.SIGINT) == ExitCode.OK
    with running(data_dir, tmp_path / "second") as again:
        assert "migrations  ready       nothing to do" in again.text()
        # Ten seconds of wall time on two cores are twenty of work; a busy test machine stretches only the former.
        assert sum(sum(p.cpu_times()[:2]) for p in [psutil.Process(again.process.pid), *again.parts()]) < 20
        with connect(again) as connection:
            assert connection.execute(MARKS).fetchone() == (["first"],)


def test_killed_in_any_way_the_next_up_finds_everything_that_was_committed(data_dir, tmp_path):
    with running(data_dir, tmp_path / "one") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["one"])
        started.process.kill()
        started.process.wait()
    # At once and on the same port: the supervisor's death alone must have ended its parts.
    with running(data_dir, tmp_path / "two", port=started.port) as second:
        with connect(second) as connection:
            assert connection.execute(MARKS).fetchone() == (["one"],)
            connection.execute(MARK, ["two"])
        for process in [second.process, *second.parts()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        second.process.wait()
    with running(data_dir, tmp_path / "three", port=started.port) as third, connect(third) as connection:
        assert connection.execute(MARKS).fetchone() == (["one", "two"],)
        assert third.get("/readyz") == 200


def test_a_taken_port_is_a_clear_error_and_starts_nothing(data_dir, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for folder in (data_dir, tmp_path / "new"):
            refused = run("up", "--no-browser", "--data-dir", folder, "--port", str(port))
            assert refused.returncode == ExitCode.BUSY
            assert f"Port {port} on 127.0.0.1 cannot be used: process {os.getpid()}" in refused.stderr
            assert f"--port {port + 1}" in refused.stderr
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    assert not (tmp_path / "new").exists()


def test_secrets_and_folders_are_for_their_owner_only(data_dir: Path):
    assert (data_dir / "secret" / "key").stat().st_mode & 0o777 == 0o600
    assert {
        path.name: oct(path.stat().st_mode & 0o777) for path in data_dir.iterdir() if path.is_dir()
    } == dict.fromkeys(["logs", "objects", "postgres", "run", "runs", "secret"], "0o700")


def test_an_unreachable_outside_database_is_named_and_nothing_embedded_is_started(tmp_path):
    url = f"host=127.0.0.1 port={free_port()} dbname=qianhang user=someone password=very-secret"
    where = ("--data-dir", tmp_path / "data", "--port", str(free_port()))
    refused = run("up", "--no-browser", *where, QIANHANG_DATABASE_URL=url)
    assert refused.returncode == ExitCode.UNREACHABLE
    assert "QIANHANG_DATABASE_URL does not answer" in refused.stderr
    assert "very-secret" not in refused.stderr + refused.stdout
    assert not (tmp_path / "data" / "postgres").exists()


def test_an_outside_database_is_used_instead_and_left_running(tmp_path):
    with EmbeddedPostgres(tmp_path / "outside" / "postgres", log=tmp_path / "log") as outside:
        urls = {"QIANHANG_DATABASE_URL": outside.url(), "QIANHANG_MIGRATION_DATABASE_URL": outside.url(role=OWNER)}
        with running(tmp_path / "data", tmp_path / "output", **urls) as started:
            assert "outside PostgreSQL 18." in started.text()
            assert outside.url() not in started.folder.lock_file.read_text()
            assert started.get("/readyz") == 200
            assert started.stop() == ExitCode.OK
        assert not (tmp_path / "data" / "postgres").exists()
        with outside.connect(role=OWNER) as connection:
            assert connection.execute("SELECT count(*) > 50 FROM django_migrations").fetchone() == (True,)


def test_a_second_ctrl_c_ends_at_once_and_the_data_is_whole_afterwards(data_dir, tmp_path, own_database):
    with running(data_dir, tmp_path / "output") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["before"])
        for process in started.parts("worker"):
            process.suspend()  # A worker that cannot end by itself would take 15 seconds.
        started.process.send_signal(signal.SIGINT)
        assert wait_until(lambda: "stopping" in started.text(), timeout_s=10)
        started.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        started.process.wait(timeout=30)
        assert time.monotonic() - began < 8
        assert started.parts() == []
    with database.opened(started.folder) as access, psycopg.connect(access.app) as connection:
        assert connection.execute(MARKS).fetchone() == (["before"],)
