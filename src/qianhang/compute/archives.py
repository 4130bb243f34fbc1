"""Source archives: taken apart without trusting them, and made so that equal folders give equal bytes.

An archive is data from a stranger. Nothing is written outside the target, nothing but plain files and folders is made,
what it unpacks to is bounded while it is read (its headers are not believed), and a refused archive leaves no trace.
Imports no Django: the supervisor of a local run uses this too.
"""

import errno
import gzip
import io
import os
import shutil
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Protocol

PIECE = 1 << 18
# No honest header field is larger; tarfile reads extended headers whole.
_HEADER_READ_LIMIT = 1 << 20
# Small archives of zeros are harmless, whatever their ratio.
_RATIO_FREE_BYTES = 64 << 20
_DEPTH = 32

# What the libraries raise over hostile bytes: their own errors, and what their parsing runs into.
_DAMAGED = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, struct.error,
    ValueError, OverflowError, LookupError, RuntimeError,
)  # fmt: skip

DEFAULT_EXCLUDES = (
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "*.pyc", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", ".idea", ".vscode",
)  # fmt: skip


class ArchiveRefused(Exception):
    """`code` is stable: unknown_format, damaged, encrypted, bad_name, absolute_path, path_traversal, link,
    special_file, duplicate, too_many_files, too_large, too_deep, bomb. `entry` is the name it is about, if any."""

    def __init__(self, code: str, message: str, entry: str = "") -> None:
        shown = entry.encode("unicode_escape").decode("ascii")[:200] if not entry.isprintable() else entry[:200]
        super().__init__(f"{shown}: {message}" if entry else message)
        self.code = code
        self.entry = shown


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    total_bytes: int = 2 << 30
    files: int = 20_000
    """Files and folders together."""
    depth: int = _DEPTH
    ratio: int = 200
    """Unpacked to packed bytes, once more than 64 MiB have come out."""


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    files: int
    bytes: int
    """Unpacked."""


@dataclass(frozen=True, slots=True)
class PackSummary:
    files: int
    bytes: int
    """Before packing."""
    left_out: Sequence[str]
    """Links and special files, by relative path: an archive of ours holds none."""


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    is_folder: bool
    executable: bool
    open: Callable[[], IO[bytes]]


def check_archive(path: Path, *, limits: ArchiveLimits | None = None) -> ArchiveSummary:
    """Reads the whole archive as unpacking would, and writes nothing. Raises ArchiveRefused."""
    return _walk(path, limits or ArchiveLimits(), lambda entry, parts: None, lambda entry, parts, data: None)


def extract_archive(path: Path, into: Path, *, limits: ArchiveLimits | None = None) -> ArchiveSummary:
    """Unpacks a .tar, .tar.gz or .zip into the new folder `into`, which appears whole or not at all.

    Raises ArchiveRefused, FileExistsError, OSError for a full disk.
    """
    if into.exists():
        raise FileExistsError(into)
    temporary = into.with_name(f".{into.name}.{os.urandom(4).hex()}")
    temporary.mkdir(mode=0o700)

    def make_folder(entry: _Entry, parts: tuple[str, ...]) -> None:
        temporary.joinpath(*parts).mkdir(mode=0o755, parents=True, exist_ok=True)

    def write(entry: _Entry, parts: tuple[str, ...], data: Iterator[bytes]) -> None:
        target = temporary.joinpath(*parts)
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(target, flags, 0o755 if entry.executable else 0o644), "wb") as file:
            for piece in data:
                file.write(piece)

    try:
        summary = _walk(path, limits or ArchiveLimits(), make_folder, write)
        temporary.rename(into)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return summary


def _walk(
    path: Path,
    limits: ArchiveLimits,
    on_folder: Callable[[_Entry, tuple[str, ...]], None],
    on_file: Callable[[_Entry, tuple[str, ...], Iterator[bytes]], None],
) -> ArchiveSummary:
    """Every entry, judged before it is handed on; the data of a file is counted as it is read."""
    packed = max(1, path.stat().st_size)
    kinds: dict[tuple[str, ...], bool] = {}
    files = total = 0

    def counted(entry: _Entry) -> Iterator[bytes]:
        nonlocal total
        with entry.open() as stream:
            while piece := stream.read(PIECE):
                total += len(piece)
                _check_size(total, packed, limits, entry.name)
                yield piece

    try:
        for seen, entry in enumerate(_entries(path, packed, limits)):
            if seen >= limits.files:
                raise ArchiveRefused("too_many_files", f"The archive holds more than {limits.files} entries.")
            parts = checked_parts(entry.name, depth=limits.depth)
            if not parts:  # The archived folder itself.
                continue
            _claim(kinds, parts, entry)
            if len(kinds) > limits.files:
                raise ArchiveRefused("too_many_files", f"The archive makes more than {limits.files} files and folders.")
            if entry.is_folder:
                on_folder(entry, parts)
                continue
            files += 1
            data = counted(entry)
            on_file(entry, parts, data)
            for _ in data:  # What the taker has not read still counts.
                pass
    except _DAMAGED as error:
        raise ArchiveRefused("damaged", f"The archive is damaged ({error}).") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # Such as a full disk.
            raise
        raise ArchiveRefused("damaged", "The archive is damaged (it points before its own start).") from error
    return ArchiveSummary(files, total)


def _check_size(total: int, packed: int, limits: ArchiveLimits, name: str) -> None:
    if total > limits.total_bytes:
        raise ArchiveRefused("too_large", f"The archive unpacks to more than {limits.total_bytes >> 20} MiB.", name)
    if total > _RATIO_FREE_BYTES and total > packed * limits.ratio:
        raise ArchiveRefused("bomb", f"The archive unpacks to more than {limits.ratio} times its size.", name)


def checked_parts(name: str, *, depth: int = _DEPTH) -> tuple[str, ...]:
    """The components of an entry's name, `.` left out. Raises ArchiveRefused for a name that must not be made."""
    if name.startswith("/") or (len(name) > 1 and name[1] == ":" and name[0].isascii() and name[0].isalpha()):
        raise ArchiveRefused("absolute_path", "An entry has an absolute path.", name)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ArchiveRefused("bad_name", "An entry's name is not valid UTF-8.", name) from None
    if "\\" in name or any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        raise ArchiveRefused("bad_name", "An entry's name holds a backslash or a control character.", name)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ArchiveRefused("path_traversal", "An entry's path leads out of the archive.", name)
    if len(parts) > depth:
        raise ArchiveRefused("too_deep", f"An entry lies more than {depth} folders deep.", name)
    if any(len(part.encode()) > 255 for part in parts):
        raise ArchiveRefused("bad_name", "An entry's name is longer than 255 bytes.", name)
    return parts


def _claim(kinds: dict[tuple[str, ...], bool], parts: tuple[str, ...], entry: _Entry) -> None:
    """Books the path and the folders above it; each path is one thing, and a file comes once."""
    for length in range(1, len(parts)):
        if not kinds.setdefault(parts[:length], True):
            raise ArchiveRefused("duplicate", "An entry lies below something that is a file.", entry.name)
    if parts in kinds and not (kinds[parts] and entry.is_folder):
        raise ArchiveRefused("duplicate", "The archive holds this path twice.", entry.name)
    kinds[parts] = entry.is_folder


def _entries(path: Path, packed: int, limits: ArchiveLimits) -> Iterator[_Entry]:
    """By content, not by file name: gzip and zip say so at their start, tar in its first header."""
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        if start[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file, mode="rb") as plain:
                yield from _tar_entries(plain, packed, limits)
        elif start[257:262] == b"ustar":
            yield from _tar_entries(file, packed, limits)
        elif start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            yield from _zip_entries(file, packed, limits)
        else:
            raise ArchiveRefused("unknown_format", "This is neither a .tar, a .tar.gz nor a .zip archive.")


class _ForwardReader(io.RawIOBase):
    """What tarfile reads through: forward only, so that no byte is decompressed twice, counted, and never a large
    piece at once, because only a hostile header asks for one."""

    def __init__(self, source: _Readable, on_read: Callable[[int], None]) -> None:
        self._source = source
        self._at = 0
        self._on_read = on_read

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or size > _HEADER_READ_LIMIT:
            raise ArchiveRefused("bomb", "A header of the archive asks for more memory than a header may.")
        data = self._source.read(size)
        self._at += len(data)
        self._on_read(self._at)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET or offset < self._at:
            raise tarfile.ReadError("goes backwards")
        while self._at < offset and self.read(min(PIECE, offset - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _tar_entries(plain: _Readable, packed: int, limits: ArchiveLimits) -> Iterator[_Entry]:
    # Headers and padding are read too; they must not be a way around the limit on content.
    overhead = limits.files * 4096

    def on_read(at: int) -> None:
        _check_size(max(0, at - overhead), packed, limits, "")

    with tarfile.open(fileobj=_ForwardReader(plain, on_read), mode="r:", errors="surrogateescape") as archive:
        for member in archive:
            if member.issym() or member.islnk():
                raise ArchiveRefused("link", "The archive holds a link; put the file itself in its place.", member.name)
            if member.issparse() or not (member.isreg() or member.isdir()):
                raise ArchiveRefused("special_file", "An entry is neither a file nor a folder.", member.name)
            yield _Entry(member.name, member.isdir(), bool(member.mode & 0o100), _opener(archive, member))


def _opener(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def open_member() -> IO[bytes]:
        stream = archive.extractfile(member)
        if stream is None:
            raise tarfile.ReadError("an entry has no content")
        return stream

    return open_member


def _zip_entries(file: IO[bytes], packed: int, limits: ArchiveLimits) -> Iterator[_Entry]:
    _check_directory_size(file, packed, limits)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = _zip_name(info)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind == stat.S_IFLNK:
                raise ArchiveRefused("link", "The archive holds a link; put the file itself in its place.", name)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise ArchiveRefused("special_file", "An entry is neither a file nor a folder.", name)
            if info.flag_bits & 0x1:
                raise ArchiveRefused("encrypted", "The archive is encrypted.", name)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ArchiveRefused("unknown_format", "An entry is packed by a method that is not taken.", name)
            executable = bool(info.external_attr >> 16 & 0o100)
            yield _Entry(name, name.endswith("/") or kind == stat.S_IFDIR, executable, _zip_opener(archive, info))


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant. Without the UTF-8 flag it is read as code page 437, though archivers on Chinese Windows
    write GBK there, and others UTF-8."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _check_directory_size(file: IO[bytes], packed: int, limits: ArchiveLimits) -> None:
    """The directory of a zip is read whole into memory, so its size is asked first (APPNOTE 4.3.14 to 4.3.16)."""
    file.seek(max(0, packed - 65_557 - 20))
    tail = file.read()
    file.seek(0)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + 22 > len(tail):
        raise ArchiveRefused("damaged", "The archive has no directory.")
    size = struct.unpack_from("<L", tail, found + 12)[0]
    if size == 0xFFFFFFFF and found >= 20 and tail[found - 20 : found - 16] == b"PK\x06\x07":
        file.seek(struct.unpack_from("<Q", tail, found - 12)[0])
        record = file.read(56)
        file.seek(0)
        size = struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else size
    if size > limits.files * 1024:
        raise ArchiveRefused("too_many_files", f"The archive holds more than {limits.files} entries.")


def pack_directory(folder: Path, into: Path, *, excludes: Sequence[str] = DEFAULT_EXCLUDES) -> PackSummary:
    """Packs a folder as .tar.gz. Equal content gives equal bytes: sorted, no times, owners or host names.

    `excludes` are patterns for a name or a relative path, as in a .gitignore file without negation.
    """
    left_out: list[str] = []
    files = total = 0
    temporary = into.with_name(f".{into.name}.{os.urandom(4).hex()}")
    try:
        with (
            temporary.open("xb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path, name in _to_pack(folder, "", excludes, left_out, {into.resolve(), temporary.resolve()}):
                info = tarfile.TarInfo(name)
                if path.is_dir():
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                    archive.addfile(info)
                    continue
                with path.open("rb") as file:
                    found = os.fstat(file.fileno())
                    info.size, info.mode = found.st_size, 0o755 if found.st_mode & 0o100 else 0o644
                    archive.addfile(info, file)
                files += 1
                total += info.size
        temporary.replace(into)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return PackSummary(files, total, tuple(left_out))


def _to_pack(
    folder: Path, prefix: str, excludes: Sequence[str], left_out: list[str], own: set[Path]
) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        name = prefix + path.name
        if any(_is_excluded(name, path.name, pattern) for pattern in excludes) or path.resolve() in own:
            continue
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield path, name
            yield from _to_pack(path, name + "/", excludes, left_out, own)
        elif stat.S_ISREG(mode):
            yield path, name
        else:
            left_out.append(name)


def _is_excluded(name: str, last: str, pattern: str) -> bool:
    pattern = pattern.rstrip("/")
    return fnmatchcase(name, pattern.lstrip("/")) if "/" in pattern else fnmatchcase(last, pattern)
