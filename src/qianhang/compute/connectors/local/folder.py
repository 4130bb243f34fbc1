"""One run as its folder tells it, from the worker's side."""

import json
import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qianhang.compute.ports import ConnectorUnavailable, RunRequest, RunStatus, SubmitRefused, UseReading
from qianhang.compute.rules.states import State

from .shim import rundir
from .shim.disk import open_folder

_TAIL = 1024
_BEGIN_S = 30.0


class RunFolder:
    """runs/<run id> while it matters; afterwards ended/<two digits>/<run id>.json, which keeps the id used."""

    def __init__(self, root: Path, run_id: str) -> None:
        self._root = root
        self.run_id = run_id
        self.path = root / "runs" / run_id
        self.work = self.path / rundir.WORK
        self._stone = root / "ended" / run_id[-2:] / f"{run_id}.json"

    # What is known

    def request(self) -> dict[str, Any]:
        return self._read(self.path / rundir.REQUEST) or {}

    def result(self) -> dict[str, Any] | None:
        return self._read(self.path / rundir.RESULT) or self._read(self._stone)

    def last_sample(self) -> dict[str, Any] | None:
        """The newest complete line of the samples; one that a power cut has garbled is passed over."""
        try:
            with (self.path / rundir.SAMPLES).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return None
        return next((found for line in reversed(lines[:-1]) if (found := _readable(line)) is not None), None)

    def is_live(self) -> bool:
        """Whether its shim runs, or someone is about to start it."""
        return rundir.is_locked(str(self.path / rundir.SUBMIT_LOCK)) or rundir.is_locked(str(self.path / rundir.LOCK))

    def may_use_slots(self) -> bool:
        """Whether it runs or could still begin to: a shim whose starter was killed needs a moment to take its lock."""
        if self.result() is not None:
            return False
        if self.is_live():
            return True
        try:
            age = time.time() - (self.path / rundir.REQUEST).stat().st_mtime
        except FileNotFoundError:
            return False
        return not (self.path / rundir.IDENTITY).exists() and abs(age) < _BEGIN_S

    def has_ended(self) -> bool:
        """Whether a run of this id was here and nothing of it lives."""
        if self._stone.exists() or (self.path / rundir.RESULT).exists():
            return True
        return (self.path / rundir.IDENTITY).exists() and not self.is_live()

    def status(self) -> RunStatus:
        # Looked at in the order in which they come and go: a starter lets go only after its shim has taken its lock,
        # and a shim only after it has left its result. A shim that appeared between two looks is looked at again.
        while True:
            begun = (self.path / rundir.IDENTITY).exists()
            being_started = rundir.is_locked(str(self.path / rundir.SUBMIT_LOCK))
            shim_lives = rundir.is_locked(str(self.path / rundir.LOCK))
            if result := self.result():
                return self._ended(result)
            if shim_lives:
                sample = self.last_sample()
                return self._status(State.RUNNING if sample else State.STARTING, sample)
            if begun == (self.path / rundir.IDENTITY).exists():
                break
        if being_started and not begun:
            return self._status(State.STARTING, None)
        return self._without_shim()

    def _without_shim(self) -> RunStatus:
        """What became of a run that has no shim and left no result."""
        sample = self.last_sample()
        wish = self._read(self.path / rundir.CANCEL)
        if wish and wish["while_live"]:
            return self._status(State.CANCELLED, sample, wish["reason_code"], "The run was cancelled.")
        if (self.path / rundir.IDENTITY).exists():
            return self._status(State.LOST, sample, "supervisor_died", "The run's supervisor was ended from outside.")
        return self._status(State.LOST, None, "never_started", "This cluster has not started such a run.")

    def _ended(self, result: dict[str, Any]) -> RunStatus:
        return RunStatus(
            run_id=uuid.UUID(self.run_id),
            state=State(result["state"]),
            handle=f"local:{self.run_id}",
            started_at=_moment(result["started_at"]),
            ended_at=_moment(result["ended_at"]),
            exit_code=result["exit_code"],
            reason_code=result["reason_code"],
            reason=result["reason"],
            isolation=result["isolation"],
        )

    def _status(self, state: State, sample: dict[str, Any] | None, code: str = "", reason: str = "") -> RunStatus:
        at = _moment(sample["at"]) if sample else None
        return RunStatus(
            run_id=uuid.UUID(self.run_id),
            state=state,
            handle=f"local:{self.run_id}",
            started_at=_moment(sample["at"] - sample["elapsed_ms"] / 1000) if sample else None,
            ended_at=at if state not in (State.STARTING, State.RUNNING) else None,
            reason_code=code,
            reason=reason,
            isolation=self.request().get("isolation", ""),
            reading=UseReading(at, sample["cpu_ms"], sample["memory_mib"], sample["processes"])
            if sample and at and state == State.RUNNING
            else None,
        )

    def log_piece(self, offset: int, limit: int) -> tuple[bytes, int]:
        """Bytes from `offset`, and how long the log is now."""
        try:
            fd = os.open(self.path / rundir.LOG, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b"", 0
        try:
            return os.pread(fd, max(0, limit), max(0, offset)), os.fstat(fd).st_size
        finally:
            os.close(fd)

    # What is done

    @contextmanager
    def starting(self, *, fence: int) -> Iterator[bool]:
        """Holds the right to start this run; the value says whether it still has to be started.

        Raises SubmitRefused("cancelled" | "forgotten" | "stale_fence").
        """
        lock = self._enter()
        try:
            if self._stone.exists():
                raise SubmitRefused("forgotten", "This run has ended and was cleared away.")
            if (self.path / rundir.CANCEL).exists():
                raise SubmitRefused("cancelled", "This run was cancelled.")
            known = self.request()
            if known.get("fence", fence) > fence:
                raise SubmitRefused("stale_fence", "A newer holder of this run's lease has taken over.")
            started = (self.path / rundir.IDENTITY).exists() or (self.path / rundir.RESULT).exists()
            if started and known.get("fence") != fence:
                self._write(rundir.REQUEST, {**known, "fence": fence})
            yield not started
        finally:
            os.close(lock)

    def _enter(self) -> int:
        """The lock of the folder, made where it is missing, and still the one that others will find."""
        while True:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                lock = rundir.take_lock(str(self.path / rundir.SUBMIT_LOCK), wait=True)
            except FileNotFoundError:
                continue
            try:
                if os.path.samestat(os.fstat(lock), (self.path / rundir.SUBMIT_LOCK).stat()):
                    return lock
            except FileNotFoundError:  # Cleared away while we waited.
                pass
            os.close(lock)

    def remember(self, request: RunRequest, *, isolation: str) -> None:
        """What later questions need; never the environment, the command or secrets."""
        self._write(
            rundir.REQUEST,
            {
                "fence": request.fence,
                "cards": request.cards,
                "cpus": request.cpus,
                "disk_mib": request.disk_mib,
                "outputs": list(request.outputs),
                "isolation": isolation,
            },
        )

    def cancel(self, reason_code: str) -> None:
        """Seals the id. A run that never began has ended with this; a live one is told, and ends soon."""
        if self._stone.exists():
            return
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            lock = rundir.take_lock(str(self.path / rundir.LOCK), wait=False)
            try:
                self._seal(reason_code, shim_lives=lock < 0)
            finally:
                if lock >= 0:
                    os.close(lock)
        except FileNotFoundError:  # Cleared away under us: it had ended.
            return
        self.signal_shim(signal.SIGUSR1)

    def _seal(self, reason_code: str, *, shim_lives: bool) -> None:
        """With the shim's lock in hand, no shim can begin while this is written; one that comes later sees it."""
        if (self.path / rundir.RESULT).exists():
            return
        if not (self.path / rundir.CANCEL).exists():
            self._write(rundir.CANCEL, {"reason_code": reason_code, "while_live": shim_lives})
        if not shim_lives and not (self.path / rundir.IDENTITY).exists():
            ended = self._status(State.CANCELLED, None, reason_code, "The run was cancelled before it began.")
            self._write(rundir.RESULT, self._last_state(ended) | {"ended_at": time.time()})

    def signal_shim(self, number: int) -> bool:
        """Signals the shim that holds the lock; False when there is none. Never a stranger with a reused number."""
        known = self._read(self.path / rundir.IDENTITY)
        if known is None or known["boot_id"] != rundir.boot_id():
            return False
        try:
            handle = os.pidfd_open(known["pid"])
        except ProcessLookupError:
            return False
        try:
            # The handle pins the process; only then is its start time worth comparing.
            if rundir.start_ticks(known["pid"]) != known["start_ticks"]:
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def forget(self) -> None:
        """Frees the folder and keeps one small file, so that the id stays used.

        Raises ConnectorUnavailable while the run lives.
        """
        if not self.path.exists():
            return
        lock = self._enter()
        try:
            if self.result() is None and rundir.is_locked(str(self.path / rundir.LOCK)):
                raise ConnectorUnavailable("The run has not ended.")
            # A shim that has written its result is only tidying up; one that might still come finds its lock taken.
            shim_lock = rundir.take_lock(str(self.path / rundir.LOCK), wait=True)
            try:
                self._write_stone()
                _remove_tree(self.path)
            finally:
                os.close(shim_lock)
        finally:
            os.close(lock)

    def _write_stone(self) -> None:
        if self._stone.exists():
            return
        self._stone.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = json.dumps(self.result() or self._last_state(self._without_shim())).encode()
        rundir.write_atomically(str(self._stone.parent), self._stone.name, data, durable=True)

    def _last_state(self, status: RunStatus) -> dict[str, Any]:
        """A result for a run whose shim could not write one."""
        sample = self.last_sample() or {}
        return {
            "state": status.state.value,
            "reason_code": status.reason_code,
            "reason": status.reason,
            "exit_code": None,
            "started_at": status.started_at.timestamp() if status.started_at else None,
            "ended_at": status.ended_at.timestamp() if status.ended_at else None,
            "elapsed_ms": sample.get("elapsed_ms", 0),
            "cpu_ms": sample.get("cpu_ms", 0),
            "peak_memory_mib": sample.get("peak_memory_mib", 0),
            "energy_mj": None,
            "isolation": status.isolation,
            "log_truncated": sample.get("log_truncated", False),
        }

    def _write(self, name: str, content: dict[str, Any]) -> None:
        rundir.write_atomically(str(self.path), name, json.dumps(content).encode())

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        """What the file says; None without one. Files that nobody waited for may be empty after a power cut: what such
        a one said is not known, and the run it is about must still come to its end."""
        try:
            return _readable(path.read_bytes())
        except FileNotFoundError:
            return None


def _readable(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _moment(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def _remove_tree(path: Path) -> None:
    """Removes a folder that a job may have filled with closed folders. `shutil.rmtree` follows no links."""
    for _ in range(64):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        _open_closed_folders(path)
    raise ConnectorUnavailable(f"The folder of run {path.name} could not be removed.")


def _open_closed_folders(path: Path) -> None:
    """Gives back the owner's rights on every folder below, level by level."""
    for folder, names, _ in os.walk(path):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            for name in names:
                try:
                    os.close(open_folder(name, handle))
                except OSError:  # A link, not a folder.
                    continue
        finally:
            os.close(handle)
