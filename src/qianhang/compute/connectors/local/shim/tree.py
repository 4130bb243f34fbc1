"""What a run's process tree uses, read from /proc directly."""

import os

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
_HAS_CHILDREN_FILES = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, 65536)
    except OSError:  # The process ended between open and read.
        return b""
    finally:
        os.close(fd)


def children(pid: int) -> list[int]:
    if not _HAS_CHILDREN_FILES:
        return _parents().get(pid, [])
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(f"/proc/{pid}/task/{thread}/children").split()]


def _parents() -> dict[int, list[int]]:
    """Children by parent, for kernels without the `children` files."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (text := _read(f"/proc/{name}/stat")):
            found.setdefault(int(text[text.rindex(b")") + 2 :].split()[1]), []).append(int(name))
    return found


def descendants(root: int) -> list[int]:
    """Every living process below `root`, without `root` itself."""
    table = None if _HAS_CHILDREN_FILES else _parents()
    found: list[int] = []
    seen = {root}
    todo = [root]
    while todo:
        pid = todo.pop()
        for child in children(pid) if table is None else table.get(pid, []):
            if child not in seen:
                seen.add(child)
                found.append(child)
                todo.append(child)
    return found


class Reading:
    """`cpu_ms` counts the living and what they have waited for; `memory` is an upper bound in bytes: pages shared by
    a fork count once for each process."""

    __slots__ = ("cpu_ms", "memory", "processes")

    def __init__(self, cpu_ms: int, memory: int, processes: int) -> None:
        self.cpu_ms = cpu_ms
        self.memory = memory
        self.processes = processes


def measure(root: int, pids: list[int]) -> Reading:
    ticks = private = shared = count = 0
    for pid in (root, *pids):
        text = _read(f"/proc/{pid}/stat")
        if not text:
            continue
        numbers = text[text.rindex(b")") + 2 :].split()
        ticks += int(numbers[11]) + int(numbers[12]) + int(numbers[13]) + int(numbers[14])
        if pid == root:
            continue
        count += 1
        if sizes := _read(f"/proc/{pid}/statm").split():
            resident, common = int(sizes[1]), int(sizes[2])
            private += resident - common
            shared = max(shared, common)
    return Reading(ticks * 1000 // TICKS, (private + shared) * PAGE, count)


def exact_memory(pids: list[int]) -> int:
    """Proportional set size of the processes in bytes: exact, and dearer to read than `measure`."""
    total = 0
    for pid in pids:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                total += int(line.split()[1]) * 1024
    return total
