"""Clusters that are announced but not built: they have a capacity and nothing else."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from qianhang.compute.ports import (
    Capability,
    Inventory,
    LogChunk,
    NotSupported,
    OutputFile,
    PoolInventory,
    RunRequest,
    RunStatus,
    RunUsage,
)

_FIELDS: dict[str, type] = get_type_hints(PoolInventory)


class PlanningConnector:
    """Its inventory is what the supplier announced. Whatever would need a machine raises NotSupported."""

    name = "planning"
    capabilities = frozenset({Capability.INVENTORY})

    def __init__(self, pools: Sequence[PoolInventory] = ()) -> None:
        self._pools = tuple(pools)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "PlanningConnector":
        """`settings["pools"]` is a list of objects with the fields of PoolInventory.

        Raises ValueError that names the pool and the field that does not fit.
        """
        return cls([_pool(index, entry) for index, entry in enumerate(settings.get("pools", []))])

    def inventory(self) -> Inventory:
        return Inventory(self._pools, isolation="", isolation_note="Announced, not built: nothing runs here.")

    def submit(self, request: RunRequest) -> str:
        self._refuse()

    def status(self, run_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, RunStatus]:
        self._refuse()

    def cancel(self, run_id: uuid.UUID, *, reason_code: str = "cancelled") -> None:
        self._refuse()

    def read_log(self, run_id: uuid.UUID, *, offset: int = 0, limit: int = 65536) -> LogChunk:
        self._refuse()

    def list_outputs(self, run_id: uuid.UUID) -> Sequence[OutputFile]:
        self._refuse()

    def fetch_output(self, run_id: uuid.UUID, path: str, into: Path) -> None:
        self._refuse()

    def usage(self, run_id: uuid.UUID) -> RunUsage:
        self._refuse()

    def forget(self, run_id: uuid.UUID) -> None:
        self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        raise NotSupported("This cluster is announced, not built: no job can run on it.")


def _pool(index: int, entry: object) -> PoolInventory:
    if not isinstance(entry, Mapping):
        raise ValueError(f"pools[{index}] is not an object.")
    for name, value in entry.items():
        if name not in _FIELDS:
            raise ValueError(f"pools[{index}].{name} is not known; known: {', '.join(_FIELDS)}.")
        if type(value) is not _FIELDS[name]:
            raise ValueError(f"pools[{index}].{name} must be of type {_FIELDS[name].__name__}.")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"pools[{index}].{name} must not be negative.")
    try:
        return PoolInventory(**entry)
    except TypeError as error:
        raise ValueError(f"pools[{index}]: {error}.") from error
