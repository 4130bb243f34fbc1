"""A migrated installation, made once and copied for each test that starts it."""

import shutil
from pathlib import Path

import pytest
from tests.appliance.running import run


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start leaves it; tests copy it and never start it."""
    folder = tmp_path_factory.mktemp("installed") / "data"
    made = run("migrate", "--data-dir", folder)
    assert made.returncode == 0, made.stderr
    return folder


def copy_installation(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".s.PGSQL.*"))


@pytest.fixture
def data_dir(installed: Path, tmp_path: Path) -> Path:
    copy_installation(installed, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the suite's own database in the environment, an installation uses its embedded one."""
    monkeypatch.delenv("QIANHANG_DATABASE_URL")
