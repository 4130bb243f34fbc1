"""What `up` shows: a table that fills while things start, then one line per event."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

_MARKS = {"ready": ("●", "green"), "starting": ("◌", "yellow"), "restarting": ("◌", "yellow"), "failed": ("✗", "red")}
_DULL = ("·", "dim")


class Board(Protocol):
    """Where status goes. `state` is one word, `detail` a short sentence."""

    def show(self, part: str, state: str, detail: str = "") -> None: ...

    def say(self, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class LineBoard:
    """For pipes, files and service managers: one plain line per change."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, str]] = {}

    def show(self, part: str, state: str, detail: str = "") -> None:
        if self._seen.get(part) != (state, detail):
            self._seen[part] = (state, detail)
            self.say(f"{part:<12}{state:<12}{detail}".rstrip())

    def say(self, text: str) -> None:
        for line in text.splitlines() or [""]:
            sys.stdout.write(f"[{datetime.now().astimezone():%H:%M:%S}] {line}\n")
        sys.stdout.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class LiveBoard:
    """For a terminal: the table is redrawn in place on each change, and other text scrolls above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, tuple[str, str]] = {}
        self._live = Live(console=console, auto_refresh=False)

    def show(self, part: str, state: str, detail: str = "") -> None:
        if self._rows.get(part) != (state, detail):
            self._rows[part] = (state, detail)
            self._live.update(_table(self._rows), refresh=True)

    def say(self, text: str) -> None:
        self._console.print(Text(text))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


def board() -> Board:
    console = Console(highlight=False)
    return LiveBoard(console) if console.is_terminal and not console.is_dumb_terminal else LineBoard()


def _table(rows: Mapping[str, tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for part, (state, detail) in rows.items():
        mark, style = _MARKS.get(state, _DULL)
        table.add_row(Text(mark, style), part, Text(state, style), Text(detail, "dim"))
    return table


@contextmanager
def step(board: Board, part: str, doing: str) -> Iterator[None]:
    """Show `part` as starting, and as failed when the block raises."""
    board.show(part, "starting", doing)
    try:
        yield
    except BaseException:
        board.show(part, "failed", doing)
        raise
