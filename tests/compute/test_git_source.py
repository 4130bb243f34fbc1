"""Git sources: one commit from an address that may be reached, and nothing else."""

import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import CGIHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from qianhang.compute import objects, services
from qianhang.compute.identity import WORKER, run_id_of
from qianhang.compute.services import fetch_git_source as _function
from qianhang.funding import queries as funding

from .conftest import SYSTEM, command

pytestmark = pytest.mark.django_db(transaction=True)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, str]:
    """A repository with two commits; the id of the first."""
    folder = tmp_path / "git" / "repo"
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    # As the large hosts do; git's own default over the old protocol is branch tips only.
    git(folder, "config", "uploadpack.allowReachableSHA1InWant", "true")
    (folder / "main.sh").write_text("echo from git\n")
    git(folder, "add", "main.sh")
    git(folder, "commit", "-q", "-m", "one")
    first = git(folder, "rev-parse", "HEAD")
    (folder / "main.sh").write_text("echo too new\n")
    git(folder, "commit", "-q", "-am", "two")
    return folder, first


@pytest.fixture
def server(repository: tuple[Path, str], tmp_path: Path, settings, monkeypatch) -> Iterator[str]:
    """git's own HTTP back end on this machine, which the settings and the module must allow for the test."""
    backend = tmp_path / "cgi-bin" / "git"
    backend.parent.mkdir()
    backend.write_text(
        f"#!/bin/sh\nexport GIT_PROJECT_ROOT={repository[0].parent} GIT_HTTP_EXPORT_ALL=1\nexec git http-backend\n"
    )
    backend.chmod(0o755)

    class Handler(CGIHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path))

        def translate_path(self, path: str) -> str:
            return str(tmp_path) + path.partition("?")[0]

        def log_message(self, *arguments):
            pass

    httpd = None
    for port in (8080, 8443):
        try:
            httpd = ThreadingHTTPServer(("127.0.0.1", port), Handler)
            break
        except OSError:
            continue
    if httpd is None:
        pytest.skip("ports 8080 and 8443 are taken")
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(sys.modules[_function.__module__], "SCHEMES", ("http",))
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}/cgi-bin/git/repo"
    httpd.shutdown()
    thread.join(5)


def test_the_named_commit_is_fetched_and_runs(world, local_cluster, repository, server, finish):
    world.credit(10)
    source = {"git": server, "commit": repository[1]}
    job = services.submit_job(actor=world.developer, spec=command("sh main.sh", source=source))
    fetched = services.fetch_git_source(actor=WORKER, job_id=job.id)
    job.refresh_from_db()
    assert (fetched, job.reason) == (True, "")
    with tarfile.open(objects.path_of(objects.git_name(server, repository[1]))) as archive:
        assert archive.getnames() == ["main.sh"]
    assert finish(job).state == "succeeded"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://127.0.0.1/x.git", "127.0.0.1"),
        ("http://1.1.1.1/x.git", "only https"),
        ("file:///etc", "refused"),
        ("ext::sh -c id", "refused"),
        ("--upload-pack=id", "refused"),
    ],
)
def test_an_address_that_may_not_be_reached_fails_the_job_and_frees_its_money(world, local_cluster, address, why):
    world.credit(10)
    spec = command("true", source={"git": address, "commit": "a" * 40})
    job = services.submit_job(actor=world.developer, spec=spec)
    assert services.fetch_git_source(actor=WORKER, job_id=job.id) is False
    job.refresh_from_db()
    assert (job.state, job.reason_code) == ("failed", "git_failed")
    assert why in job.reason
    assert funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=1)).state == "released"


def test_a_commit_that_is_not_there_fails_the_job(world, local_cluster, server):
    world.credit(10)
    spec = command("true", source={"git": server, "commit": "b" * 40})
    job = services.submit_job(actor=world.developer, spec=spec)
    assert services.fetch_git_source(actor=WORKER, job_id=job.id) is False
    job.refresh_from_db()
    assert (job.state, job.reason_code) == ("failed", "git_failed")
    assert "/tmp" not in job.reason


FAR_AWAY = {"git": "https://git.example.test/x.git", "commit": "c" * 40}


def test_a_job_whose_source_is_still_being_fetched_is_not_placed_and_holds_up_nobody(world, local_cluster, finish):
    world.credit(10)
    fetching = [services.submit_job(actor=world.developer, spec=command("true", source=FAR_AWAY)) for _ in range(21)]
    ready = services.submit_job(actor=world.developer, spec=command("true"))
    assert services.place_job(actor=WORKER, job_id=fetching[0].id) is None
    assert services.place_waiting(actor=WORKER) == [run_id_of(ready.id, attempt=1)]
    fetching[0].refresh_from_db()
    assert (fetching[0].state, fetching[0].runs.count()) == ("queued", 0)


def test_a_fetch_that_nobody_is_at_any_more_is_asked_for_again_once(world, local_cluster):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("true", source=FAR_AWAY))
    assert services.fetch_again(actor=WORKER) == []
    connection.cursor().execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert services.fetch_again(actor=WORKER) == [job.id]
    assert services.fetch_again(actor=WORKER) == []


def test_an_organisation_fetches_one_source_at_a_time(world, local_cluster):
    world.credit(10)
    for source in (FAR_AWAY, FAR_AWAY, None):
        services.submit_job(actor=world.developer, spec=command("true", **({"source": source} if source else {})))
    locks = list(ProcrastinateJob.objects.order_by("id").values_list("lock", flat=True))
    mine = f"fetch:{world.developer.organisation_id}"
    assert locks == [mine, mine, None]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    for port in (8080, 8443):
        try:
            server = socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
        with server:
            yield server
        return
    pytest.skip("ports 8080 and 8443 are taken")


def test_a_server_that_never_answers_leaves_no_process_waiting_for_it(
    world, local_cluster, silent, settings, monkeypatch
):
    module = sys.modules[_function.__module__]
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(module, "SCHEMES", ("http",))
    monkeypatch.setattr(module, "TIMEOUT_S", 1)
    world.credit(10)
    source = {"git": f"http://127.0.0.1:{silent.getsockname()[1]}/x.git", "commit": "d" * 40}
    job = services.submit_job(actor=world.developer, spec=command("true", source=source))
    assert services.fetch_git_source(actor=WORKER, job_id=job.id) is False
    job.refresh_from_db()
    assert job.reason == "no answer within 1 s"
    line, _address = silent.accept()
    with line:
        line.settimeout(5)
        assert line.recv(1 << 16).startswith(b"GET /x.git")
        assert line.recv(1) == b"", "git's helper still waits"
