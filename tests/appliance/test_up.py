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
from tests.appliance.running import Running, free_port, run, running

from qianhang.appliance import database
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.postgres import OWNER, EmbeddedPostgres
from qianhang.appliance.processes import wait_until

MARK = "INSERT INTO django_content_type (app_label, model) VALUES ('kept', %s)"
MARKS = "SELECT array_agg(model::text ORDER BY model) FROM django_content_type WHERE app_label = 'kept'"


def connect(started: Running) -> psycopg.Connection:
    holder = started.folder.holder()
    assert holder is not None
    return psycopg.connect(holder.database_url, autocommit=True)


def test_up_serves_a_page_and_stops_on_sigterm_leaving_nothing_behind(data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        assert started.get("/healthz") == 200
        assert started.get("/readyz") == 200
        assert started.get("/") == 200
        assert started.stop() == ExitCode.OK
    assert started.parts() == []
    assert started.folder.holder() is None
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", started.port))


def test_a_first_start_in_an_empty_folder_becomes_ready_and_a_second_finds_its_data_fast(tmp_path):
    data_dir = tmp_path / "new"
    with running(data_dir, tmp_path / "first") as started, connect(started) as connection:
        connection.execute(MARK, ["first"])
    again = Running(data_dir, tmp_path / "second")
    try:
        assert again.wait_until_ready() < 10
        assert "migrations  ready       nothing to do" in again.text()
        with connect(again) as connection:
            assert connection.execute(MARKS).fetchone() == (["first"],)
    finally:
        again.stop()


def test_ctrl_c_stops_everything_and_counts_as_a_clean_end(data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        assert started.stop(signal.SIGINT) == ExitCode.OK
        stopped = [line.split()[1] for line in started.text().splitlines() if line.endswith("stopped")]
    assert stopped == ["web", "worker", "compute", "database"]
    assert started.parts() == []


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_up_finds_everything_committed(data_dir, tmp_path):
    with running(data_dir, tmp_path / "killed") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["before"])
        started.process.kill()
        started.process.wait()
    # At once, on the same port: nothing waits for the old parts to go.
    with running(data_dir, tmp_path / "next", port=started.port) as after, connect(after) as connection:
        assert connection.execute(MARKS).fetchone() == (["before"],)
        assert after.get("/readyz") == 200


def test_all_of_it_killed_at_once_recovers_by_itself(data_dir, tmp_path):
    with running(data_dir, tmp_path / "killed") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["before"])
        for process in [started.process, *started.parts()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        started.process.wait()
    with running(data_dir, tmp_path / "next", port=started.port) as after, connect(after) as connection:
        assert connection.execute(MARKS).fetchone() == (["before"],)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_part_is_started_again(name, data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        before = {process.pid for process in started.parts(name)}
        leader = min(started.parts(name), key=lambda process: process.create_time())
        leader.kill()
        assert wait_until(lambda: started.text().count(f" {name} ") > 4 and _ready_again(started, name), timeout_s=30)
        assert before.isdisjoint(process.pid for process in started.parts(name))
        assert started.get("/readyz") == 200


def _ready_again(started: Running, name: str) -> bool:
    states = [line.split()[2] for line in started.text().splitlines() if line.split()[1:2] == [name]]
    return states.count("ready") == 2


def test_a_killed_database_server_is_recovered_while_the_pages_stay_up(data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        with connect(started) as connection:
            connection.execute(MARK, ["before"])
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: "died; recovering" in started.text(), timeout_s=10)
        assert wait_until(lambda: _ready_again(started, "database"), timeout_s=30)
        with connect(started) as connection:
            assert connection.execute(MARKS).fetchone() == (["before"],)
        assert started.get("/readyz") == 200


def test_two_at_once_on_one_folder_are_refused_with_the_number_of_the_first(data_dir, tmp_path):
    with running(data_dir, tmp_path / "first") as started:
        second = run("up", "--no-browser", "--data-dir", data_dir, "--port", str(free_port()))
        assert second.returncode == ExitCode.BUSY
        assert f"in use by process {started.process.pid}" in second.stderr
        assert f"It serves http://127.0.0.1:{started.port}" in second.stderr
        assert started.get("/healthz") == 200


def test_a_taken_port_is_a_clear_error_and_starts_nothing(data_dir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("up", "--no-browser", "--data-dir", data_dir, "--port", str(port))
    assert refused.returncode == ExitCode.BUSY
    assert f"Port {port} on 127.0.0.1 cannot be used: process {os.getpid()}" in refused.stderr
    assert f"--port {port + 1}" in refused.stderr
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_everything_together_idles_below_500_megabytes(data_dir, tmp_path):
    with running(data_dir, tmp_path / "output") as started:
        started.get("/")
        processes = [psutil.Process(started.process.pid), *started.parts()]
        used = sum(process.memory_full_info().pss for process in processes)
    assert used < 500 * 10**6


def test_secrets_and_folders_are_for_their_owner_only(data_dir: Path):
    assert (data_dir / "secret" / "key").stat().st_mode & 0o777 == 0o600
    assert {
        path.name: oct(path.stat().st_mode & 0o777) for path in data_dir.iterdir() if path.is_dir()
    } == dict.fromkeys(["logs", "objects", "postgres", "run", "runs", "secret"], "0o700")


def test_an_unreachable_outside_database_is_named_and_nothing_embedded_is_started(tmp_path):
    url = f"host=127.0.0.1 port={free_port()} dbname=qianhang user=someone password=very-secret"
    refused = run("up", "--no-browser", "--data-dir", tmp_path / "data", QIANHANG_DATABASE_URL=url)
    assert refused.returncode == ExitCode.UNREACHABLE
    assert "QIANHANG_DATABASE_URL does not answer" in refused.stderr
    assert "very-secret" not in refused.stderr + refused.stdout
    assert not (tmp_path / "data" / "postgres").exists()


def test_an_outside_database_is_used_instead_and_left_running(tmp_path):
    with EmbeddedPostgres(tmp_path / "outside" / "postgres", log=tmp_path / "log") as outside:
        urls = {"QIANHANG_DATABASE_URL": outside.url(), "QIANHANG_MIGRATION_DATABASE_URL": outside.url(role=OWNER)}
        with running(tmp_path / "data", tmp_path / "output", **urls) as started:
            assert "outside PostgreSQL 18." in started.text()
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
