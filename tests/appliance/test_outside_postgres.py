"""The oldest PostgreSQL that is promised, where a system brings one: migrated, and its ledger used."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.appliance.running import run

from qianhang.appliance.database import OLDEST_SERVER
from qianhang.appliance.postgres import program

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
OPENED = "SELECT id FROM ledger_open_account(%s, 'CNY', NULL, %s)"
POSTED = """
SELECT ledger_post_batch(
    ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY[%(from)s, %(to)s]::bigint[], ARRAY[%(to)s, %(from)s]::bigint[],
    ARRAY[100, 101]::bigint[], ARRAY[0, 0]::smallint[], ARRAY[NULL, NULL]::uuid[], ARRAY[NULL, NULL]::uuid[],
    ARRAY['', '']::text[], ARRAY[NULL, NULL]::uuid[], ARRAY[NULL, NULL]::integer[]
)
"""


def system_servers() -> dict[int, Path]:
    """Folders of PostgreSQL programs by major version, other than the one we bring."""
    found = {}
    for place in PLACES:
        for folder in Path(place).glob("*/bin"):
            if (folder / "initdb").exists() and (number := re.search(r"\d+", folder.parent.name)):
                found[int(number[0])] = folder
    return {number: folder for number, folder in found.items() if number >= OLDEST_SERVER}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[str]:
    """The oldest such server, started; its roles are not ours: one plain user owns the database and uses it."""
    if not (servers := system_servers()):
        pytest.skip(f"no PostgreSQL {OLDEST_SERVER} or later of the system's own (apt-get install postgresql)")
    programs = servers[min(servers)]
    assert programs != program("postgres").parent
    data, environment = tmp_path / "postgres", {**os.environ, "LC_ALL": "C.UTF-8"}
    made = [programs / "initdb", "-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(made, env=environment, check=True, capture_output=True)
    options = f"-c listen_addresses='' -c unix_socket_directories={tmp_path} -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-l", tmp_path / "log", "-w"]
    subprocess.run([*control, "-o", options, "start"], env=environment, check=True, capture_output=True)
    try:
        with psycopg.connect(f"host={tmp_path} user=admin dbname=postgres", autocommit=True) as admin:
            admin.execute("CREATE ROLE plain LOGIN")
            admin.execute("CREATE DATABASE qianhang OWNER plain")
        yield f"host={tmp_path} user=plain dbname=qianhang"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], env=environment, check=True, capture_output=True)


def test_the_migrations_and_the_ledger_work_on_a_server_of_the_systems_own(outside: str, tmp_path: Path) -> None:
    done = run("migrate", "--data-dir", tmp_path / "data", QIANHANG_DATABASE_URL=outside)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(outside, autocommit=True) as connection:
        (source,) = connection.execute(OPENED, ["source", False]).fetchone()
        (wallet,) = connection.execute(OPENED, ["wallet", True]).fetchone()
        (answer,) = connection.execute(POSTED, {"from": source, "to": wallet}).fetchone()
        assert answer == ["ok", "exceeds_credits"]
        balance = "SELECT credits_posted - debits_posted FROM ledger_account WHERE id = %s"
        assert connection.execute(balance, [wallet]).fetchone() == (100,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM ledger_transfer")
