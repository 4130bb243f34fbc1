"""Waiting for what another process does: by looking, under a deadline, with the last look in the message."""

import threading
import time
import uuid
from collections.abc import Callable

from qianhang.compute.ports import ClusterConnector, RunStatus
from qianhang.compute.rules.states import ENDED

_PAUSE = threading.Event()


def wait_until(look: Callable[[], object], *, seconds: float = 20.0) -> object:
    """The first truthy answer of `look`."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"after {seconds} s still {seen!r}"
        _PAUSE.wait(0.02)
    return seen


def status_of(connector: ClusterConnector, run_id: uuid.UUID) -> RunStatus:
    return connector.status([run_id])[run_id]


def wait_for_end(connector: ClusterConnector, run_id: uuid.UUID, *, seconds: float = 30.0) -> RunStatus:
    wait_until(lambda: status_of(connector, run_id).state in ENDED, seconds=seconds)
    return status_of(connector, run_id)


def whole_log(connector: ClusterConnector, run_id: uuid.UUID) -> bytes:
    """The log read piece by piece, as a page does, until it says that it is complete."""
    pieces: list[bytes] = []
    offset = 0
    while True:
        chunk = connector.read_log(run_id, offset=offset, limit=65536)
        pieces.append(chunk.data)
        offset = chunk.next_offset
        if chunk.complete:
            return b"".join(pieces)
        assert chunk.data, "an ended run's log goes on for ever"
