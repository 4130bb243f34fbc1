"""One log file per part, never larger than it may be."""

import os
import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
KEPT = 3


def open_log(path: Path) -> int:
    """A descriptor for a child's output. The child writes by itself, so a killed supervisor breaks no pipe."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Move a full log aside as .1, .2, ...: by copying and emptying, because its writer keeps the file open.

    Lines written between the copy and the emptying are lost, which is why this happens at 10 MB and not often.
    """
    try:
        if path.stat().st_size <= max_bytes:
            return False
    except FileNotFoundError:
        return False
    for number in range(kept - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    path.with_name(f"{path.name}.1").chmod(0o600)
    os.truncate(path, 0)
    return True


def tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log, for a message."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(stream.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
