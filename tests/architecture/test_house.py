"""The house rules that a tool can check."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "qianhang"
NEVER = {"utils", "helpers", "common", "misc", "manager"}


def test_imports_go_the_ways_the_architecture_allows():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.django_db
def test_the_models_and_the_migrations_say_the_same():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_file_has_a_name_that_says_nothing():
    assert [path for path in PACKAGE.rglob("*.py") if path.stem in NEVER] == []


def test_no_file_is_longer_than_a_reader_can_hold():
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts and (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_every_package_has_a_readme_of_one_screen():
    core = [path for path in (PACKAGE / "core").iterdir() if (path / "__init__.py").exists()]
    rooms = [PACKAGE / name for name in ("funding", "compute", "portal", "appliance", "wiring")]
    missing = [str(path.relative_to(PACKAGE)) for path in (*core, *rooms) if not (path / "README.md").exists()]
    assert missing == []
