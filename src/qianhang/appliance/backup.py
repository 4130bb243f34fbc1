"""`qianhang backup` and `restore`: database, stored objects and secrets in one tar file that proves itself.

The tar holds database.dump (pg_dump's custom format), objects/..., secret/... and, last, manifest.json with the size
and SHA-256 of each. A backup that was cut off has no manifest, so it can never pass for a whole one.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import psycopg

from qianhang import __version__
from qianhang.appliance import database
from qianhang.appliance.database import Access
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder
from qianhang.appliance.postgres import EmbeddedPostgres, program
from qianhang.appliance.problems import ApplianceError

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
FOLDERS = ("objects", "secret")
_BLOCK = 1024 * 1024

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds. Sizes in bytes."""

    made_at: datetime
    version: str
    files: int
    size: int


# ---- backup


def back_up(folder: DataFolder, target: IO[bytes], *, tell: Progress) -> Summary:
    """Write a backup of a running or stopped installation to `target`.

    The database is taken first, in one snapshot. Objects are never changed once stored, so those that the snapshot
    names are all there afterwards; a few newer ones may come along.
    """
    with database.opened(folder) as access, tempfile.TemporaryDirectory(dir=folder.root, prefix="backup-") as work:
        dump = Path(work) / DUMP
        tell("Dumping the database")
        _run_tool("pg_dump", "--format=custom", "--no-password", f"--file={dump}", f"--dbname={access.owner}")
        tell("Copying objects and secrets")
        return _write_tar(folder, dump, target)


def _write_tar(folder: DataFolder, dump: Path, target: IO[bytes]) -> Summary:
    entries: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, path in _files(folder, dump):
            try:
                entries[name] = _add(tar, name, path)
            except FileNotFoundError:
                continue  # Removed since it was listed: then the snapshot does not need it, or says so on restore.
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": entries,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    target.flush()
    os.fsync(target.fileno())
    return _summary(manifest)


def _files(folder: DataFolder, dump: Path) -> Iterator[tuple[str, Path]]:
    yield DUMP, dump
    for name in FOLDERS:
        top = folder.root / name
        for path in sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(top).as_posix()}", path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        hashing = _Hashing(stream)
        tar.addfile(_member(name, size), hashing)  # type: ignore[arg-type] # only read() is used
    return {"size": size, "sha256": hashing.digest.hexdigest()}


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    member.mtime = int(datetime.now(UTC).timestamp())
    return member


class _Hashing:
    """A stream that is hashed while it is read, so that no file is read twice."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.digest.update(block)
        return block


# ---- restore


def restore(folder: DataFolder, source: IO[bytes], *, tell: Progress) -> Summary:
    """Make an empty data folder what the backup says. Everything is checked before anything is put in its place.

    Raises ApplianceError for a folder (or outside database) that is not empty and for a backup that is damaged.
    """
    if not folder.is_empty():
        raise ApplianceError(
            f"{folder.root} already has an installation in it.",
            remedy="Restore into a new folder with --data-dir; nothing is ever overwritten.",
            exit_code=ExitCode.REFUSED,
        )
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.locked():
        work = folder.root / "restoring"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            tell("Checking the backup")
            manifest = _unpack(source, work)
            tell("Loading the database")
            _load_database(folder, work)
            for name in (*FOLDERS, "postgres"):
                if (work / name).exists():
                    shutil.rmtree(folder.root / name, ignore_errors=True)
                    (work / name).rename(folder.root / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return _summary(manifest)


def _unpack(source: IO[bytes], work: Path) -> Mapping[str, Any]:
    seen: dict[str, dict[str, Any]] = {}
    manifest: Mapping[str, Any] | None = None
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if not member.isfile() or stream is None or not _is_expected(member.name):
                    raise _damaged(f"it contains {member.name!r}, which no backup has")
                if member.name == MANIFEST:
                    manifest = json.loads(stream.read())
                else:
                    seen[member.name] = _keep(stream, work / member.name)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise _damaged(str(error)) from error
    if manifest is None:
        raise _damaged("its manifest is missing, so it was cut off while it was written")
    if manifest.get("format") != FORMAT:
        raise _damaged(f"its format is {manifest.get('format')}, and this version reads {FORMAT}")
    if wrong := sorted(name for name in {*seen, *manifest["files"]} if seen.get(name) != manifest["files"].get(name)):
        raise _damaged(f"{len(wrong)} files differ from its manifest, the first is {wrong[0]}")
    return manifest


def _is_expected(name: str) -> bool:
    path = PurePosixPath(name)
    inside = bool(path.parts) and path.parts[0] in FOLDERS and len(path.parts) > 1
    return name in {MANIFEST, DUMP} or (inside and ".." not in path.parts and not path.is_absolute())


def _keep(stream: IO[bytes], path: Path) -> dict[str, Any]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hashing, size = _Hashing(stream), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
        while block := hashing.read(_BLOCK):
            kept.write(block)
            size += len(block)
        kept.flush()
        os.fsync(kept.fileno())
    return {"size": size, "sha256": hashing.digest.hexdigest()}


def _load_database(folder: DataFolder, work: Path) -> None:
    if (outside := database.outside_database()) is not None:
        database.check_outside(outside)
        _assert_empty(outside)
        _load(outside, work / DUMP)
        return
    folder.logs.mkdir(mode=0o700, exist_ok=True)
    log = folder.logs / "database.log"
    with EmbeddedPostgres(work / "postgres", sockets=folder.root / "run", log=log) as server:
        _load(database.access_to(server), work / DUMP)


def _load(access: Access, dump: Path) -> None:
    _forget_default_privileges(access)
    _run_tool(
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-password",
        f"--dbname={access.owner}", str(dump),
    )  # fmt: skip
    with psycopg.connect(access.owner, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _forget_default_privileges(access: Access) -> None:
    """A new database gives the application rights on each new table. While loading it must not: the dump grants what
    each table has and says nothing of what it lacks, so the ledger would become writable. The dump brings them back.
    """
    with psycopg.connect(access.owner) as connection:
        given = connection.execute(
            "SELECT DISTINCT grantee::regrole::text, "
            "CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' "
            "WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' END "
            "FROM pg_default_acl, aclexplode(defaclacl) WHERE defaclrole = current_user::regrole "
            "AND defaclnamespace = 0 AND grantee NOT IN (0, defaclrole)"
        ).fetchall()
        for role, kind in given:
            # The server quoted the role's name already.
            connection.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON {kind} FROM {role}")


def _assert_empty(access: Access) -> None:
    with psycopg.connect(access.owner) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchone()
    if row and row[0]:
        raise ApplianceError(
            f"The database in QIANHANG_DATABASE_URL has {row[0]} tables already.",
            remedy="Restore into a new, empty database; nothing is ever overwritten.",
            exit_code=ExitCode.REFUSED,
        )


# ---- both


def _run_tool(name: str, *arguments: str) -> None:
    tool = subprocess.run([str(program(name)), *arguments], capture_output=True, text=True, check=False)
    if tool.returncode != 0:
        raise ApplianceError(f"{name} failed:\n{tool.stderr.strip()}", remedy="Nothing was changed.")


def _damaged(why: str) -> ApplianceError:
    return ApplianceError(
        f"This backup cannot be used: {why}.",
        remedy="Nothing was changed. Use another backup.",
        exit_code=ExitCode.REFUSED,
    )


def _summary(manifest: Mapping[str, Any]) -> Summary:
    files = manifest["files"]
    return Summary(
        made_at=datetime.fromisoformat(manifest["made_at"]),
        version=manifest["version"],
        files=len(files),
        size=sum(entry["size"] for entry in files.values()),
    )
