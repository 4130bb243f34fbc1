"""An installation of its own for one benchmark: durable database, schema, parts of the product. All gone at the end."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 60


@dataclass(frozen=True)
class Installation:
    folder: Path
    data: Path
    database: Any
    parts: contextlib.ExitStack
    """Closed before the database is stopped."""

    def start(self, *arguments: str) -> None:
        """`qianhang <arguments>` until the end; its last words are shown if the benchmark fails."""
        self.parts.enter_context(_part(self.folder, *arguments))

    def serve(self, *options: str) -> int:
        """The pages and the API on a port of their own, which is returned once they answer."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.start("serve", "--host", "127.0.0.1", "--port", str(port), *options)
        _wait_for(port)
        return port


@contextlib.contextmanager
def installation() -> Iterator[Installation]:
    """Sets the environment that the settings read, so that this process may use Django, too. Not as root."""
    from qianhang.appliance.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="qianhang-bench-") as name, contextlib.ExitStack() as opened:
        folder = Path(name)
        data = folder / "data"
        for part in ("", "objects", "runs"):
            (data / part).mkdir(mode=0o700)
        database = opened.enter_context(EmbeddedPostgres(data / "postgres", durable=True, log=folder / "database.log"))
        os.environ |= {
            "QIANHANG_DATA_DIR": str(data),
            "QIANHANG_DATABASE_URL": database.url(),
            "QIANHANG_SECRET_KEY": os.urandom(32).hex(),
            "QIANHANG_LOG_FORMAT": "json",
            "DJANGO_SETTINGS_MODULE": "qianhang.wiring.settings",
        }
        owner = {"QIANHANG_DATABASE_URL": database.url(role="qianhang_owner"), "QIANHANG_AS_OWNER": "1"}
        subprocess.run([sys.executable, "-m", "qianhang", "migrate"], env=os.environ | owner, check=True)
        parts = opened.enter_context(contextlib.ExitStack())
        yield Installation(folder=folder, data=data, database=database, parts=parts)


def give_up_root() -> None:
    """PostgreSQL refuses root, and so should a benchmark of a sandbox."""
    from qianhang.appliance.privileges import Window, become, ensure_service_user, is_root, needed_paths

    if is_root():
        owner, _made = ensure_service_user()
        window = Window((*needed_paths(), REPOSITORY))
        become(owner, window, [sys.executable, *sys.argv], environment=dict(os.environ))


@contextlib.contextmanager
def _part(folder: Path, *arguments: str) -> Iterator[None]:
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "qianhang", *arguments], stdout=log, stderr=log)
        try:
            yield
        except BaseException:
            sys.stderr.write((folder / f"{arguments[0]}.log").read_text("utf-8", "replace")[-4000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def cpu_seconds(data: Path) -> dict[str, float]:
    """What the web server and the database have used so far: the figure that a busy machine does not spoil."""
    import psutil

    used = {"web": 0.0, "PostgreSQL": 0.0}
    postmaster = psutil.Process(int((data / "postgres" / "postmaster.pid").read_text("ascii").split()[0]))
    for process in psutil.Process().children(recursive=True):
        times = process.cpu_times()
        of_database = process == postmaster or process.parent() == postmaster
        used["PostgreSQL" if of_database else "web"] += times.user + times.system
    if postmaster not in psutil.Process().children(recursive=True):
        for process in [postmaster, *postmaster.children()]:
            used["PostgreSQL"] += sum(process.cpu_times()[:2])
    return used


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError):
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start")
