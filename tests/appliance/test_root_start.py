"""Started as root: a system user does the work, and nothing that was there before changes."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.appliance.running import clean_environment, command, run

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.privileges import Identity, ensure_service_user, needed_paths

pytestmark = pytest.mark.needs_root


@pytest.fixture
def place():
    """A new folder of root's that everybody may enter, as /opt is."""
    folder = Path(f"/var/tmp/qianhang-root-test-{os.getpid()}")
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def migrated():
    """What root's first start makes, and what it changed elsewhere."""
    place = Path(f"/var/tmp/qianhang-root-made-{os.getpid()}")
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    before = permissions()
    made = run("migrate", "--data-dir", place / "data")
    assert made.returncode == ExitCode.OK, made.stderr
    # Files may come and go meanwhile; what stays must stay as it was.
    after = permissions()
    yield (
        place / "data",
        {path: (before[path], after[path]) for path in before.keys() & after if before[path] != after[path]},
    )
    shutil.rmtree(place)


def permissions() -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of everything on the way to the interpreter, the environment and the source, and of the source."""
    on_the_way = {parent for path in needed_paths() for parent in (path, *path.parents)}
    source = needed_paths()[-1] / "src"
    found = {}
    for path in [*on_the_way, *source.rglob("*")]:
        if "__pycache__" not in path.parts:
            with contextlib.suppress(FileNotFoundError):  # Editors come and go.
                status = path.lstat()
                found[path] = (status.st_mode, status.st_uid, status.st_gid)
    return found


def test_root_makes_a_folder_for_the_service_user_and_changes_no_permission_that_was_there(migrated):
    data_dir, changed = migrated
    assert changed == {}
    owner, _ = ensure_service_user()
    status = data_dir.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (owner.uid, 0o700)
    assert {path.lstat().st_uid for path in data_dir.rglob("*")} == {owner.uid}


def test_a_folder_that_belongs_to_root_is_refused_and_left_as_it_is(place):
    theirs = place / "theirs"
    theirs.mkdir(mode=0o750)
    before = theirs.stat()
    refused = run("migrate", "--data-dir", theirs)
    assert refused.returncode == ExitCode.FAILURE
    assert "does not belong to the user qianhang" in refused.stderr
    after = theirs.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert list(theirs.iterdir()) == []


def test_a_source_and_an_interpreter_below_a_closed_folder_work_without_opening_it(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(needed_paths()[-1] / "src", closed / "src")
    environment = clean_environment() | {"PYTHONPATH": str(closed / "src")}
    seen = subprocess.run(
        [sys.executable, "-c", OPEN_WINDOW, str(closed)], env=environment, capture_output=True, text=True, check=False
    )
    assert seen.returncode == 0, seen.stderr
    user, source, writable, siblings = seen.stdout.split()
    assert (user, source) == ("qianhang", str(closed / "src/qianhang/__init__.py"))
    assert (writable, siblings) == ("read-only", "hidden")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert str(closed) not in Path("/proc/self/mountinfo").read_text()


OPEN_WINDOW = """
import os, sys
from pathlib import Path
from qianhang.appliance.privileges import Window, become, ensure_service_user, needed_paths
closed = Path(sys.argv[1])
(closed / "secret").write_text("root's own")
look = '''
import os, pwd, sys, qianhang
from pathlib import Path
closed = Path(sys.argv[1])
try:
    (closed / "src" / "new").touch()
    writable = "writable"
except OSError:
    writable = "read-only"
siblings = "seen" if (closed / "secret").exists() else "hidden"
print(pwd.getpwuid(os.geteuid()).pw_name, qianhang.__file__, writable, siblings)
'''
window = Window((*needed_paths(), closed / "src"))
become(ensure_service_user()[0], window, [sys.executable, "-c", look, str(closed)], environment=os.environ)
"""


def test_the_dropped_process_cannot_become_root_again(place):
    look = (
        "import os; from qianhang.appliance.privileges import drop_root, ensure_service_user\n"
        "drop_root(ensure_service_user()[0])\n"
        "print(os.getresuid(), os.getresgid(), 0 in os.getgroups())\n"
        "os.setuid(0)"
    )
    seen = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, env=clean_environment(), check=False
    )
    user = Identity.of("qianhang")
    assert seen.stdout.strip() == f"{(user.uid,) * 3} {(user.gid,) * 3} False"
    assert "PermissionError" in seen.stderr


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_root_backs_up_to_and_restores_from_a_file_that_only_root_may_open(place, migrated, mode):
    vault = place / "vault"
    vault.mkdir(mode=mode)
    saved = run("backup", vault / "one.tar", "--data-dir", migrated[0])
    assert saved.returncode == ExitCode.OK, saved.stderr
    status = (vault / "one.tar").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600)
    restored = run("restore", vault / "one.tar", "--data-dir", place / "again")
    assert restored.returncode == ExitCode.OK, restored.stderr


def test_another_plain_user_reaches_neither_the_data_nor_the_database(migrated):
    refused = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", str(migrated[0])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_doctor_makes_nothing(place):
    subprocess.run(
        command("doctor", "--data-dir", place / "data"), env=clean_environment(), capture_output=True, check=False
    )
    assert not (place / "data").exists()
