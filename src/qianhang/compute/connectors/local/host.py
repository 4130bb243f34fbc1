"""What this machine has: cores, memory, cards, energy counters."""

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .cgroup import MOUNT

_QUERY = "index,name,memory.total,utilization.gpu,memory.used"
_CARDS_FOR_S = 5.0
_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True, slots=True)
class Card:
    index: int
    model: str
    memory_mib: int
    percent: int | None
    used_mib: int | None


def cores() -> list[int]:
    """The cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def memory_mib() -> int:
    """Memory of the machine, or of the container we are in where that is less."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            total = min(total, int((MOUNT / name).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return total >> 20


def node_name() -> str:
    return platform.machine() or "node"


_cards_seen: tuple[float, str, tuple[Card, ...]] | None = None


def cards() -> Sequence[Card]:
    """NVIDIA cards as nvidia-smi reports them, asked at most every five seconds; none where there is no nvidia-smi."""
    global _cards_seen  # noqa: PLW0603 - a cache of what one slow program said
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    if _cards_seen and _cards_seen[1] == program and time.monotonic() - _cards_seen[0] < _CARDS_FOR_S:
        return _cards_seen[2]
    command = [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        said = ""
    found = tuple(card for line in said.splitlines() if (card := _card(line)))
    _cards_seen = (time.monotonic(), program, found)
    return found


def _card(line: str) -> Card | None:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 5 or not parts[0].isdigit():
        return None
    numbers = [int(part) if part.isdigit() else None for part in parts[2:]]
    return Card(int(parts[0]), parts[1], numbers[0] or 0, numbers[1], numbers[2])


def energy_counters() -> list[str]:
    """Readable energy counters of whole processor packages (powercap), in microjoules."""
    found = sorted(_POWERCAP.glob("intel-rapl:[0-9]*/energy_uj"))
    packages = [path for path in found if path.parent.name.count(":") == 1]
    return [str(path) for path in packages] if packages and all(os.access(path, os.R_OK) for path in packages) else []
