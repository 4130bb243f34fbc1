"""What `qianhang run` sends: one script, or a folder, as .tar.gz. No Django here."""

import fnmatch
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web.words import gettext as _

# What no job needs and what would make an upload slow; a folder's .qianhangignore adds to it, one pattern a line.
NEVER_SENT = (".git", ".hg", ".venv", "venv", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache", "outputs")
IGNORE_FILE = ".qianhangignore"
MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Package:
    """`file` is the archive on this machine; `command` starts what is in it."""

    file: Path
    name: str
    files: int
    bytes: int


@contextmanager
def packed(target: Path) -> Iterator[Package]:
    """The script or folder as a temporary archive. Raises ApplianceError (USAGE) for what cannot be sent."""
    members = _members(target)
    with tempfile.TemporaryDirectory(prefix="qianhang-") as folder:
        archive = Path(folder) / "source.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=6, dereference=True) as tar:
            for inside, file in members:
                try:
                    tar.add(file, arcname=inside, recursive=False, filter=_anonymous)
                except OSError as error:
                    raise _usage(_("{file} cannot be read: {why}.").format(file=file, why=error.strerror)) from error
        name = f"{target.resolve().name}.tar.gz"
        yield Package(file=archive, name=name, files=len(members), bytes=archive.stat().st_size)


def command_of(script: Path, arguments: list[str]) -> list[str]:
    """How a script is started inside the job."""
    if script.suffix == ".py":
        return ["python", script.name, *arguments]
    if script.suffix in {".sh", ".bash"}:
        return ["sh" if script.suffix == ".sh" else "bash", script.name, *arguments]
    if os.access(script, os.X_OK):
        return [f"./{script.name}", *arguments]
    raise _usage(
        _("{file} is neither .py nor .sh nor executable.").format(file=script),
        _("Write a job.yaml with its command and use `qianhang submit -f job.yaml`."),
    )


def _members(target: Path) -> list[tuple[str, Path]]:
    """(path inside, file) in a fixed order, so that the same folder gives the same archive."""
    if target.is_file():
        return [(target.name, target)]
    if not target.is_dir():
        raise _usage(_("There is no {file}.").format(file=target))
    ignored = [*NEVER_SENT, *_patterns(target / IGNORE_FILE)]
    found = []
    for folder, folders, files in os.walk(target):
        here = Path(folder)
        inside = here.relative_to(target)
        folders[:] = sorted(name for name in folders if not _is_ignored(inside / name, ignored))
        found += [
            ((inside / name).as_posix(), here / name)
            for name in sorted(files)
            if not _is_ignored(inside / name, ignored) and (here / name).is_file()
        ]
        if len(found) > MOST_FILES:
            raise _usage(
                _("{folder} has more than {most} files.").format(folder=target, most=MOST_FILES),
                _("List what the job does not need in {file}.").format(file=target / IGNORE_FILE),
            )
    if not found:
        raise _usage(_("There is nothing in {folder} to send.").format(folder=target))
    return found


def _patterns(file: Path) -> list[str]:
    if not file.is_file():
        return []
    lines = (line.strip().rstrip("/") for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _is_ignored(path: Path, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(path.name, one) or fnmatch.fnmatch(path.as_posix(), one) for one in patterns)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who packed it and when stay here; whether it is executable goes along."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def _usage(what: str, remedy: str = "") -> ApplianceError:
    return ApplianceError(what, remedy=remedy, exit_code=ExitCode.USAGE)
