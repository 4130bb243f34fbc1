"""A real `qianhang up` in a process of its own, for tests to stop, kill and ask."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from qianhang.appliance.folder import DataFolder
from qianhang.appliance.processes import PART_VARIABLE, wait_until

PATIENCE_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment() -> dict[str, str]:
    """The test's own settings must not leak into the product that is tested, but for the leave to run its jobs bare."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QIANHANG_", "DJANGO_"))}
    return kept | {"COLUMNS": "200", "QIANHANG_LOCAL_UNISOLATED": "1"}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "qianhang", *map(str, arguments)]


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        command(*arguments),
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Running:
    """A started `up`. Its output is a file, so that it can be read at any time."""

    def __init__(
        self, data_dir: Path, output: Path, *options: str, port: int | None = None, **environment: str
    ) -> None:
        self.folder = DataFolder(data_dir)
        self.port = port or free_port()
        self.output = output
        with output.open("wb") as stream:
            self.process = subprocess.Popen(
                command("up", "--no-browser", "--data-dir", data_dir, "--port", str(self.port), *options),
                env=clean_environment() | environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text("utf-8")

    def wait_until_ready(self) -> float:
        """Seconds it took."""
        began = time.monotonic()
        ready = wait_until(
            lambda: self.process.poll() is not None or "is ready: http" in self.text(), timeout_s=PATIENCE_S
        )
        assert ready, f"not ready in {PATIENCE_S} s:\n{self.text()}"
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.text()}"
        return time.monotonic() - began

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status

    def answers(self, path: str) -> bool:
        try:
            return self.get(path) == 200
        except OSError:
            return False

    def parts(self, name: str | None = None) -> list[psutil.Process]:
        """Every live process of this installation but the supervisor; of one part when `name` is given."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                environment = process.environ()
                ours = environment.get("QIANHANG_DATA_DIR") == str(self.folder.root) and PART_VARIABLE in environment
                if ours and (name is None or environment[PART_VARIABLE] == name):
                    found.append(process)
        return found if name else found + self.database_processes()

    def database_processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()) == self.folder.database.resolve():
                    found.append(process)
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE_S)


@contextlib.contextmanager
def running(
    data_dir: Path, output: Path, *options: str, port: int | None = None, **environment: str
) -> Iterator[Running]:
    """Started, ready, and gone at the end whatever the test did."""
    started = Running(data_dir, output, *options, port=port, **environment)
    try:
        started.wait_until_ready()
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()
