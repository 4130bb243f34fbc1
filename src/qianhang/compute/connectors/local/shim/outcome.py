"""How a run ended, and the file that says so."""

from __future__ import annotations

import contextlib
import json
import os
import time

from . import rundir

_RESERVED = 16384


class Outcome:
    """`state` is a value of compute.rules.states.State."""

    __slots__ = ("exit_code", "reason", "reason_code", "state")

    def __init__(self, state: str, reason_code: str = "", reason: str = "", exit_code: int | None = None) -> None:
        self.state = state
        self.reason_code = reason_code
        self.reason = reason
        self.exit_code = exit_code


def of_exit(code: int) -> Outcome:
    if code == 0:
        return Outcome("succeeded", exit_code=0)
    said = f"by signal {code - 128}" if 128 < code < 193 else f"with exit code {code}"
    return Outcome("failed", "exit_nonzero", f"The command ended {said}.", code)


class ResultFile:
    """Holds its room on the disk from the start, so that a run on a full disk can still say how it ended."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._path = f"{folder}/.{rundir.RESULT}"
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # On a disk that is full already, or a file system that cannot, the write below has to be lucky.
        with contextlib.suppress(OSError):
            os.posix_fallocate(self._fd, 0, _RESERVED)

    def write(self, content: dict[str, object]) -> None:
        data = json.dumps(content).encode()[:_RESERVED]
        os.pwrite(self._fd, data, 0)
        os.ftruncate(self._fd, len(data))
        os.fsync(self._fd)
        os.rename(self._path, f"{self._folder}/{rundir.RESULT}")
        rundir.sync_folder(self._folder)


class Clock:
    """Elapsed time on the clock that counts from boot, sleeps included; a jump of the wall clock changes nothing."""

    def __init__(self) -> None:
        self.started_at = time.time()
        self._start = time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def elapsed_ms(self) -> int:
        return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - self._start) // 1_000_000
