"""The embedded cluster: this machine's cores and cards behind the port. State lives in folders, none in the object."""

import dataclasses
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qianhang.compute.ports import (
    Capability,
    ConnectorUnavailable,
    Inventory,
    LogChunk,
    OutputFile,
    PoolInventory,
    RunRequest,
    RunStatus,
    RunUsage,
    SubmitRefused,
)

from . import cgroup, host, outputs
from .folder import RunFolder
from .isolation import Isolation, detect
from .launch import launch
from .planner import make_plan, refuse_what_cannot_run
from .sandbox import write_etc
from .slots import NoFreeCard, Slots


class LocalConnector:
    """`root` is a folder of ours alone (0700), on a local disk. `isolation` is detected unless given.

    `lends_network`: jobs that ask for it get this machine's network, with whatever listens on its loopback and
    whatever is near it, so that is for the operator to grant, not for whoever submits a job.

    `may_run_bare`: where no sandbox can be made (L0) a job is a plain process of the platform's own user and may read
    what that user may. That too is for the operator to grant.
    """

    name = "local"

    def __init__(
        self,
        root: Path,
        *,
        isolation: Isolation | None = None,
        lends_network: bool = False,
        may_run_bare: bool = False,
    ) -> None:
        self._root = root
        self._given = isolation
        self._lends_network = lends_network
        self._may_run_bare = may_run_bare
        self._slots = Slots(root, lambda run_id: self._folder(run_id).may_use_slots())
        capabilities = {
            Capability.INVENTORY,
            Capability.RUN,
            Capability.LOGS,
            Capability.OUTPUTS,
            Capability.USAGE,
        }
        if lends_network:
            capabilities.add(Capability.NETWORK)
        if host.energy_counters():
            capabilities.add(Capability.ENERGY)
        self.capabilities = frozenset(capabilities)

    def inventory(self) -> Inventory:
        found = self.isolation()
        cards = host.cards()
        pool = PoolInventory(
            name="local",
            nodes=1,
            cpus_per_node=len(host.cores()),
            memory_mib_per_node=host.memory_mib(),
            cards_per_node=len(cards),
            card_vendor="NVIDIA" if cards else "",
            card_model=cards[0].model.removeprefix("NVIDIA ") if cards else "",
        )
        return Inventory([pool], found.level, found.note)

    def submit(self, request: RunRequest) -> str:
        if os.geteuid() == 0:
            raise SubmitRefused("root", "Jobs are never run by root: limits and namespaces hold only a plain user.")
        if request.network and not self._lends_network:
            raise SubmitRefused("no_network", "This cluster lends its network to no job.")
        if self.isolation().level == "L0" and not self._may_run_bare:
            raise SubmitRefused("no_isolation", f"{self.isolation().note} QIANHANG_LOCAL_UNISOLATED=1 runs them so.")
        all_cores, all_cards = host.cores(), [card.index for card in host.cards()] if request.cards else []
        refuse_what_cannot_run(request, all_cores=all_cores, all_cards=all_cards)
        folder = self._folder(str(request.run_id))
        try:
            with folder.starting(fence=request.fence) as must_start:
                if must_start:
                    self._start(request, folder, all_cores, all_cards)
        except OSError as error:
            # Such as a full disk. Whatever is half made is completed by the next call.
            raise ConnectorUnavailable(f"The run could not be started: {error.strerror}.") from error
        return f"local:{request.run_id}"

    def _start(self, request: RunRequest, folder: RunFolder, all_cores: list[int], all_cards: list[int]) -> None:
        try:
            cores, cards = self._slots.take(
                folder.run_id, cpus=request.cpus, cards=request.cards, all_cores=all_cores, all_cards=all_cards
            )
        except NoFreeCard:
            raise ConnectorUnavailable("All cards of this machine are in use.") from None
        found = self.isolation()
        if found.cgroup is not None:
            cgroup.sweep(found.cgroup, has_ended=lambda other: self._folder(other).has_ended())
        folder.remember(request, isolation=found.level)
        etc = write_etc(self._root / "etc")
        plan = make_plan(request, folder=folder.path, etc=etc, isolation=found, cores=cores, cards=cards)
        launch(plan, byte_code=self._root / "bytecode")

    def status(self, run_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, RunStatus]:
        cards = {card.index: card for card in host.cards()}
        held = self._slots.cards() if cards else {}
        return {
            run_id: _with_cards(
                self._folder(str(run_id)).status(), [cards[i] for i in held.get(str(run_id), ()) if i in cards]
            )
            for run_id in run_ids
        }

    def cancel(self, run_id: uuid.UUID, *, reason_code: str = "cancelled") -> None:
        self._folder(str(run_id)).cancel(reason_code)

    def read_log(self, run_id: uuid.UUID, *, offset: int = 0, limit: int = 65536) -> LogChunk:
        folder = self._folder(str(run_id))
        # In this order: what is read after the end was seen is all there is.
        result, live = folder.result(), folder.is_live()
        data, size = folder.log_piece(offset, limit)
        end = offset + len(data)
        truncated = bool((result or folder.last_sample() or {}).get("log_truncated"))
        return LogChunk(data, end, complete=(result is not None or not live) and end >= size, truncated=truncated)

    def list_outputs(self, run_id: uuid.UUID) -> Sequence[OutputFile]:
        folder = self._folder(str(run_id))
        asked = folder.request()
        return outputs.list_outputs(folder.work, asked.get("outputs", ()), max_bytes=asked.get("disk_mib", 0) << 20)

    def fetch_output(self, run_id: uuid.UUID, path: str, into: Path) -> None:
        folder = self._folder(str(run_id))
        outputs.fetch_output(folder.work, path, into, max_bytes=folder.request().get("disk_mib", 0) << 20)

    def usage(self, run_id: uuid.UUID) -> RunUsage:
        folder = self._folder(str(run_id))
        known = folder.result() or folder.last_sample() or {}
        return RunUsage(
            elapsed_ms=known.get("elapsed_ms", 0),
            cpu_ms_used=known.get("cpu_ms", 0),
            peak_memory_mib=known.get("peak_memory_mib", 0),
            energy_mj=known.get("energy_mj"),
        )

    def forget(self, run_id: uuid.UUID) -> None:
        self._folder(str(run_id)).forget()

    def isolation(self) -> Isolation:
        return self._given or detect()

    def _folder(self, run_id: str) -> RunFolder:
        return RunFolder(self._root, run_id)


def _with_cards(status: RunStatus, cards: Sequence[host.Card]) -> RunStatus:
    """The reading of a running run, with what its cards say: mean load, sum of memory."""
    if status.reading is None or not cards:
        return status
    loads = [card.percent for card in cards if card.percent is not None]
    used = [card.used_mib for card in cards if card.used_mib is not None]
    reading = dataclasses.replace(
        status.reading,
        card_percent=round(sum(loads) / len(loads)) if loads else None,
        card_memory_mib=sum(used) if used else None,
    )
    return dataclasses.replace(status, reading=reading)
