"""Starts the shim of one run and waits for its word."""

import marshal
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from qianhang.compute.ports import ConnectorUnavailable

from .shim import rundir
from .shim.entry import ACCEPTED, ENDED, RUNNING, TAKEN
from .shim.plan import Plan

PACKAGE_ROOT = Path(__file__).resolve().parents[4]
_START = Path(__file__).with_name("shim") / "start.py"
_ACCEPT_S = 30.0
_RUNNING_S = 0.25


def launch(plan: Plan, *, byte_code: Path) -> None:
    """Returns when the run is durably accepted; when it starts at once, as most do, not before it is running.

    Raises ConnectorUnavailable when no shim could be started; nothing of the run has happened then.
    """
    errors = os.open(f"{plan['folder']}/{rundir.ERRORS}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        shim = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_START), str(PACKAGE_ROOT), str(byte_code), plan["run_id"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise ConnectorUnavailable(f"The run's supervisor could not be started: {error.strerror}.") from error
    finally:
        os.close(errors)
    with shim:
        data = marshal.dumps(dict(plan))
        try:
            _write_all(shim.stdin.fileno(), len(data).to_bytes(8, "big") + data)  # type: ignore[union-attr]
            shim.stdin.close()  # type: ignore[union-attr]
        except BrokenPipeError:
            raise ConnectorUnavailable(_last_words(plan)) from None
        said = _listen(shim.stdout.fileno())  # type: ignore[union-attr]
        if not said.startswith((ACCEPTED, TAKEN)):
            raise ConnectorUnavailable(_last_words(plan))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _listen(fd: int) -> bytes:
    """What the shim says, until it runs or ends; once it has accepted, only a moment longer."""
    said = b""
    deadline = time.monotonic() + _ACCEPT_S
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0 and poll.poll(left * 1000):
        data = os.read(fd, 256)
        if ACCEPTED in data:
            deadline = time.monotonic() + _RUNNING_S
        said += data
        if not data or said.endswith((RUNNING, ENDED, TAKEN)):
            break
    return said


def _last_words(plan: Plan) -> str:
    text = Path(plan["folder"], rundir.ERRORS).read_text(encoding="utf-8", errors="replace").strip()
    return f"The run's supervisor did not start: {text.splitlines()[-1] if text else 'it said nothing'}."
