"""How commands print: aligned tables for people, plain columns for pipes, JSON for programs. No Django here."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from qianhang.core.units.money import exact_yuan, format_yuan

from .words import gettext as _
from .words import is_chinese

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON."))]


def show(text: str = "") -> None:
    typer.echo(text)


def note(text: str) -> None:
    """To people, not into pipes: standard error."""
    typer.echo(text, err=True)


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str, right: Sequence[int] = ()) -> None:
    """Columns aligned by what is seen (a Chinese character is two wide); `right` are those aligned to the right.

    On a terminal a cell that does not fit is wrapped; in a pipe every row is one line without any decoration.
    """
    if not rows:
        note(empty)
        return
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, cells, right)
        return
    widths = [max(width_of(text) for text in column) for column in zip(columns, *cells, strict=True)]
    for row in [list(columns), *cells]:
        padded = [_pad(text, widths[n], to_right=n in right) for n, text in enumerate(row)]
        show("  ".join(padded).rstrip())


def show_facts(facts: Sequence[tuple[str, Any]]) -> None:
    """Label and value, one a line; what has no value is left out."""
    kept = [(label, printable(str(value))) for label, value in facts if value not in {None, ""}]
    width = max((width_of(label) for label, _value in kept), default=0)
    for label, value in kept:
        show(f"{_pad(label, width)}  {value}")


def heading(text: str) -> None:
    show()
    show(typer.style(text, bold=True) if sys.stdout.isatty() else text)


def printable(text: str) -> str:
    """Without what could move the cursor or change the terminal: other people's names and reasons are not trusted."""
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"} else "\ufffd"
        for character in text
    )


def width_of(text: str) -> int:
    """Columns on a terminal: wide and fullwidth characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def yuan(micro: int | None, *, places: int | None = None) -> str:
    """`1,234.50 元`, or `1,234.50 CNY` for readers of English: exact to a micro-yuan, or rounded to so many places."""
    if micro is None:
        return ""
    value = exact_yuan(micro) if places is None else format_yuan(micro, places=places)
    return f"{value} 元" if is_chinese() else f"{value} CNY"


def share(ppm: int) -> str:
    return f"{Decimal(ppm) / 10_000:.4g} %"


def moment(text: str | None) -> str:
    """An API time in this machine's time zone, which it names: `2026-11-21 14:05:09 +0800`.

    The pages speak the region's time, and a receipt's number carries the region's date: both may be another one here.
    """
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def seconds_between(start: str | None, end: str | None) -> float | None:
    """From `start` to `end`, or to now while it lasts."""
    if not start:
        return None
    until = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return max(0.0, (until - datetime.fromisoformat(start)).total_seconds())


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: int) -> str:
    """`512 B`, `1.5 KiB`, `12.0 MiB`."""
    amount, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error while it is a terminal; silence otherwise. Yields what to call with (done, in all)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _rich_table(columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number in right else "left", overflow="fold")
    for row in cells:
        table.add_row(*[Text(text) for text in row])
    Console(highlight=False).print(table)


def _pad(text: str, width: int, *, to_right: bool = False) -> str:
    gap = " " * (width - width_of(text))
    return gap + text if to_right else text + gap


def pick(row: Mapping[str, Any], english: str, chinese: str) -> str:
    """The name of something in the reader's language, or the other where there is none."""
    first, second = (chinese, english) if is_chinese() else (english, chinese)
    return str(row.get(first) or row.get(second) or "")
