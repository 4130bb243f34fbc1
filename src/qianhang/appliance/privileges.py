"""Started as root, the appliance becomes an unprivileged user before it opens anything.

PostgreSQL refuses to run as root, and so do we for everything else. Root does three things and then gives up root
for good: it makes the system user, it makes that user's data folder, and, where the interpreter or the source lies
below a folder that other users cannot enter (a virtual environment under /root), it opens a window to them.

The window is a private mount namespace: a small empty file system is laid over the closed folder and only the needed
subtrees are bound back at their own paths, read-only. Nothing on disk changes, no other process sees it, and it is
gone when the last process of this start has ended.
"""

import contextlib
import ctypes
import grp
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError

SERVICE_USER = "qianhang"
SYSTEM_DATA_DIR = Path("/var/lib/qianhang")

_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE = (
    1,
    2,
    4,
    32,
    4096,
    16384,
    1 << 19,
)
# Mount flags that an unprivileged remount must repeat; statvfs reports them under these bits.
_KEPT_FLAGS = {os.ST_NOSUID: _MS_NOSUID, os.ST_NODEV: _MS_NODEV, os.ST_NOEXEC: 8}


@dataclass(frozen=True, slots=True)
class Identity:
    """An operating system user, resolved once."""

    name: str
    uid: int
    gid: int
    home: Path

    @classmethod
    def of(cls, name: str) -> "Identity":
        entry = pwd.getpwnam(name)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, Path(entry.pw_dir))

    @classmethod
    def current(cls) -> "Identity":
        try:
            entry = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise ApplianceError(
                f"User id {os.geteuid()} has no name on this machine, and PostgreSQL needs one.",
                remedy="Start as a user that /etc/passwd knows, or add a line for this id.",
                exit_code=ExitCode.NEEDS_SETUP,
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, Path(entry.pw_dir))


@dataclass(frozen=True, slots=True)
class Window:
    """Paths that the unprivileged user must be able to reach: read-only ones, and ones it writes to."""

    readable: Sequence[Path]
    writable: Sequence[Path] = field(default=())


def is_root() -> bool:
    return os.geteuid() == 0


def ensure_service_user(name: str = SERVICE_USER, home: Path = SYSTEM_DATA_DIR) -> tuple[Identity, bool]:
    """The system user that runs everything, and whether it had to be made. Needs root only to make it."""
    try:
        return Identity.of(name), False
    except KeyError:
        pass
    if not (program := shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")):
        raise ApplianceError(
            f"There is no user called {name}, and this machine has no useradd to make one.",
            remedy=f"Make a system user called {name} by hand, then start again.",
            exit_code=ExitCode.NEEDS_SETUP,
        )
    made = subprocess.run(
        [
            program,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            str(home),
            "--shell",
            "/usr/sbin/nologin",
            name,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return Identity.of(name), made.returncode == 0
    except KeyError:
        raise ApplianceError(
            f"The system user {name} could not be made: {made.stderr.strip()}",
            remedy=f"Make it by hand: useradd --system --user-group --shell /usr/sbin/nologin {name}",
            exit_code=ExitCode.NEEDS_SETUP,
        ) from None


def claim_folder(folder: Path, owner: Identity) -> None:
    """Make `folder` (0700, owned by `owner`) where there is none. A folder that exists is taken only as it is.

    Raises ApplianceError for an existing folder of someone else: its permissions are not ours to change.
    """
    if folder.exists():
        found = folder.stat()
        if found.st_uid != owner.uid or not stat.S_ISDIR(found.st_mode):
            raise ApplianceError(
                f"{folder} exists and does not belong to the user {owner.name}.",
                remedy=f"Choose another with --data-dir, or hand it over yourself: chown -R {owner.name}: {folder}",
            )
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    os.chown(folder, owner.uid, owner.gid)


def needed_paths() -> tuple[Path, ...]:
    """What any process of ours reads: the interpreter, the virtual environment and the source."""
    import qianhang

    source = Path(qianhang.__file__).resolve().parent
    # An editable install runs from a checkout; tests, examples and the lock files lie beside src/.
    checkout = source.parents[1] if (source.parents[1] / "pyproject.toml").is_file() else source
    return (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable), checkout)


def become(owner: Identity, window: Window, command: Sequence[str], *, environment: Mapping[str, str]) -> NoReturn:
    """Replace this root process by `command`, run as `owner` under umask 077. Never returns.

    Raises ApplianceError where a needed path stays out of reach.
    """
    here = Path.cwd()
    open_window(owner, window)
    sys.stdout.flush()
    sys.stderr.flush()
    drop_root(owner)
    # By name once more: the old handle points below the window's cover.
    for folder in (here, owner.home, Path("/")):
        with contextlib.suppress(OSError):
            os.chdir(folder)
            os.scandir(".").close()
            break
    os.execvpe(command[0], list(command), service_environment(owner, environment))  # noqa: S606 - a list, no shell


def drop_root(owner: Identity) -> None:
    """Give up root for good: groups first, because a plain user may not change them any more."""
    os.setgroups([entry.gr_gid for entry in grp.getgrall() if owner.name in entry.gr_mem] + [owner.gid])
    os.setresgid(owner.gid, owner.gid, owner.gid)
    os.setresuid(owner.uid, owner.uid, owner.uid)
    os.umask(0o077)


def service_environment(owner: Identity, environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what points into root's own folders."""
    kept = {k: v for k, v in environment.items() if not k.startswith(("XDG_", "SUDO_", "DBUS_"))}
    return kept | {"HOME": str(owner.home), "USER": owner.name, "LOGNAME": owner.name}


def open_window(owner: Identity, window: Window) -> None:
    """Let `owner` reach the window's paths, here and in children only. Does nothing where it already can."""
    paths = [*window.readable, *window.writable]
    if not unreachable(owner, paths):
        return
    links, folders = _walk(paths)
    writable = {path.resolve() for path in window.writable}
    covers = _closed_ancestors(owner, [*folders, *links])
    try:
        _enter_private_namespace()
        for cover in covers:
            below = [path for path in folders if path != cover and path.is_relative_to(cover)]
            _cover(
                cover,
                _outermost(below),
                {k: v for k, v in links.items() if k.is_relative_to(cover)},
                writable,
            )
    except OSError as error:
        raise ApplianceError(
            f"Other users cannot enter {', '.join(map(str, covers))}, where Python or the source lies, and this "
            f"container does not allow a private view of it ({error.strerror}).",
            remedy="Put the checkout and Python where all may read them (such as /opt), or start as a plain user.",
            exit_code=ExitCode.NEEDS_SETUP,
        ) from error
    if left := unreachable(owner, paths):
        raise ApplianceError(
            f"The user {owner.name} cannot read {', '.join(map(str, left))}: the files are closed to others.",
            remedy="Clone again under `umask 022`, or put the checkout where every user can read it (such as /opt).",
            exit_code=ExitCode.NEEDS_SETUP,
        )


def unreachable(owner: Identity, paths: Iterable[Path]) -> list[Path]:
    """Which paths `owner` cannot open, found by trying it as that user in a child process."""
    wanted = list(paths)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing may leave this branch: an exception here would run the caller twice.
        try:
            drop_root(owner)
            os.write(writer, "".join("0" if _opens(path) else "1" for path in wanted).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        verdict = stream.read()
    os.waitpid(child, 0)
    if len(verdict) != len(wanted):
        return wanted
    return [path for path, closed in zip(wanted, verdict, strict=True) if closed == ord("1")]


def _opens(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


def _walk(paths: Iterable[Path]) -> tuple[dict[Path, str], list[Path]]:
    """Every symbolic link met on the way to the paths (link -> target), and the real paths they end at."""
    links: dict[Path, str] = {}
    ends: list[Path] = []
    for path in paths:
        todo, here = list(path.absolute().parts[1:]), Path("/")
        while todo:
            part = todo.pop(0)
            if part == "..":
                here = here.parent
                continue
            step = here / part
            if step.is_symlink() and len(links) < 1000:
                target = links[step] = str(step.readlink())
                if target.startswith("/"):
                    here = Path("/")
                todo = [p for p in Path(target).parts if p != "/"] + todo
            else:
                here = step
        ends.append(here)
    return links, ends


def _closed_ancestors(owner: Identity, paths: Iterable[Path]) -> list[Path]:
    """The outermost folders above the paths that `owner` may not pass through."""
    above = {parent for path in paths for parent in path.parents}
    return _outermost([folder for folder in above if not _may_enter(owner, folder)])


def _may_enter(owner: Identity, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == owner.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == owner.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _outermost(folders: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for folder in sorted(set(folders)):
        if not any(folder.is_relative_to(outer) for outer in kept):
            kept.append(folder)
    return kept


def _cover(cover: Path, folders: Sequence[Path], links: Mapping[Path, str], writable: set[Path]) -> None:
    """Lay an empty file system over `cover` and bind the folders (and files) back at their own paths."""
    handles = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in folders}
    _mount("tmpfs", cover, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0711,size=1m")
    for path, handle in handles.items():
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        (path if is_folder else path.parent).mkdir(mode=0o755, parents=True, exist_ok=True)
        if not is_folder:
            path.touch(mode=0o644)
        _mount(f"/proc/self/fd/{handle}", path, None, _MS_BIND | _MS_REC, None)
        if path not in writable:
            found = os.statvfs(path).f_flag
            kept = sum(flag for bit, flag in _KEPT_FLAGS.items() if found & bit)
            _mount(None, path, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept, None)
        os.close(handle)
    for link, target in links.items():
        if not os.path.lexists(link):
            link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            link.symlink_to(target)


def _enter_private_namespace() -> None:
    libc = _libc()
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    # Slave, not private: what the machine mounts later still appears here, what we mount never appears there.
    _mount(None, Path("/"), None, _MS_REC | _MS_SLAVE, None)


def _mount(source: str | None, target: Path, kind: str | None, flags: int, options: str | None) -> None:
    texts = [text.encode() if text is not None else None for text in (source, str(target), kind)]
    if _libc().mount(*texts, ctypes.c_ulong(flags), options.encode() if options else None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(target))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
