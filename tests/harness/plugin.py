"""Loaded before everything (`-p` in pyproject.toml), because two things cannot wait for a conftest.

Root is given up first: PostgreSQL refuses root, and a suite that passes only as root proves nothing. Then the
environment is set, before pytest-django reads the settings from it.
"""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qianhang.appliance.postgres import APP, PORT
from qianhang.appliance.privileges import Window, become, ensure_service_user, is_root, needed_paths
from qianhang.appliance.problems import ApplianceError
from tests.harness.database import REPOSITORY, TEST_DATABASE, cache_folder, new_session_folder

ROOT_SESSION = "QIANHANG_TESTS_ROOT_SESSION"
ROOT_STATUS = "QIANHANG_TEST_ROOT_STATUS"
ROOT_TESTS = "tests/appliance/test_root_start.py"


def pytest_addoption() -> None:
    """The earliest hook there is: a process that is replaced later would take pytest's captured output with it."""
    if is_root() and ROOT_SESSION not in os.environ:
        _run_as_plain_user(sys.argv[1:])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    _set_environment(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Root's own tests run in root's session and nothing else does; elsewhere they say why they wait."""
    if ROOT_SESSION in os.environ:
        config.hook.pytest_deselected(items=[item for item in items if not item.get_closest_marker("needs_root")])
        items[:] = [item for item in items if item.get_closest_marker("needs_root")]
        return
    for item in items:
        if item.get_closest_marker("needs_root"):
            item.add_marker(
                pytest.mark.skip(reason="needs root: runs in root's own session, when root starts the suite")
            )


class LongestFirst:
    """Beside the longest tests a second process gets through everything else. After pytest-django's own sorting."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> int:
    """What its marker says: `slow(seconds=60)` is about the whole file, which one process takes."""
    marker = item.get_closest_marker("slow")
    return 0 if marker is None else int(marker.kwargs.get("seconds", 10))


def pytest_configure(config: pytest.Config) -> None:
    _close_the_network()
    _hear_ctrl_c()
    config.pluginmanager.register(LongestFirst())


def _hear_ctrl_c() -> None:
    """A shell starts what runs in its background deaf to Ctrl-C, and every program that a test starts would be too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Root's own tests count: their failure is this run's failure too."""
    if session.exitstatus == 0 and os.environ.get(ROOT_STATUS, "0") != "0":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get(ROOT_STATUS, "0") != "0":
        terminalreporter.write_line("Root's own tests failed: see the first session above.", red=True)


def _run_as_plain_user(args: Sequence[str]) -> None:
    """Run root's own tests, then replace this process by the same pytest under the service user."""
    command = [sys.executable, *sys.orig_argv[1:]]
    informative = any(arg in {"--help", "-h", "--version", "-V", "--collect-only", "--co"} for arg in args)
    status = 0
    if not informative and _covers_root_tests(args):
        session = [
            sys.executable,
            "-m",
            "pytest",
            ROOT_TESTS,
            "-m",
            "needs_root",
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        status = subprocess.run(session, env=os.environ | {ROOT_SESSION: "1"}, check=False).returncode
    try:
        owner, made = ensure_service_user()
        if made:
            sys.stderr.write(f"Made the system user {owner.name}; tests run as that user, not as root.\n")
        # The tree belongs to root, so what pytest remembers between runs goes elsewhere.
        become(
            owner,
            Window((*needed_paths(), REPOSITORY)),
            [*command, "-o", f"cache_dir={cache_folder(owner.uid, make=False) / 'pytest'}"],
            environment={**os.environ, ROOT_STATUS: str(status)},
        )
    except ApplianceError as problem:
        raise pytest.UsageError(str(problem)) from problem


def _covers_root_tests(args: Sequence[str]) -> bool:
    """Does this command line include the whole suite, or the folder of root's tests?"""
    paths = [Path(arg.split("::")[0]) for arg in args if not arg.startswith("-") and Path(arg.split("::")[0]).exists()]
    wanted = Path(ROOT_TESTS).resolve()
    return not paths or any(
        wanted.is_relative_to(path.resolve()) or path.resolve().is_relative_to(wanted) for path in paths
    )


def _set_environment(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("QIANHANG_", "PG")) and name != ROOT_SESSION]:
        if not name.startswith("QIANHANG_TEST"):
            del os.environ[name]
    session = new_session_folder()
    config.stash[SESSION_FOLDER] = session
    os.environ |= {
        "QIANHANG_DATA_DIR": str(session / "data"),
        # The application's own role: a test that passes here has the rights that production has, and no more.
        "QIANHANG_DATABASE_URL": f"host={session / 'run'} port={PORT} dbname={TEST_DATABASE} user={APP}",
        # A machine without bubblewrap runs the tests' own jobs all the same.
        "QIANHANG_LOCAL_UNISOLATED": "1",
        "QIANHANG_SECRET_KEY": "only-for-tests-" + "0" * 40,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache_folder() / "hypothesis"),
        "DJANGO_SETTINGS_MODULE": "qianhang.wiring.settings",
    }


SESSION_FOLDER = pytest.StashKey[Path]()


def _close_the_network() -> None:
    """No test reaches out: a connection to anything but this machine fails with a sentence, in every thread."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_this_machine(address[0]):
            raise OSError(f"Tests run without the network; something tried to reach {address[0]}.")
        real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign,assignment]


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
