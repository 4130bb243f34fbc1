"""Children that never outlive their supervisor, and leftovers of a supervisor that was killed."""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

PART_VARIABLE = "QIANHANG_PART"

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def dies_with_parent(how: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `how` to the child when this process dies, however it dies.

    Linux ties the signal to the thread that forked, so children must be started from the main thread.
    """
    parent = os.getpid()

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        # The parent may have died between fork and prctl, and then no signal would ever come.
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def leftovers(data_dir: Path, sessions: Iterable[int]) -> list[psutil.Process]:
    """Processes of an earlier start on this data folder, in one of the sessions it had started.

    The session number alone could have been given to a stranger since, and the environment alone is inherited by
    running jobs, which are meant to survive: both must agree.
    """
    wanted = set(sessions)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or os.getsid(process.pid) not in wanted:
                continue
            environment = process.environ()
            if PART_VARIABLE in environment and environment.get("QIANHANG_DATA_DIR") == str(data_dir):
                found.append(process)
    return found


def end_all(processes: Iterable[psutil.Process], *, patience_s: float) -> None:
    """Ask, wait, then insist."""
    alive = list(processes)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(alive, timeout=patience_s)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=patience_s)


def kill_session(leader: int) -> None:
    """End what is left of a dead part: its own children, which share its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def reap_strangers(known: Iterable[int]) -> None:
    """As process 1 of a container, bury the orphans that the kernel hands over."""
    ours = set(known)
    while True:
        try:
            state = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if state is None or state.si_pid in ours:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(state.si_pid, 0)


def wait_until(condition: Callable[[], bool], *, timeout_s: float, step_s: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True
