"""The object store: uploads, logs and outputs as files under names that are decided beforehand.

A name says what the file is, so writing it a second time after a crash is harmless. A file appears whole or not at
all: it is written beside, synced, then renamed. No part of a name comes from a job.
"""

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    bytes: int
    sha256: str


class TooLarge(Exception):
    """More bytes came than the limit allows; nothing was stored."""


def upload_name(organisation_id: uuid.UUID, sha256: str) -> str:
    return f"uploads/{organisation_id}/{sha256[:2]}/{sha256}"


def git_name(url: str, commit: str) -> str:
    return f"git/{hashlib.sha256(url.encode()).hexdigest()}/{commit}.tar.gz"


def log_name(run_id: uuid.UUID) -> str:
    return f"runs/{str(run_id)[-2:]}/{run_id}/log"


def output_name(run_id: uuid.UUID, path: str) -> str:
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()
    return f"runs/{str(run_id)[-2:]}/{run_id}/outputs/{digest}"


def path_of(name: str) -> Path:
    """Where an object is. Raises SuspiciousFileOperation for a name outside the store."""
    return Path(default_storage.path(name))


def exists(name: str) -> bool:
    return path_of(name).is_file()


def remove(name: str) -> None:
    """Removes an object; one that is gone already is no fault."""
    path_of(name).unlink(missing_ok=True)


def open_object(name: str) -> BinaryIO:
    return path_of(name).open("rb")


def read_chunks(name: str) -> Iterator[bytes]:
    with open_object(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def new_file() -> Path:
    """A fresh path in the store's own temporary folder, so that `adopt` is a rename on one disk."""
    folder = path_of("incoming")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / uuid.uuid4().hex


def sweep_incoming(*, before: float) -> int:
    """Removes what a crash left half received before that moment (seconds since 1970). Returns how many went."""
    gone = 0
    for file in path_of("incoming").glob("*"):
        if file.stat(follow_symlinks=False).st_mtime < before:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def receive(chunks: Iterable[bytes], *, limit: int) -> tuple[Path, int, str]:
    """Writes a stream to a new file; returns its path, size and SHA-256. Raises TooLarge, leaving nothing behind."""
    path, size, digest = new_file(), 0, hashlib.sha256()
    try:
        with path.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size, digest.hexdigest()


def adopt(path: Path, name: str) -> None:
    """Gives a file written with `receive` or at `new_file` its name, replacing what was there."""
    target = path_of(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o600)
    _sync(path)
    path.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def describe(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return path.stat().st_size, digest.hexdigest()
