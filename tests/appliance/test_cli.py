"""The root of the command line: fast, complete, and honest in its exit codes."""

import json
import subprocess
import sys

import pytest
from tests.appliance.running import clean_environment, free_port, run

from qianhang.appliance.exits import ExitCode


def test_help_shows_every_command_without_loading_django():
    look = (
        "import sys\n"
        "from qianhang.wiring import cli\n"
        "sys.argv = ['qianhang', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', sorted({'django', 'psycopg', 'granian', 'httpx'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", look], env=clean_environment(), capture_output=True, text=True, check=True
    )
    for command in ("up", "serve", "worker", "migrate", "doctor", "backup", "restore", "--install-completion"):
        assert command in shown.stdout
    assert "LOADED []" in shown.stdout


def test_exit_codes_keep_their_numbers():
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "FAILURE": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "NOT_SIGNED_IN": 4,
        "UNREACHABLE": 5,
        "NEEDS_SETUP": 6,
        "BUSY": 7,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize("arguments", [("up", "--no-such-option"), ("no-such-command",), ("up", "--port", "70000")])
def test_a_wrong_command_line_is_a_usage_error(arguments):
    assert run(*arguments).returncode == ExitCode.USAGE


def test_doctor_finds_this_machine_able_and_says_so_in_json(tmp_path):
    told = run("doctor", "--json", "--data-dir", tmp_path / "data", "--port", str(free_port()))
    findings = {finding["name"]: finding for finding in json.loads(told.stdout)}
    assert told.returncode == ExitCode.OK
    assert set(findings) >= {
        "python",
        "disk",
        "database",
        "port",
        "bubblewrap",
        "user namespaces",
        "chromium",
        "data folder",
    }
    assert findings["database"]["found"] == "embedded postgres (PostgreSQL) 18.6, not made yet"
    assert all(finding["remedy"] for finding in findings.values() if finding["verdict"] != "ok")


def test_doctor_fails_with_the_remedy_when_the_database_cannot_be_reached(tmp_path):
    told = run("doctor", "--data-dir", tmp_path / "data", QIANHANG_DATABASE_URL="host=127.0.0.1 port=1 dbname=x user=y")
    assert told.returncode == ExitCode.NEEDS_SETUP
    assert "QIANHANG_DATABASE_URL does not answer" in told.stdout


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    refused = run("migrate", "--data-dir", tmp_path / "file" / "data")
    assert refused.returncode == ExitCode.FAILURE
    assert "cannot be made" in refused.stderr
    assert "--data-dir" in refused.stderr
