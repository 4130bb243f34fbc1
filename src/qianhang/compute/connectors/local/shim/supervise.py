"""One run from its first process to its result: log, limits, samples, cancellation, the end of the whole tree."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys

from . import rundir
from .child import Child
from .limits import Watch, over_memory
from .log_file import LogFile
from .outcome import Clock, Outcome, ResultFile, of_exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .plan import Plan

_PIPE_BYTES = 1 << 20
_DRAIN_MS = 2_000
_START_MS = 60_000
_ASK_MS = 100


class Supervisor:
    def __init__(self, plan: Plan, wake: int) -> None:
        self._plan = plan
        self._folder = plan["folder"]
        self._wake = wake
        self._result = ResultFile(self._folder)
        self._log = LogFile(f"{self._folder}/{rundir.LOG}", plan["log_limit"])
        self._clock = Clock()
        self._ending: Outcome | None = None
        """Why we are ending the run; None while it may go on."""
        self._kill_at: int | None = None
        """Milliseconds after the start at which patience ends."""
        self._begun = self._running = False
        self._cpu_s = 0.0
        self._child: Child | None = None
        self._watch: Watch | None = None

    def run(self, *, on_running: Callable[[], None]) -> None:
        try:
            self._notice_cancel()
            outcome = self._ending or self._prepare() or self._supervise(on_running)
        except Exception as error:
            # Ours, not the job's, fault: the run is lost and may be tried again. What it used is still told.
            sys.excepthook(*sys.exc_info())
            if self._child:
                self._child.kill()
            outcome = Outcome("lost", "supervisor_failed", f"The run's supervisor failed: {error}")
        self._finish(outcome)

    def _prepare(self) -> Outcome | None:
        """Fills the work folder. Returns the outcome of a run whose source is refused."""
        plan = self._plan
        if plan["source"] or plan["inputs"]:
            from .prepare import fill_work_folder

            if refusal := fill_work_folder(plan):
                self._log.note(refusal.reason)
                return refusal
        else:
            os.mkdir(plan["work"], 0o700)
        with contextlib.suppress(FileExistsError):  # The source may have brought one.
            os.mkdir(f"{plan['work']}/outputs", 0o755)
        self._hear()
        return self._ending

    def _supervise(self, on_running: Callable[[], None]) -> Outcome:
        log_read, log_write = os.pipe2(os.O_CLOEXEC)
        _enlarge(log_write)
        os.set_blocking(log_read, False)
        self._clock = Clock()
        child = self._child = Child(self._plan, log_write)
        os.close(log_write)
        poll = select.poll()
        for fd in (log_read, child.status_fd, self._wake):
            poll.register(fd, select.POLLIN)
        log_open = status_open = True
        exit_status: int | None = None
        while exit_status is None:
            if child.root and not self._begun and self._ending is None:
                self._begin(child, on_running)
            for fd, _ in poll.poll(self._tick()):
                if fd == log_read and not self._log.drain(log_read):
                    poll.unregister(log_read)
                    log_open = False
                elif fd == child.status_fd and status_open and not child.read_status():
                    poll.unregister(child.status_fd)
                    status_open = False
                elif fd == self._wake:
                    self._hear()
            exit_status = self._reap(child)
        child.kill()
        self._reap_tree(child)
        if self._watch:
            self._watch.finish(round(self._cpu_s * 1000))
        if log_open:
            self._drain_rest(log_read)
        while status_open:
            status_open = child.read_status() and _readable(child.status_fd)
        return self._judge(child, exit_status)

    def _begin(self, child: Child, on_running: Callable[[], None]) -> None:
        """The sandbox stands: the run's time starts now."""
        self._begun = True
        self._clock = Clock()
        self._watch = Watch(self._plan, child, self._clock, self._log)
        try:
            child.release()
        except ProcessLookupError:  # Bubblewrap has given up already, and its end is about to be heard.
            return
        self._watch.sample()
        self._running = True
        on_running()

    def _tick(self) -> int:
        """Enforces what is due and returns the milliseconds until something may be due again."""
        watch, child = self._watch, self._child
        if watch is None or child is None:
            if self._ending is None and self._clock.elapsed_ms() > _START_MS:
                self._end(Outcome("failed", "start_failed", "The sandbox was not ready in time."), at_once=True)
            return 1_000
        if self._ending is None and (breach := watch.check()):
            at_once = breach.reason_code != "time_limit"
            self._log.note(breach.reason)
            self._end(breach, at_once=at_once)
        left = watch.next_ms()
        if self._kill_at is None:
            return left
        patience = self._kill_at - self._clock.elapsed_ms()
        if patience <= 0:
            child.kill()
            self._kill_at = self._clock.elapsed_ms() + 1_000
            return 1_000
        child.terminate()
        return min(left, patience, _ASK_MS)

    def _end(self, outcome: Outcome, *, at_once: bool) -> None:
        """The first reason wins; a later one can only hurry."""
        if self._ending is None:
            self._ending = outcome
        if self._child is None:
            return
        if at_once or not self._running:
            self._child.kill()
        else:
            self._child.terminate()
        if self._kill_at is None:
            self._kill_at = self._clock.elapsed_ms() + self._plan["grace_ms"]

    def _hear(self) -> None:
        try:
            numbers = os.read(self._wake, 256)
        except BlockingIOError:
            return
        for number in numbers:
            if number == signal.SIGTERM:
                self._end(Outcome("lost", "host_stopped", "The host was stopped while the job ran."), at_once=False)
            elif number == signal.SIGUSR1:
                self._notice_cancel()

    def _notice_cancel(self) -> None:
        try:
            with open(f"{self._folder}/{rundir.CANCEL}", "rb") as file:
                wish = json.load(file)
        except FileNotFoundError:
            return
        self._end(Outcome("cancelled", str(wish["reason_code"]), "The run was cancelled."), at_once=False)

    def _reap(self, child: Child) -> int | None:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid == 0:
            if not self._plan["bwrap"]:
                child.reap_orphans()
            return None
        child.reaped = True
        self._cpu_s += used.ru_utime + used.ru_stime
        return status

    def _reap_tree(self, child: Child) -> None:
        """Waits until nothing of the job is left, and adds up what it used."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        deadline = self._clock.elapsed_ms() + _DRAIN_MS
        while self._clock.elapsed_ms() < deadline:
            try:
                pid, _, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid:
                self._cpu_s += used.ru_utime + used.ru_stime
                continue
            child.kill_adopted()
            if poll.poll(100):
                os.read(self._wake, 256)

    def _drain_rest(self, log_read: int) -> None:
        """What the pipe still holds. Its writers are dead, so its end comes; a bare process may have left one alive."""
        poll = select.poll()
        poll.register(log_read, select.POLLIN)
        deadline = self._clock.elapsed_ms() + _DRAIN_MS
        while self._clock.elapsed_ms() < deadline:
            if not poll.poll(100) or not self._log.drain(log_read):
                return

    def _judge(self, child: Child, status: int) -> Outcome:
        code = os.waitstatus_to_exitcode(status)
        bare = code if code >= 0 else 128 - code
        reported = child.exit_code if self._plan["bwrap"] else bare
        if self._ending:
            self._ending.exit_code = reported
            return self._ending
        if self._watch and self._watch.out_of_memory():
            outcome = over_memory(self._plan)
            outcome.exit_code = reported
            self._log.note(outcome.reason)
            return outcome
        if reported is not None:
            return of_exit(reported)
        if code < 0:
            return Outcome("lost", "sandbox_killed", f"The sandbox was ended from outside by signal {-code}.")
        return self._not_started()

    def _not_started(self) -> Outcome:
        """Bubblewrap gave up before the command ran; its last words are the end of the log."""
        with open(f"{self._folder}/{rundir.LOG}", "rb") as file:
            last = (file.read(65536).strip().splitlines() or [b""])[-1].decode("utf-8", "replace")[:500]
        if last.startswith("bwrap: execvp "):
            return Outcome("failed", "command_not_found", last.removeprefix("bwrap: execvp "), 127)
        return Outcome("failed", "start_failed", f"The sandbox did not start: {last}")

    def _finish(self, outcome: Outcome) -> None:
        # A sandbox that was not ready never ran the command: nothing was used.
        ran = self._running and outcome.reason_code != "start_failed"
        elapsed = self._clock.elapsed_ms() if ran else 0
        watch = self._watch
        self._log.close()
        self._result.write(
            {
                "state": outcome.state,
                "reason_code": outcome.reason_code,
                "reason": outcome.reason,
                "exit_code": outcome.exit_code,
                "started_at": self._clock.started_at if ran else None,
                "ended_at": self._clock.started_at + elapsed / 1000,
                "elapsed_ms": elapsed,
                "cpu_ms": watch.cpu_ms if watch else 0,
                "peak_memory_mib": watch.peak_mib if watch else 0,
                "energy_mj": watch.energy_mj() if watch else None,
                "isolation": self._plan["isolation"],
                "log_bytes": self._log.bytes,
                "log_truncated": self._log.truncated,
            }
        )
        for folder in self._plan["cgroup"]:
            # A group that is still emptying stays, and a later start sweeps it.
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def _readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _enlarge(pipe: int) -> None:
    import fcntl

    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:  # Over the user's share of pipe memory: the usual size is only slower.
        return
