"""The parts of the command line that need no server: what is sent, what is printed, where files may go."""

import tarfile
import time
from pathlib import Path

import pytest

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.compute import cli_package, cli_spec
from qianhang.compute.cli_follow import safe_path
from qianhang.core.web import terminal
from qianhang.core.web.words import _catalogue, gettext, language


def names_in(target: Path) -> list[str]:
    with cli_package.packed(target) as package, tarfile.open(package.file) as archive:
        return archive.getnames()


def make(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_a_script_goes_alone_and_a_folder_without_what_no_job_needs(tmp_path):
    make(tmp_path, "train.py", "part/one.py", ".git/config", ".venv/bin/python", "__pycache__/x.pyc", "outputs/old")
    assert names_in(tmp_path / "train.py") == ["train.py"]
    assert names_in(tmp_path) == ["train.py", "part/one.py"]


def test_the_ignore_file_keeps_more_back(tmp_path):
    make(tmp_path, "train.py", "data/big.bin", "notes.md", "keep.txt")
    (tmp_path / ".qianhangignore").write_text("# large\ndata/\n*.md\n")
    assert names_in(tmp_path) == [".qianhangignore", "keep.txt", "train.py"]


def test_the_same_folder_packed_twice_holds_the_same_members_without_names_or_dates(tmp_path):
    make(tmp_path, "b.py", "a.py", "c/d.py")
    with cli_package.packed(tmp_path) as package, tarfile.open(package.file) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["a.py", "b.py", "c/d.py"]
    assert {(member.uid, member.gid, member.mtime, member.uname) for member in members} == {(0, 0, 0, "")}


def test_a_link_is_sent_as_the_file_it_points_to(tmp_path):
    make(tmp_path / "shared", "real.txt")
    make(tmp_path / "job", "train.py")
    (tmp_path / "job/linked.txt").symlink_to(tmp_path / "shared/real.txt")
    (tmp_path / "job/nowhere").symlink_to(tmp_path / "missing")
    with cli_package.packed(tmp_path / "job") as package, tarfile.open(package.file) as archive:
        assert archive.getnames() == ["linked.txt", "train.py"]
        assert archive.getmember("linked.txt").isreg()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("train.py", ["python", "train.py", "--x"]),
        ("go.sh", ["sh", "go.sh", "--x"]),
        ("go.bash", ["bash", "go.bash", "--x"]),
    ],
)
def test_a_script_is_started_by_what_its_name_says(tmp_path, name, command):
    assert cli_package.command_of(make(tmp_path, name) / name, ["--x"]) == command


def test_another_file_must_be_executable(tmp_path):
    make(tmp_path, "tool")
    with pytest.raises(ApplianceError) as refused:
        cli_package.command_of(tmp_path / "tool", [])
    assert refused.value.exit_code == ExitCode.USAGE
    (tmp_path / "tool").chmod(0o700)
    assert cli_package.command_of(tmp_path / "tool", []) == ["./tool"]


@pytest.mark.parametrize(
    ("path", "lands"),
    [
        ("outputs/model.bin", "model.bin"),
        ("outputs/deep/er.txt", "deep/er.txt"),
        ("other/file", "other/file"),
        ("outputs", "outputs"),
    ],
)
def test_outputs_land_in_the_folder_that_was_named(tmp_path, path, lands):
    assert safe_path(tmp_path, path) == tmp_path / lands


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "outputs/../../x", "", ".", "a\\..\\x", "a\x00b"])
def test_a_server_cannot_write_outside_that_folder(tmp_path, path):
    with pytest.raises(ApplianceError):
        safe_path(tmp_path, path)


def test_nor_through_a_link_inside_it(tmp_path):
    (tmp_path / "into").mkdir()
    (tmp_path / "into/link").symlink_to(tmp_path)
    with pytest.raises(ApplianceError):
        safe_path(tmp_path / "into", "link/x")


def test_pairs_are_read_and_a_secret_may_come_from_this_shell(monkeypatch):
    monkeypatch.setenv("TOKEN", "from the shell")
    assert cli_spec.read_pairs(["A=1", "B=x=y", "C="], option="--env") == {"A": "1", "B": "x=y", "C": ""}
    assert cli_spec.read_pairs(["TOKEN"], option="--secret", from_environment=True) == {"TOKEN": "from the shell"}
    with pytest.raises(ApplianceError, match="--env takes NAME=value"):
        cli_spec.read_pairs(["TOKEN"], option="--env")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "", "a: [1", "a: !!python/object:os.system x", "\x00"])
def test_what_is_no_job_spec_is_refused_as_such(tmp_path, text):
    (tmp_path / "job.yaml").write_text(text)
    with pytest.raises(ApplianceError) as refused:
        cli_spec.read_spec(tmp_path / "job.yaml")
    assert refused.value.exit_code == ExitCode.USAGE
    assert "job.yaml" in refused.value.what


def test_what_was_not_said_is_not_sent():
    said = {"name": "", "resources": {"cards": 0, "memory": "", "domestic_only": None}, "near": None, "retries": 0}
    assert cli_spec.drop_unset(said) == {"resources": {"cards": 0}, "retries": 0}


def test_columns_line_up_by_what_is_seen(capsys):
    terminal.show_table(
        ("Name", "Total"), [("长白", "1.00"), ("Songjiang", "12.50"), ("e\u0301", "3")], empty="", right=(1,)
    )
    assert capsys.readouterr().out == ("Name       Total\n长白        1.00\nSongjiang  12.50\ne\u0301              3\n")


def test_what_others_wrote_cannot_drive_the_terminal(capsys):
    terminal.show_facts([("Name", "red \x1b[31mtext\u202e\x07"), ("Left out", "")])
    assert capsys.readouterr().out == "Name  red \ufffd[31mtext\ufffd\ufffd\n"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7_620, "2 h 07 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, shown):
    assert terminal.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**3, "5.0 GiB")]
)
def test_sizes_have_their_unit(count, shown):
    assert terminal.size(count) == shown


@pytest.fixture
def fresh_language():
    language.cache_clear()
    _catalogue.cache_clear()
    yield
    language.cache_clear()
    _catalogue.cache_clear()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "QIANHANG_LANG": "zh"}, "zh-hans"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_the_shell_decides_the_language_and_qianhang_lang_overrides_it(
    monkeypatch, fresh_language, environment, expected
):
    for name in ("QIANHANG_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_chinese_readers_get_chinese_words_and_yuan(monkeypatch, fresh_language):
    monkeypatch.setenv("QIANHANG_LANG", "zh")
    assert gettext("You are not signed in.") != "You are not signed in."
    assert terminal.yuan(1_234_567_890_000) == "1,234,567.89 元"


def test_a_time_says_its_zone_because_a_receipts_number_carries_the_regions_date(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert terminal.moment("2026-11-21T20:51:07.500Z") == "2026-11-21 20:51:07 +0000"
    monkeypatch.undo()
    time.tzset()
