"""`python -m qianhang.compute.connectors.local.stop <root>`: ends every live run of an embedded cluster, because its
host stops. The runs end as lost with reason host_stopped, and the platform starts them again later."""

import signal
import sys
import threading
import time
from pathlib import Path

from .folder import RunFolder

_PATIENCE_S = 10.0


def stop_all(root: Path, *, patience_s: float = _PATIENCE_S) -> tuple[int, int]:
    """Asks all runs to end and waits. Returns how many were asked, and how many of them still live."""
    runs = root / "runs"
    folders = [RunFolder(root, path.name) for path in runs.iterdir()] if runs.is_dir() else []
    asked = [folder for folder in folders if folder.signal_shim(signal.SIGTERM)]
    deadline = time.monotonic() + patience_s
    pause = threading.Event()
    while (left := [folder for folder in asked if folder.is_live()]) and time.monotonic() < deadline:
        pause.wait(0.05)
    return len(asked), len(left)


if __name__ == "__main__":
    sys.exit(1 if stop_all(Path(sys.argv[1]))[1] else 0)
