"""What a job left behind, taken from a folder that the job itself could shape as it liked.

Every step goes through a descriptor of the folder above it and refuses links, so that no link, planted before or
swapped in meanwhile, ever leads out of the work folder.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from qianhang.compute.ports import OutputFile

from .shim.disk import open_folder

MAX_FILES = 1_000
MAX_PATH = 500
_MAX_ENTRIES = 100_000
_MAX_DEPTH = 64
# Names compared with parts of patterns, over all files: some ten seconds' worth. A plain pattern over 100,000 files
# needs a twentieth of it.
_MAX_COMPARISONS = 20_000_000
_PIECE = 1 << 20


class NoSuchOutput(Exception):
    """There is no regular file of this name in the work folder."""


def matches(path: str, pattern: str) -> bool:
    """Whether a relative path fits a pattern: `*`, `?` and `[...]` within a name, `**` across folders."""
    return _match(path.split("/"), pattern.removeprefix("./").split("/"))


def _match(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Part by part, with every place in the path that the parts so far may lead to: the time is names times parts,
    however many `**` a hostile pattern holds."""
    reached = {0}
    for index, part in enumerate(parts):
        if part == "**":
            # As the last part it stands for at least one name.
            reached = set(range(min(reached) + (index == len(parts) - 1), len(names) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatchcase(names[at], part)}
        if not reached:
            return False
    return len(names) in reached


class _Wanted:
    """The patterns of one run, and how much comparing it may still cost."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [pattern.removeprefix("./").split("/") for pattern in patterns]
        self._parts = sum(len(parts) for parts in self._patterns)
        self._left = _MAX_COMPARISONS

    def has(self, path: str) -> bool:
        names = path.split("/")
        self._left -= len(names) * self._parts
        return self._left >= 0 and any(_match(names, parts) for parts in self._patterns)


def list_outputs(work: Path, patterns: Sequence[str], *, max_bytes: int) -> list[OutputFile]:
    """Regular files that fit a pattern, in order of path: at most 1,000, together at most `max_bytes`. Left out:
    links, devices, names that are no text or longer than 500 characters, and what lies behind so many files and
    patterns that comparing them would hold up everybody's runs."""
    try:
        top = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        wanted = _Wanted(patterns)
        found = sorted(
            (OutputFile(path, size) for path, size in _files(top, "", [0]) if wanted.has(path)),
            key=lambda file: file.path,
        )
    finally:
        os.close(top)
    kept: list[OutputFile] = []
    room = max_bytes
    for file in found:
        if file.bytes <= room and len(kept) < MAX_FILES:
            room -= file.bytes
            kept.append(file)
    return kept


def _files(folder: int, prefix: str, seen: list[int], depth: int = 0) -> Iterator[tuple[str, int]]:
    for name in sorted(os.listdir(folder)):
        seen[0] += 1
        path = prefix + name
        if seen[0] > _MAX_ENTRIES or not _is_plain(path):
            continue
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield path, found.st_size
            elif stat.S_ISDIR(found.st_mode) and depth < _MAX_DEPTH:
                below = open_folder(name, folder)
                try:
                    yield from _files(below, path + "/", seen, depth + 1)
                finally:
                    os.close(below)
        except OSError:  # Changed or gone between the look and the step.
            continue


def _is_plain(path: str) -> bool:
    return len(path) <= MAX_PATH and path.isprintable() and "\\" not in path


def fetch_output(work: Path, path: str, into: Path, *, max_bytes: int) -> None:
    """Copies one file to `into`, which appears whole or not at all.

    Raises NoSuchOutput for anything but a regular file below the work folder, or one that has grown over `max_bytes`.
    """
    source = _open_below(work, path)
    temporary = into.with_name(f".{into.name}.{os.urandom(4).hex()}")
    try:
        with temporary.open("xb") as target:
            copied = 0
            while piece := os.read(source, _PIECE):
                copied += len(piece)
                if copied > max_bytes:
                    raise NoSuchOutput(path)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(into)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(source)


def _open_below(work: Path, path: str) -> int:
    names = path.split("/")
    if not path or any(name in ("", ".", "..") for name in names):
        raise NoSuchOutput(path)
    try:
        here = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            for name in names[:-1]:
                below = open_folder(name, here)
                os.close(here)
                here = below
            # Non-blocking: a pipe put in the file's place must not make us wait for its writer.
            file = os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
        finally:
            os.close(here)
    except OSError as error:
        raise NoSuchOutput(path) from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NoSuchOutput(path)
    return file
