"""How much room a work folder takes, asked of a folder that a hostile job may be changing meanwhile."""

import os

MAX_ENTRIES = 200_000
MAX_DEPTH = 100


class FolderUse:
    __slots__ = ("bytes", "entries", "seen_all")

    def __init__(self) -> None:
        self.bytes = 0
        self.entries = 0
        self.seen_all = True


def folder_use(path: str) -> FolderUse:
    """Allocated bytes and entries below `path`. Never follows a link; hard links count once for each name, which can
    only count too much. Stops after 200,000 entries or 100 levels and says so."""
    use = FolderUse()
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return use
    try:
        _add_folder(folder, use, 1)
    finally:
        os.close(folder)
    return use


def _add_folder(folder: int, use: FolderUse, depth: int) -> None:
    """Goes down by descriptors, not by paths: a folder swapped for a link between two looks is never entered."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        use.entries += 1
        if use.entries > MAX_ENTRIES or depth > MAX_DEPTH:
            use.seen_all = False
            return
        try:
            use.bytes += entry.stat(follow_symlinks=False).st_blocks * 512
            if not entry.is_dir(follow_symlinks=False):
                continue
            below = open_folder(entry.name, folder)
        except OSError:  # Gone meanwhile.
            continue
        try:
            _add_folder(below, use, depth + 1)
        finally:
            os.close(below)
        if not use.seen_all:
            return


def open_folder(name: str, parent: int) -> int:
    """A descriptor of the folder `name` in `parent`, never of what a link points to. A folder that the job has closed
    to its own user, which would hide its content from every count, is opened again first."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=parent)
    except PermissionError:
        handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{handle}", 0o700)
        finally:
            os.close(handle)
        return os.open(name, flags, dir_fd=parent)


def unlinked_bytes(pids: list[int], device: int) -> int:
    """Bytes of files on `device` that have no name any more but are still open: invisible to a walk."""
    seen: dict[int, int] = {}
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in names[:1024]:
            try:
                found = os.stat(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if found.st_nlink == 0 and found.st_dev == device:
                seen[found.st_ino] = found.st_blocks * 512
    return sum(seen.values())
