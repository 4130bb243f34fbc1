"""Children that never outlive their supervisor, and leftovers of a supervisor that was killed."""

import ctypes
import os
import signal
from collections.abc import Callable

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
