"""Which connectors there are, and what each needs from this installation."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from qianhang.compute.connectors import registry
from qianhang.compute.connectors.planning import PlanningConnector
from qianhang.compute.ports import ClusterConnector


def register_all() -> None:
    registry.register("local", _local)
    registry.register("planning", PlanningConnector.from_settings)


def _local(_cluster_settings: Mapping[str, Any]) -> ClusterConnector:
    """There is one embedded cluster per installation; what it lends is in the installation's settings."""
    return _local_at(
        Path(settings.RUNS_DIR), lends_network=settings.LOCAL_NETWORK, may_run_bare=settings.LOCAL_UNISOLATED
    )


@cache
def _local_at(root: Path, *, lends_network: bool, may_run_bare: bool) -> ClusterConnector:
    # Loaded late: a process that never looks at a run need not load the sandbox.
    from qianhang.compute.connectors.local.connector import LocalConnector

    return LocalConnector(root, lends_network=lends_network, may_run_bare=may_run_bare)
