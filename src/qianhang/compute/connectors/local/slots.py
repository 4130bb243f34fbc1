"""Which cores and cards each live run has. One small table beside the runs, changed under a lock."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .shim import rundir


class NoFreeCard(Exception):
    """All cards of this machine are in use by live runs."""


class Slots:
    """`is_live(run_id)` tells which entries still count; others are dropped at the next change."""

    def __init__(self, root: Path, is_live: Callable[[str], bool]) -> None:
        self._root = root
        self._is_live = is_live

    def take(
        self, run_id: str, *, cpus: int, cards: int, all_cores: list[int], all_cards: list[int]
    ) -> tuple[list[int], list[int]]:
        """Cores (the least used ones, shared when there are too few) and cards (never shared) for a run.

        Raises NoFreeCard.
        """
        with self._table() as table:
            for other in [key for key in table if key != run_id and not self._is_live(key)]:
                del table[other]
            mine = table.pop(run_id, None)
            if mine is None:
                mine = {"cores": self._cores(table, cpus, all_cores), "cards": self._cards(table, cards, all_cards)}
            table[run_id] = mine
            return list(mine["cores"]), list(mine["cards"])

    def cards(self) -> dict[str, list[int]]:
        """The cards of each run that has any."""
        return {run_id: list(entry["cards"]) for run_id, entry in self._read().items() if entry["cards"]}

    @staticmethod
    def _cores(table: dict[str, Any], cpus: int, all_cores: list[int]) -> list[int]:
        load = Counter(core for entry in table.values() for core in entry["cores"])
        return sorted(sorted(all_cores, key=lambda core: (load[core], core))[: max(1, cpus)])

    @staticmethod
    def _cards(table: dict[str, Any], cards: int, all_cards: list[int]) -> list[int]:
        taken = {card for entry in table.values() for card in entry["cards"]}
        free = [card for card in all_cards if card not in taken]
        if len(free) < cards:
            raise NoFreeCard
        return free[:cards]

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self._root / "slots.json").read_bytes())
        except FileNotFoundError:
            return {}
        return found

    @contextmanager
    def _table(self) -> Iterator[dict[str, Any]]:
        lock = rundir.take_lock(str(self._root / "slots.lock"), wait=True)
        try:
            table = self._read()
            yield table
            rundir.write_atomically(str(self._root), "slots.json", json.dumps(table).encode())
        finally:
            os.close(lock)
