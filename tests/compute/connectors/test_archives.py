"""Archives from strangers: the good ones unpack exactly, the bad ones are refused by name and leave no trace."""

import gzip
import hashlib
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qianhang.compute.archives import (
    ArchiveLimits,
    ArchiveRefused,
    check_archive,
    checked_parts,
    extract_archive,
    pack_directory,
)

SMALL = ArchiveLimits(total_bytes=1 << 20, files=50, depth=5)


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def file(name: str, data: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    return file(name, b"", type=kind, linkname=target)


def zipped(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def zip_entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def content(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refusal_of(archive: Path, tmp_path: Path, limits: ArchiveLimits = SMALL) -> ArchiveRefused:
    """Both ways of reading refuse it alike, and nothing is left of it."""
    (tmp_path / "place").mkdir(exist_ok=True)
    with pytest.raises(ArchiveRefused) as checked:
        check_archive(archive, limits=limits)
    with pytest.raises(ArchiveRefused) as extracted:
        extract_archive(archive, tmp_path / "place" / "work", limits=limits)
    assert (checked.value.code, checked.value.entry) == (extracted.value.code, extracted.value.entry)
    assert list((tmp_path / "place").iterdir()) == []
    return checked.value


class TestGood:
    @pytest.mark.parametrize("mode", ["w:gz", "w"])
    def test_a_tar_unpacks_exactly(self, tmp_path: Path, mode: str) -> None:
        archive = tar(
            tmp_path / "a",
            special(".", tarfile.DIRTYPE),
            special("./数据", tarfile.DIRTYPE),
            file("./数据/a.csv", b"1,2\n"),
            file("run.sh", b"#!/bin/sh\n", mode=0o4777),
            file("deep/er/b", b""),
            mode=mode,
        )
        summary = extract_archive(archive, tmp_path / "work", limits=SMALL)
        assert (summary.files, summary.bytes) == (3, 14)
        assert check_archive(archive, limits=SMALL) == summary
        assert content(tmp_path / "work") == {
            "数据": None, "数据/a.csv": b"1,2\n", "run.sh": b"#!/bin/sh\n",
            "deep": None, "deep/er": None, "deep/er/b": b"",
        }  # fmt: skip
        # The owner's right to execute is kept; set-user-id and the like are not.
        modes = {name: stat.S_IMODE((tmp_path / "work" / name).stat().st_mode) for name in ("run.sh", "deep/er/b")}
        umask = os.umask(0)
        os.umask(umask)
        assert modes == {"run.sh": 0o755 & ~umask, "deep/er/b": 0o644 & ~umask}

    @pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    def test_a_zip_unpacks_exactly(self, tmp_path: Path, method: int) -> None:
        archive = zipped(
            tmp_path / "a.zip",
            ("folder/", b""),
            ("folder/a.txt", b"hello"),
            (zip_entry("tool", stat.S_IFREG | 0o755), b"#!"),
            method=method,
        )
        summary = extract_archive(archive, tmp_path / "work", limits=SMALL)
        assert (summary.files, summary.bytes) == (2, 7)
        assert content(tmp_path / "work") == {"folder": None, "folder/a.txt": b"hello", "tool": b"#!"}
        assert (tmp_path / "work" / "tool").stat().st_mode & 0o100

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
    def test_a_zip_made_by_a_chinese_windows_keeps_its_names(self, tmp_path: Path, encoding: str) -> None:
        raw = "训练.py".encode(encoding)
        archive = zipped(tmp_path / "a.zip", ("#" * len(raw), b"print()"))
        archive.write_bytes(archive.read_bytes().replace(b"#" * len(raw), raw))
        extract_archive(archive, tmp_path / "work")
        assert content(tmp_path / "work") == {"训练.py": b"print()"}

    def test_an_empty_archive_makes_an_empty_folder(self, tmp_path: Path) -> None:
        assert extract_archive(tar(tmp_path / "a"), tmp_path / "work").files == 0
        assert extract_archive(zipped(tmp_path / "b"), tmp_path / "work2").files == 0

    def test_a_folder_that_exists_is_not_touched(self, tmp_path: Path) -> None:
        (tmp_path / "work").mkdir()
        with pytest.raises(FileExistsError):
            extract_archive(tar(tmp_path / "a", file("x")), tmp_path / "work")
        assert content(tmp_path / "work") == {}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("../escaped", "path_traversal"),
            ("a/../../escaped", "path_traversal"),
            ("a/..", "path_traversal"),
            ("/etc/passwd", "absolute_path"),
            ("//server/share", "absolute_path"),
            ("C:/Windows/x", "absolute_path"),
            ("C:\\Windows\\x", "absolute_path"),
            ("a\\..\\b", "bad_name"),
            ("a\nb", "bad_name"),
            ("a\x1b[2Jb", "bad_name"),
            ("a\u2028b", "bad_name"),
            ("x" * 256, "bad_name"),
            ("中" * 86, "bad_name"),
            ("1/2/3/4/5/6", "too_deep"),
        ],
    )
    def test_a_name_that_must_not_be_made_is_refused(self, tmp_path: Path, name: str, code: str) -> None:
        assert refusal_of(tar(tmp_path / "a", file("fine"), file(name)), tmp_path).code == code
        assert refusal_of(zipped(tmp_path / "b", ("fine", b""), (name, b"")), tmp_path).code == code
        assert not (tmp_path / "escaped").exists()

    def test_a_name_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        assert refusal_of(tar(tmp_path / "a", file("bad\udcff")), tmp_path).code == "bad_name"

    def test_a_zip_name_with_a_hidden_end_is_refused(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "a", ("fine.txt#.exe", b""))
        archive.write_bytes(archive.read_bytes().replace(b"fine.txt#", b"fine.txt\0"))
        assert refusal_of(archive, tmp_path).code == "bad_name"

    @pytest.mark.parametrize("names", [("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")], ids=" then ".join)
    def test_a_path_that_comes_twice_is_refused(self, tmp_path: Path, names: tuple[str, str]) -> None:
        refusal = refusal_of(tar(tmp_path / "a", *(file(name) for name in names)), tmp_path)
        assert (refusal.code, refusal.entry) == ("duplicate", names[1])

    def test_the_message_shows_a_hostile_name_harmlessly(self, tmp_path: Path) -> None:
        refusal = refusal_of(tar(tmp_path / "a", file("a\x1b]0;title\x07")), tmp_path)
        assert str(refusal).isprintable()
        assert refusal.entry == "a\\x1b]0;title\\x07"

    @given(st.text(max_size=40))
    def test_accepted_names_stay_inside(self, name: str) -> None:
        try:
            parts = checked_parts(name)
        except ArchiveRefused:
            return
        target = Path(os.path.normpath(Path("/base").joinpath(*parts)))
        assert target == Path("/base").joinpath(*parts)
        assert target.is_relative_to("/base")


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "target", "code"),
        [
            (tarfile.SYMTYPE, "/etc/passwd", "link"),
            (tarfile.SYMTYPE, "inside", "link"),
            (tarfile.LNKTYPE, "fine", "link"),
            (tarfile.CHRTYPE, "", "special_file"),
            (tarfile.BLKTYPE, "", "special_file"),
            (tarfile.FIFOTYPE, "", "special_file"),
            (tarfile.GNUTYPE_SPARSE, "", "special_file"),
        ],
    )
    def test_anything_but_files_and_folders_is_refused(
        self, tmp_path: Path, kind: bytes, target: str, code: str
    ) -> None:
        refusal = refusal_of(tar(tmp_path / "a", file("fine"), special("entry", kind, target)), tmp_path)
        assert (refusal.code, refusal.entry) == (code, "entry")

    def test_a_write_through_a_link_is_refused_at_the_link(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        archive = tar(tmp_path / "a", special("door", tarfile.SYMTYPE, str(outside)), file("door/planted"))
        assert refusal_of(archive, tmp_path).entry == "door"
        assert content(outside) == {}

    @pytest.mark.parametrize(("mode", "code"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "special_file")])
    def test_a_zip_with_a_link_or_a_pipe_is_refused(self, tmp_path: Path, mode: int, code: str) -> None:
        archive = zipped(tmp_path / "a", (zip_entry("entry", mode | 0o777), b"/etc/passwd"))
        assert refusal_of(archive, tmp_path).code == code


class TestBombs:
    def test_more_bytes_than_allowed_are_refused(self, tmp_path: Path) -> None:
        noise = os.urandom(600_000)
        assert refusal_of(tar(tmp_path / "a", file("a", noise), file("b", noise)), tmp_path).code == "too_large"
        assert refusal_of(zipped(tmp_path / "b", ("a", noise), ("b", noise)), tmp_path).code == "too_large"

    @pytest.mark.parametrize("kind", ["tar", "zip"])
    def test_a_small_archive_that_unpacks_to_much_is_refused(self, tmp_path: Path, kind: str) -> None:
        zeros = bytes(100 << 20)
        archive = tar(tmp_path / "a", file("a", zeros)) if kind == "tar" else zipped(tmp_path / "a", ("a", zeros))
        assert archive.stat().st_size < 200_000
        assert refusal_of(archive, tmp_path, ArchiveLimits()).code == "bomb"

    def test_a_zip_that_lies_about_its_sizes_is_refused(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "a", ("a", bytes(3 << 20)))
        data = archive.read_bytes()
        archive.write_bytes(data.replace(struct.pack("<L", 3 << 20), struct.pack("<L", 10)))
        assert refusal_of(archive, tmp_path).code in {"too_large", "damaged"}

    def test_padding_between_entries_is_no_way_around_the_limits(self, tmp_path: Path) -> None:
        """A gzip bomb of nothing but zero blocks after one small file, behind a header that claims them as padding."""
        path = tmp_path / "a"
        with gzip.open(path, "wb") as stream:
            info = tarfile.TarInfo("big")
            info.size = 1 << 40
            stream.write(info.tobuf())
            for _ in range(128):
                stream.write(bytes(1 << 20))
        assert refusal_of(path, tmp_path).code in {"too_large", "bomb"}

    def test_an_extended_header_of_a_gigabyte_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        with gzip.open(path, "wb") as stream:
            info = tarfile.TarInfo("pax")
            info.type, info.size = tarfile.XHDTYPE, 1 << 30
            stream.write(info.tobuf())
            stream.write(bytes(4 << 20))
        assert refusal_of(path, tmp_path).code == "bomb"

    def test_thousands_of_chained_headers_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        with gzip.open(path, "wb") as stream:
            info = tarfile.TarInfo("pax")
            info.type, info.size = tarfile.XHDTYPE, 0
            stream.write(info.tobuf() * 5_000)
        assert refusal_of(path, tmp_path).code == "damaged"

    def test_too_many_entries_are_refused(self, tmp_path: Path) -> None:
        names = [f"f{n}" for n in range(51)]
        assert refusal_of(tar(tmp_path / "a", *(file(name, b"") for name in names)), tmp_path).code == "too_many_files"
        assert refusal_of(zipped(tmp_path / "b", *((name, b"") for name in names)), tmp_path).code == "too_many_files"

    def test_folders_that_paths_imply_count_too(self, tmp_path: Path) -> None:
        archive = tar(tmp_path / "a", *(file(f"d{n}/e/f/x", b"") for n in range(20)))
        assert refusal_of(archive, tmp_path).code == "too_many_files"

    def test_a_zip_directory_of_a_gigabyte_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 1 << 30, 0, 0)
        path.write_bytes(b"PK\x03\x04" + bytes(100) + end)
        assert refusal_of(path, tmp_path).code == "too_many_files"


class TestDamage:
    @pytest.mark.parametrize(
        "data", [b"", b"hello", b"\x1f\x8b", b"PK\x03\x04", b"BZh91AY", b"\xfd7zXZ\x00", bytes(1024)]
    )
    def test_what_is_no_archive_is_refused(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "a").write_bytes(data)
        assert refusal_of(tmp_path / "a", tmp_path).code in {"unknown_format", "damaged"}

    @pytest.mark.parametrize("kind", ["tar", "zip"])
    def test_an_archive_cut_short_is_refused(self, tmp_path: Path, kind: str) -> None:
        noise = os.urandom(100_000)
        archive = tar(tmp_path / "a", file("a", noise)) if kind == "tar" else zipped(tmp_path / "a", ("a", noise))
        archive.write_bytes(archive.read_bytes()[:50_000])
        assert refusal_of(archive, tmp_path).code == "damaged"

    def test_wrong_content_is_noticed(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "a", ("a", b"hello world"), method=zipfile.ZIP_STORED)
        archive.write_bytes(archive.read_bytes().replace(b"hello", b"jello"))
        assert refusal_of(archive, tmp_path).code == "damaged"

    def test_a_zip_that_points_before_its_start_is_refused(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "a", ("a", b"hello"))
        data = bytearray(archive.read_bytes())
        struct.pack_into("<L", data, data.index(b"PK\x05\x06") + 16, len(data) * 2)
        archive.write_bytes(bytes(data))
        assert refusal_of(archive, tmp_path).code == "damaged"

    def test_an_encrypted_zip_is_refused(self, tmp_path: Path) -> None:
        archive = zipped(tmp_path / "a", ("a", b"hello"))
        data = bytearray(archive.read_bytes())
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        archive.write_bytes(bytes(data))
        assert refusal_of(archive, tmp_path).code == "encrypted"

    @pytest.mark.parametrize("kind", ["tar", "zip"])
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_flipped_bytes_never_crash_and_never_escape(self, tmp_path: Path, kind: str, data: st.DataObject) -> None:
        members = [("a/b.txt", b"hello" * 50), ("c", b""), ("数", b"x" * 700)]
        archive = (
            tar(tmp_path / "raw", *(file(name, body) for name, body in members), mode="w")
            if kind == "tar"
            else zipped(tmp_path / "raw", *members)
        )
        raw = bytearray(archive.read_bytes())
        flips = data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=12))
        for position, value in flips:
            raw[position] = value
        archive.write_bytes(bytes(raw))
        place = tmp_path / "mutated"
        place.mkdir(exist_ok=True)
        target = place / hashlib.sha256(bytes(raw)).hexdigest()
        before = {path.name for path in tmp_path.iterdir()}
        try:
            if not target.exists():
                extract_archive(archive, target, limits=SMALL)
        except ArchiveRefused:
            assert not target.exists()
        assert {path.name for path in tmp_path.iterdir()} == before
        assert not [path for path in place.rglob("*") if path.is_symlink()]


class TestPacking:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        for name in (
            "train.py",
            "pkg/mod.py",
            ".git/config",
            "pkg/__pycache__/mod.pyc",
            ".venv/x",
            "data/big.bin",
            "a.pyc",
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
        (folder / "train.py").chmod(0o755)
        (folder / "link").symlink_to("train.py")
        return folder

    def test_equal_folders_give_equal_bytes(self, project: Path, tmp_path: Path) -> None:
        pack_directory(project, tmp_path / "one.tar.gz")
        for path in project.rglob("*"):
            os.utime(path, (1, 1), follow_symlinks=False)
        pack_directory(project, tmp_path / "two.tar.gz")
        assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()

    def test_what_is_packed_unpacks_again_without_what_nobody_wants(self, project: Path, tmp_path: Path) -> None:
        summary = pack_directory(project, tmp_path / "one.tar.gz")
        assert (summary.files, list(summary.left_out)) == (3, ["link"])
        extract_archive(tmp_path / "one.tar.gz", tmp_path / "work")
        assert content(tmp_path / "work") == {
            "train.py": b"train.py", "pkg": None, "pkg/mod.py": b"pkg/mod.py",
            "data": None, "data/big.bin": b"data/big.bin",
        }  # fmt: skip
        assert (tmp_path / "work" / "train.py").stat().st_mode & 0o100

    def test_a_pattern_with_a_slash_means_a_path(self, project: Path, tmp_path: Path) -> None:
        pack_directory(project, tmp_path / "one.tar.gz", excludes=("/data", "*.pyc", ".git", ".venv", "pkg/mod.py"))
        extract_archive(tmp_path / "one.tar.gz", tmp_path / "work")
        assert sorted(content(tmp_path / "work")) == ["pkg", "pkg/__pycache__", "train.py"]

    def test_an_archive_made_inside_the_folder_does_not_hold_itself(self, project: Path, tmp_path: Path) -> None:
        pack_directory(project, project / "self.tar.gz")
        extract_archive(project / "self.tar.gz", tmp_path / "work")
        assert "self.tar.gz" not in content(tmp_path / "work")
