"""A real `qianhang up --demo`, and the real command line beside it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.appliance.running import PATIENCE_S, Running, clean_environment, command, running


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """A person's shell: commands run in `folder`, with a home of its own."""

    folder: Path
    environment: Mapping[str, str]

    def start(self, *arguments: str | Path, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command(*arguments),
            cwd=self.folder,
            env=clean_environment() | self.environment | changes,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str | Path, typed: str = "", **changes: str) -> Answer:
        process = self.start(*arguments, **changes)
        out, err = process.communicate(typed, timeout=2 * PATIENCE_S)
        return Answer(process.returncode, out, err)

    def script(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo region, running. Shared by every journey, so tests look only at what they made themselves."""
    folder = tmp_path_factory.mktemp("demo")
    with running(folder / "data", folder / "up.log", "--demo") as started:
        yield started


@pytest.fixture
def qianhang(demo: Running, tmp_path: Path) -> Terminal:
    """The command line of whoever started the demo: it knows the key in the data folder."""
    return _terminal(demo, tmp_path)


def _terminal(demo: Running, folder: Path) -> Terminal:
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "LANG": "C.UTF-8"}
    return Terminal(folder, home | {"QIANHANG_DATA_DIR": str(demo.folder.root), "LC_ALL": "", "TZ": "Asia/Shanghai"})


@pytest.fixture(scope="package")
def examples(demo: Running, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The demo's three example jobs by name, once they have run to their end."""
    qianhang, found = _terminal(demo, tmp_path_factory.mktemp("examples")), {}
    for name in ("train-classifier", "monte-carlo-sweep", "text-batch"):
        (row,) = qianhang("jobs", "--search", name, "--json").json
        qianhang("logs", "--follow", row["id"])
        found[name] = qianhang("job", row["id"], "--json").json
    return found


@pytest.fixture
def stranger(qianhang: Terminal, tmp_path: Path) -> Terminal:
    """A machine that has never heard of the server."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    return Terminal(tmp_path, {**qianhang.environment, "QIANHANG_DATA_DIR": str(elsewhere)})


@pytest.fixture
def api_key(demo: Running) -> str:
    return json.loads((demo.folder.secret / "local-profile.json").read_text(encoding="utf-8"))["api_key"]
