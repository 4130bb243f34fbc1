"""Control groups, where someone with the right to do so has handed us one called `qianhang`."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
NAME = "qianhang"
_CPU_PERIOD_US = 100_000


@dataclass(frozen=True, slots=True)
class Delegation:
    """Folders below which we may make groups: one per controller in version 1, the same for all in version 2."""

    version: int
    folders: dict[str, Path]

    @property
    def controllers(self) -> Sequence[str]:
        return tuple(self.folders)

    @property
    def complete(self) -> bool:
        return {"memory", "pids", "cpu"} <= set(self.folders)


@dataclass(frozen=True, slots=True)
class RunGroup:
    """A group that the shim makes for its run: nothing is left behind by a run that never began."""

    folders: list[str]
    limits: list[tuple[str, str, bool]]
    """File, value, and whether this kernel may go without it."""
    procs: list[str]
    memory_file: str
    oom_file: str


NO_GROUP = RunGroup([], [], [], "", "")


def find() -> Delegation | None:
    """What has been delegated to this user, or None."""
    unified = MOUNT / NAME
    if (MOUNT / "cgroup.controllers").exists():
        try:
            names = (unified / "cgroup.controllers").read_text(encoding="ascii").split()
            if not _ours(unified):
                return None
            wanted = [name for name in ("memory", "pids", "cpu") if name in names]
            (unified / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in wanted), encoding="ascii")
        except OSError:
            return None
        # Moving a process into the group also needs the right to take it out of where it is now.
        if not wanted or not _may_leave_own_group():
            return None
        return Delegation(2, dict.fromkeys(wanted, unified))
    folders = {name: MOUNT / name / NAME for name in ("memory", "pids", "cpu") if _ours(MOUNT / name / NAME)}
    return Delegation(1, folders) if folders else None


def _ours(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _may_leave_own_group() -> bool:
    """cgroup(7): a move needs write access to `cgroup.procs` of the group above both places."""
    common = MOUNT / NAME if _own_group().startswith(NAME) else MOUNT
    return os.access(common / "cgroup.procs", os.W_OK)


def _own_group() -> str:
    lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    return next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")


def group_for(delegation: Delegation, run_id: str, *, memory: int, processes: int, cpus: int) -> RunGroup:
    """What to make for one run: `memory` in bytes without swap, `cpus` whole cores."""
    parents = delegation.folders
    second = delegation.version == 2
    limits: list[tuple[str, str, bool]] = []

    def limit(controller: str, name: str, value: int | str, *, optional: bool = False) -> None:
        if controller in parents:
            limits.append((f"{parents[controller]}/{run_id}/{name}", str(value), optional))

    limit("memory", "memory.max" if second else "memory.limit_in_bytes", memory)
    if second:
        limit("memory", "memory.swap.max", 0, optional=True)
        limit("memory", "memory.oom.group", 1, optional=True)
        limit("cpu", "cpu.max", f"{cpus * _CPU_PERIOD_US} {_CPU_PERIOD_US}")
    else:
        limit("memory", "memory.memsw.limit_in_bytes", memory, optional=True)
        limit("cpu", "cpu.cfs_period_us", _CPU_PERIOD_US)
        limit("cpu", "cpu.cfs_quota_us", cpus * _CPU_PERIOD_US)
    # Two more than promised: the sandbox's own init, and bubblewrap while it sets up.
    limit("pids", "pids.max", processes + 2)
    folders = sorted({f"{parent}/{run_id}" for parent in parents.values()})
    memory_folder = f"{parents['memory']}/{run_id}" if "memory" in parents else ""
    in_use, events = ("memory.current", "memory.events") if second else ("memory.usage_in_bytes", "memory.oom_control")
    return RunGroup(
        folders,
        limits,
        [f"{folder}/cgroup.procs" for folder in folders],
        f"{memory_folder}/{in_use}" if memory_folder else "",
        f"{memory_folder}/{events}" if memory_folder else "",
    )


def sweep(delegation: Delegation, *, has_ended: Callable[[str], bool]) -> None:
    """Removes the groups of runs whose shim died before it could. Groups of others, who share the folder, stay."""
    for parent in set(delegation.folders.values()):
        for folder in parent.iterdir():
            if folder.is_dir() and has_ended(folder.name):
                try:
                    folder.rmdir()
                except OSError:  # Something in it is still ending; its turn comes later.
                    continue
