"""The shim's life: detach, claim the run, prepare its folder, supervise it, leave the result."""

from __future__ import annotations

import marshal
import os
import signal
import sys

from . import rundir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .plan import Plan

# Words to whoever started us, one per line on standard output.
ACCEPTED, RUNNING, ENDED, TAKEN = b"accepted\n", b"running\n", b"ended\n", b"taken\n"


def main() -> None:
    if os.fork():
        # The starter waits for us only; the child has no parent that could forget to wait for it.
        os._exit(0)
    plan = _receive()
    if plan is None:
        # The starter died while it spoke. It made no promise to anyone, so neither is there a run.
        os._exit(0)
    _become(plan)
    os._exit(0)


def _receive() -> Plan | None:
    """The plan, or None when less arrived than was announced."""
    pieces = []
    while piece := os.read(0, 1 << 20):
        pieces.append(piece)
    data = b"".join(pieces)
    if len(data) < 8 or len(data) - 8 != int.from_bytes(data[:8], "big"):
        return None
    plan: Plan = marshal.loads(data[8:])  # noqa: S302 - written by the worker, over a pipe of its own
    return plan


def tell(word: bytes) -> None:
    try:
        os.write(1, word)
    except OSError:  # The starter is gone; the run goes on without it.
        return


def _become(plan: Plan) -> None:
    """Runs the plan unless this run has been started before: one start per run id, for ever."""
    folder = plan["folder"]
    lock = rundir.take_lock(f"{folder}/{rundir.LOCK}", wait=False)
    if lock < 0 or any(os.path.exists(f"{folder}/{name}") for name in (rundir.IDENTITY, rundir.RESULT)):
        tell(TAKEN)
        return
    os.umask(0o077)
    os.chdir("/")
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    # From here on the run counts as started, and signals reach it. A cancellation that came before this line has left
    # its file and is seen next; one that comes after it sends a signal too.
    rundir.write_atomically(folder, rundir.IDENTITY, rundir.identity())
    tell(ACCEPTED)

    from .supervise import Supervisor

    supervisor = Supervisor(plan, wake_read)
    supervisor.run(on_running=lambda: tell(RUNNING))
    tell(ENDED)
    sys.stderr.flush()
