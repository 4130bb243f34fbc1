"""Fixtures for connectors. A machine without bubblewrap skips what needs it and says so."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from qianhang.compute.connectors.local import isolation
from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.connectors.local.folder import RunFolder

from .waiting import wait_until


@pytest.fixture
def local_root(tmp_path: Path) -> Iterator[Path]:
    """A root of runs; whatever a failed test left alive in it is stopped."""
    root = tmp_path / "cluster"
    root.mkdir(mode=0o700)
    yield root
    runs = root / "runs"
    live = [RunFolder(root, path.name) for path in runs.iterdir()] if runs.exists() else []
    for folder in live:
        folder.cancel("test_over")
        folder.signal_shim(signal.SIGTERM)
    for folder in live:
        wait_until(lambda folder=folder: not folder.is_live())


@pytest.fixture
def local(local_root: Path) -> LocalConnector:
    return LocalConnector(local_root, may_run_bare=True)


@pytest.fixture
def local_factory(local_root: Path) -> partial[LocalConnector]:
    return partial(LocalConnector, local_root, may_run_bare=True)


@pytest.fixture(autouse=True)
def _sandbox_or_skip(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("sandbox") and isolation.detect().level == "L0":
        pytest.skip(isolation.detect().note)
