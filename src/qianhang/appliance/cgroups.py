"""Give the service user a control group of its own, where root can: the kernel then enforces jobs' limits as a whole.

Only new folders named `qianhang` are made and handed over; nobody else's process is moved. Where it cannot be done (a
container without the right), jobs keep their per-process limits.
"""

import contextlib
import os
from pathlib import Path

from qianhang.appliance.privileges import SERVICE_USER, Identity

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids", "cpu")


def delegate(owner: Identity, root: Path = ROOT) -> list[Path]:
    """The groups that `owner` may use from now on."""
    if (root / "cgroup.controllers").is_file():
        return _delegate_unified(owner, root)
    given = []
    for controller in CONTROLLERS:
        if (root / controller).is_dir():
            with contextlib.suppress(OSError):
                given.append(_hand_over(root / controller / SERVICE_USER, owner))
    return given


def _delegate_unified(owner: Identity, root: Path) -> list[Path]:
    try:
        group = _hand_over(root / SERVICE_USER, owner)
    except OSError:
        return []
    # Controllers reach our group only if its parent passes them on. Enabling one there adds a limit to nobody.
    for controller in CONTROLLERS:
        with contextlib.suppress(OSError):
            (root / "cgroup.subtree_control").write_text(f"+{controller}")
    # A plain user may move a process only between groups below one it owns, so this process has to start in there.
    with contextlib.suppress(OSError):
        home = _hand_over(group / "main", owner)
        (home / "cgroup.procs").write_text(str(os.getpid()))
    return [group]


def _hand_over(group: Path, owner: Identity) -> Path:
    group.mkdir(exist_ok=True)
    for path in (group, *group.iterdir()):
        # The limit files of the group itself stay root's: the user divides what it has and cannot raise it.
        if path == group or path.name in {"cgroup.procs", "tasks", "cgroup.subtree_control", "cgroup.threads"}:
            os.chown(path, owner.uid, owner.gid)
    return group
