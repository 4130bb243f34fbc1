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
    folders: list[str]
    procs: list[str]
    memory_file: str
    oom_file: str


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


def make_group(delegation: Delegation, run_id: str, *, memory: int, processes: int, cpus: int) -> RunGroup:
    """A group for one run with its limits set: `memory` in bytes without swap, `cpus` whole cores."""
    version = delegation.version
    made: dict[str, Path] = {}
    for controller, parent in delegation.folders.items():
        folder = parent / run_id
        folder.mkdir(exist_ok=True)
        made[controller] = folder
    if "memory" in made:
        if version == 2:
            _put(made["memory"] / "memory.max", memory)
            _put(made["memory"] / "memory.swap.max", 0, optional=True)
            _put(made["memory"] / "memory.oom.group", 1, optional=True)
        else:
            _put(made["memory"] / "memory.limit_in_bytes", memory)
            _put(made["memory"] / "memory.memsw.limit_in_bytes", memory, optional=True)
    if "pids" in made:
        # Two more than promised: the sandbox's own init, and bubblewrap while it sets up.
        _put(made["pids"] / "pids.max", processes + 2)
    if "cpu" in made:
        if version == 2:
            _put(made["cpu"] / "cpu.max", f"{cpus * _CPU_PERIOD_US} {_CPU_PERIOD_US}")
        else:
            _put(made["cpu"] / "cpu.cfs_period_us", _CPU_PERIOD_US)
            _put(made["cpu"] / "cpu.cfs_quota_us", cpus * _CPU_PERIOD_US)
    folders = sorted({str(folder) for folder in made.values()})
    memory_folder = made.get("memory")
    names = ("memory.current", "memory.events") if version == 2 else ("memory.usage_in_bytes", "memory.oom_control")
    return RunGroup(
        folders,
        [f"{folder}/cgroup.procs" for folder in folders],
        str(memory_folder / names[0]) if memory_folder else "",
        str(memory_folder / names[1]) if memory_folder else "",
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


def _put(file: Path, value: int | str, *, optional: bool = False) -> None:
    try:
        file.write_text(str(value), encoding="ascii")
    except OSError:
        if not optional:
            raise
