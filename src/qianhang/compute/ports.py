"""What compute asks of an outside system that runs jobs. Connectors pass tests/compute/connectors/contract.py."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from .rules.states import State


class Capability(StrEnum):
    """What a connector can do. Calling what is not declared raises NotSupported."""

    INVENTORY = "inventory"
    RUN = "run"
    LOGS = "logs"
    OUTPUTS = "outputs"
    USAGE = "usage"
    ENERGY = "energy"
    IMAGES = "images"
    NETWORK = "network"


class NotSupported(Exception):
    """The connector does not declare the capability that was asked for."""


class ConnectorUnavailable(Exception):
    """The outside system did not answer. Nothing is known about the run; ask again later."""


class RunNotStarted(Exception):
    """A run could not be handed over because its cluster did not answer. It keeps its place; whoever finds its lease
    expired tries again."""


class SubmitRefused(Exception):
    """The outside system says no for good. `code` is stable, `args[0]` a sentence. `cancelled`: the id was cancelled
    before; `stale_fence`: a submit with a higher fence came first, and this one's sender is to leave the run alone."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class PoolInventory:
    name: str
    nodes: int
    cpus_per_node: int
    memory_mib_per_node: int
    cards_per_node: int = 0
    card_vendor: str = ""
    card_model: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the connector sees now."""

    pools: Sequence[PoolInventory]
    isolation: str
    """L0 none, L1 namespaces, L2 namespaces with cgroup and seccomp, L3 per-user cluster, L4 virtual machine."""
    isolation_note: str = ""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything a connector needs to start one run. `run_id` makes submit idempotent."""

    run_id: uuid.UUID
    fence: int
    command: Sequence[str]
    env: Mapping[str, str]
    cards: int
    cpus: int
    memory_mib: int
    time_limit_s: int
    source: Path | None = None
    """A .tar.gz or .zip that becomes the working directory."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: bool = False
    inputs: Mapping[str, Path] = field(default_factory=dict)
    """Files to copy into the working directory before the start, by their relative path there."""
    outputs: Sequence[str] = ("outputs/**",)
    image: str = ""
    disk_mib: int = 2048
    log_limit_bytes: int = 64 * 1024 * 1024
    process_limit: int = 512


@dataclass(frozen=True, slots=True)
class UseReading:
    at: datetime
    cpu_ms: int
    memory_mib: int
    processes: int = 0
    card_percent: int | None = None
    card_memory_mib: int | None = None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """`state` is one of STARTING, RUNNING, SUCCEEDED, FAILED, CANCELLED, LOST. LOST: the system has no such run,
    or it ended without leaving a result."""

    run_id: uuid.UUID
    state: State
    handle: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    reason_code: str = ""
    """Such as exit_nonzero, time_limit, memory_limit, disk_limit, host_stopped, start_failed, cancelled."""
    reason: str = ""
    isolation: str = ""
    reading: UseReading | None = None


@dataclass(frozen=True, slots=True)
class RunUsage:
    """Final, exact usage of an ended run: `elapsed_ms` is wall time from start to end on the system's own monotonic
    clock; card and CPU time are billed as allocated (cards x elapsed, CPUs x elapsed)."""

    elapsed_ms: int
    cpu_ms_used: int
    peak_memory_mib: int
    energy_mj: int | None = None


@dataclass(frozen=True, slots=True)
class LogChunk:
    data: bytes
    next_offset: int
    complete: bool
    """True when the run has ended and nothing follows this chunk."""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class OutputFile:
    path: str
    """Relative, forward slashes, no `..`."""
    bytes: int


class ClusterConnector(Protocol):
    """A connector is cheap to make, holds no state of its own, and may be used from several processes at once."""

    name: str
    capabilities: frozenset[Capability]

    def inventory(self) -> Inventory: ...

    def submit(self, request: RunRequest) -> str:
        """Starts the run and returns its handle. A second call with the same run id returns the same handle and
        starts nothing; after `cancel` of a run id it raises SubmitRefused("cancelled", ...).

        Raises: SubmitRefused, ConnectorUnavailable, NotSupported.
        """
        ...

    def status(self, run_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, RunStatus]:
        """One answer per id that was asked for."""
        ...

    def cancel(self, run_id: uuid.UUID, *, reason_code: str = "cancelled") -> None:
        """Ends the run and its whole process tree; safe to repeat, safe for an unknown id (which stays refused)."""
        ...

    def read_log(self, run_id: uuid.UUID, *, offset: int = 0, limit: int = 65536) -> LogChunk: ...

    def list_outputs(self, run_id: uuid.UUID) -> Sequence[OutputFile]:
        """Regular files only; links and devices are left out."""
        ...

    def fetch_output(self, run_id: uuid.UUID, path: str, into: Path) -> None: ...

    def usage(self, run_id: uuid.UUID) -> RunUsage: ...

    def forget(self, run_id: uuid.UUID) -> None:
        """Frees what an ended run left at the system. Its id stays used."""
        ...
