"""The drill: back up, restore elsewhere, compare everything. And what a damaged backup may not do."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.appliance.running import run

from qianhang.appliance import database
from qianhang.appliance.backup import MANIFEST, back_up, restore
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder, Holder
from qianhang.appliance.problems import ApplianceError

pytestmark = pytest.mark.usefixtures("own_database")


def silent(_text: str) -> None:
    """The tests read results, not progress."""


def fill(folder: DataFolder) -> None:
    """Rows with awkward text, and stored objects of awkward sizes and names."""
    with database.opened(folder) as access, psycopg.connect(access.app) as connection:
        for model in ("千行", "quote'\"\\", "line\nbreak", "😀"):
            connection.execute("INSERT INTO django_content_type (app_label, model) VALUES ('kept', %s)", [model])
    (folder.objects / "deep" / "er").mkdir(parents=True)
    (folder.objects / "deep" / "er" / "模型.bin").write_bytes(bytes(range(256)) * 10_000)
    (folder.objects / "empty").write_bytes(b"")
    (folder.objects / ("long-" * 45)).write_bytes(b"a name of 225 characters")


def content(folder: DataFolder) -> dict[str, object]:
    """Everything a restore must bring back: each table's rows, rights and triggers; each file; the secret."""
    with database.opened(folder) as access, psycopg.connect(access.owner) as connection:
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = {
            table: connection.execute(
                sql.SQL("SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {} t").format(
                    sql.Identifier(table)
                )
            ).fetchone()
            for table in tables
        }
        rights = connection.execute(
            "SELECT relname, array_agg(a::text ORDER BY a::text) FROM pg_class LEFT JOIN unnest(relacl) a ON true "
            "WHERE relnamespace = 'public'::regnamespace GROUP BY relname ORDER BY relname"
        ).fetchall()
        triggers = connection.execute(
            "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal ORDER BY 1, 2"
        ).fetchall()
        defaults = connection.execute(
            "SELECT defaclobjtype::text, array_agg(a::text ORDER BY a::text) FROM pg_default_acl, unnest(defaclacl) a "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
        sequences = connection.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1").fetchall()
    files = {
        str(path.relative_to(folder.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in (folder.objects, folder.secret)
        for path in top.rglob("*")
        if path.is_file()
    }
    rights = [*rights, *defaults]
    return {"rows": rows, "rights": rights, "triggers": triggers, "sequences": sequences, "files": files}


@pytest.fixture
def full(data_dir) -> DataFolder:
    folder = DataFolder(data_dir)
    fill(folder)
    return folder


@pytest.fixture
def backup_bytes(full) -> bytes:
    return write_backup(full)


def write_backup(folder: DataFolder) -> bytes:
    path = folder.root.parent / "backup.tar"
    with path.open("wb") as stream:
        back_up(folder, stream, tell=silent)
    return path.read_bytes()


def test_a_stopped_installation_comes_back_whole(full, backup_bytes, tmp_path):
    before = content(full)
    restored = DataFolder(tmp_path / "restored")
    restore(restored, io.BytesIO(backup_bytes), tell=silent)
    after = content(restored)
    assert {name: after[name] == part for name, part in before.items()} == dict.fromkeys(before, True)
    assert after["rows"]["django_content_type"][0] > 4
    assert len(after["files"]) == 4
    assert any(name == "secret/key" for name in after["files"])


def test_a_backup_is_taken_while_the_installation_runs_and_does_not_disturb_it(full, tmp_path):
    with full.locked() as lock, database.embedded(full) as server:
        access = database.access_to(server)
        lock.describe(Holder(1, "", access.app, access.owner))
        with psycopg.connect(access.app) as writer:
            writer.execute("INSERT INTO django_content_type (app_label, model) VALUES ('kept', 'not committed')")
            saved = write_backup(full)
        assert server.is_running()
    restored = DataFolder(tmp_path / "restored")
    restore(restored, io.BytesIO(saved), tell=silent)
    with database.opened(restored) as access, psycopg.connect(access.app) as connection:
        kept = connection.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'kept'").fetchone()
    assert kept == (4,)


def test_the_commands_do_the_same_and_never_overwrite(full, tmp_path):
    file = tmp_path / "one.tar"
    assert run("backup", file, "--data-dir", full.root).returncode == ExitCode.OK
    assert file.stat().st_mode & 0o777 == 0o600
    again = run("backup", file, "--data-dir", full.root)
    assert (again.returncode, "File exists" in again.stderr) == (ExitCode.USAGE, True)
    occupied = run("restore", file, "--data-dir", full.root)
    assert occupied.returncode == ExitCode.REFUSED
    assert "already has an installation" in occupied.stderr
    assert run("restore", file, "--data-dir", tmp_path / "restored").returncode == ExitCode.OK
    assert content(DataFolder(tmp_path / "restored")) == content(full)


def rewritten(backup: bytes, change) -> bytes:
    """The same tar with `change(name, data)` applied to each member; None drops it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(backup)) as old, tarfile.open(fileobj=target, mode="w") as new:
        for member in old:
            for name, data in change(member.name, old.extractfile(member).read()):
                copy = tarfile.TarInfo(name)
                copy.size = len(data)
                new.addfile(copy, io.BytesIO(data))
    return target.getvalue()


def flip(name, data):
    changed = bytes([data[0] ^ 1]) + data[1:] if name.endswith("模型.bin") else data
    return [(name, changed)]


def drop_manifest(name, data):
    return [] if name == MANIFEST else [(name, data)]


def drop_object(name, data):
    return [] if name.endswith("empty") else [(name, data)]


def climb_out(name, data):
    return [("objects/../../escaped" if name.endswith("empty") else name, data)]


def future_format(name, data):
    return [(name, json.dumps(json.loads(data) | {"format": 99}).encode() if name == MANIFEST else data)]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda backup: rewritten(backup, flip), "differ from its manifest"),
        (lambda backup: rewritten(backup, drop_manifest), "manifest is missing"),
        (lambda backup: rewritten(backup, drop_object), "differ from its manifest"),
        (lambda backup: rewritten(backup, climb_out), "which no backup has"),
        (lambda backup: rewritten(backup, future_format), "its format is 99"),
        (lambda backup: backup[: len(backup) // 2], "cannot be used"),
        (lambda backup: b"not a tar at all", "cannot be used"),
    ],
    ids=["changed", "cut off", "incomplete", "hostile", "newer", "truncated", "nonsense"],
)
def test_a_damaged_backup_is_refused_and_leaves_the_folder_empty(damage, reason, backup_bytes, tmp_path: Path):
    target = DataFolder(tmp_path / "target")
    with pytest.raises(ApplianceError, match=reason):
        restore(target, io.BytesIO(damage(backup_bytes)), tell=silent)
    assert [path.name for path in target.root.iterdir()] == ["lock"]
    assert not (tmp_path / "escaped").exists()
