"""One supervised program: started, watched, started again when it dies, ended with all its children."""

import enum
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qianhang.appliance.logs import open_log
from qianhang.appliance.processes import PART_VARIABLE, dies_with_parent, kill_session

FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 8.0
STABLE_AFTER_S = 3.0
"""A part that ran this long starts with the shortest delay again."""
HOPELESS_AFTER = 5
"""Deaths in a row before a part has answered even once: then the start as a whole has failed."""
SILENT_TOO_LONG_S = 120.0
"""A part that runs but answers no health check for this long is started anew."""
ASKED_IN_VAIN = 6
"""Checks in a row that it must have missed in that time. While the machine is too busy, or the check of another part
takes too long, few are made; then a part is not to blame, and starting it anew would only add to the load."""


class State(enum.StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


def delay_before_restart(deaths_in_a_row: int) -> float:
    """Seconds to wait: doubling from half a second to eight."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** max(0, deaths_in_a_row - 1))


@dataclass(slots=True)
class Part:
    """`ready` is asked while the part starts and later as its health check; it must answer within seconds."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[["Part"], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    state: State = State.WAITING
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    was_ready: bool = False
    unanswered: int = 0
    """Health checks in a row that got no answer."""
    restart_at: float = 0.0

    def start(self) -> None:
        """From the main thread only: the kernel ends the part when the thread that started it ends."""
        log = open_log(self.log)
        try:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment, PART_VARIABLE: self.name},
                # A session of its own: Ctrl-C reaches the supervisor alone, and children can be ended as a group.
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - called from the main thread
            )
        finally:
            os.close(log)
        self.started = time.monotonic()
        self.unanswered = 0
        self.state = State.STARTING if self.deaths == 0 else State.RESTARTING

    def died(self) -> int | None:
        """The exit status of a part that ended by itself, after its own children were ended too."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        kill_session(self.process.pid)
        self.process = None
        if time.monotonic() - self.started > STABLE_AFTER_S:
            self.deaths = 0
        self.deaths += 1
        self.state = State.RESTARTING
        self.restart_at = time.monotonic() + delay_before_restart(self.deaths)
        return status

    def is_stuck(self, *, answered_at: float) -> bool:
        """Whether it runs without ever answering. `answered_at`: when it last did, by the monotonic clock."""
        silent_s = time.monotonic() - max(answered_at, self.started)
        return silent_s > SILENT_TOO_LONG_S and self.unanswered >= ASKED_IN_VAIN

    def is_hopeless(self) -> bool:
        return not self.was_ready and self.deaths >= HOPELESS_AFTER

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, *, patience_s: float) -> None:
        """SIGTERM, wait, SIGKILL; whatever the part had started goes with it."""
        if self.process is not None:
            self.ask_to_stop()
            try:
                self.process.wait(timeout=patience_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            kill_session(self.process.pid)
            self.process = None
        self.state = State.STOPPED


def describe_exit(status: int) -> str:
    """An exit status in words."""
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"ended with status {status}"
