"""Geometry of the charts: numbers in, coordinates out. The components draw them as SVG (docs/why/charts.md)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

SPARK_WIDTH, SPARK_HEIGHT = 96, 24
WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 104, 12, 28


@dataclass(frozen=True, slots=True)
class Sparkline:
    points: str
    """SVG polyline points; empty when there are fewer than two values."""
    last_x: float
    last_y: float
    last: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line. `points` are (x, y) with x ascending; y None is a gap that is not drawn over."""

    name: str
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class DrawnLine:
    name: str
    index: int
    paths: Sequence[str]
    area: str
    label_x: float
    label_y: float
    last: str


@dataclass(frozen=True, slots=True)
class LineChart:
    lines: Sequence[DrawnLine]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    limit_y: float | None
    rows: Sequence[tuple[str, Sequence[str]]]
    """The same numbers for the table behind the chart: x label, then one cell per series."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Meter:
    share: float
    """0 to 1; more than the most there can be is drawn full."""
    width: float
    """Of 100."""


def meter(value: float | int | None, most: float | int | None) -> Meter:
    share = min(max(float(value or 0) / float(most), 0.0), 1.0) if most else 0.0
    return Meter(share=share, width=round(share * 100, 2))


def sparkline(values: Sequence[float]) -> Sparkline:
    """Zero-based, so that a small wobble does not look like a collapse."""
    numbers = [float(value) for value in values]
    if len(numbers) < 2:
        return Sparkline(points="", last_x=0, last_y=0, last=numbers[-1] if numbers else None)
    top = max(*numbers, 0.0) or 1.0
    step = SPARK_WIDTH / (len(numbers) - 1)
    placed = [
        (round(i * step, 1), round(2 + (1 - value / top) * (SPARK_HEIGHT - 4), 1)) for i, value in enumerate(numbers)
    ]
    return Sparkline(
        points=" ".join(f"{x},{y}" for x, y in placed),
        last_x=placed[-1][0],
        last_y=placed[-1][1],
        last=numbers[-1],
    )


def nice_step(span: float, *, about: int = 4) -> float:
    """The step of 1, 2 or 5 x 10^n that cuts `span` into roughly `about` parts (Heckbert, Graphics Gems, 1990)."""
    if span <= 0:
        return 1.0
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    return next((step * power for step in (1.0, 2.0, 5.0) if rough <= step * power), 10.0 * power)


def line_chart(
    series: Sequence[Series],
    *,
    limit: float | None = None,
    x_labels: Sequence[Tick] = (),
    unit: str = "",
) -> LineChart:
    """Lays out lines over a zero-based axis. `limit` is a level to draw across, such as what was allocated;
    `x_labels` name positions on the x axis in data units."""
    drawn = [one for one in series if one.points]
    xs = [x for one in drawn for x, _y in one.points] or [0.0]
    ys = [y for one in drawn for _x, y in one.points if y is not None]
    x_low, x_high = min(xs), max(xs)
    step = nice_step(max([*ys, limit or 0.0, 0.0]))
    y_high = step * max(1, math.ceil(max([*ys, limit or 0.0, 0.0]) / step))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at_x(x: float) -> float:
        return round(LEFT + (right - LEFT) * ((x - x_low) / (x_high - x_low) if x_high > x_low else 0.0), 1)

    def at_y(y: float) -> float:
        return round(bottom - (bottom - TOP) * (y / y_high), 1)

    lines = [_draw(one, index, at_x, at_y, bottom) for index, one in enumerate(drawn)]
    return LineChart(
        lines=_apart(lines),
        x_ticks=[Tick(at_x(tick.at), tick.label) for tick in x_labels],
        y_ticks=[Tick(at_y(i * step), _short(i * step)) for i in range(round(y_high / step) + 1)],
        limit_y=at_y(limit) if limit is not None else None,
        rows=_table(drawn, x_labels, unit),
    )


def _draw(
    one: Series, index: int, at_x: Callable[[float], float], at_y: Callable[[float], float], bottom: int
) -> DrawnLine:
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in one.points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((at_x(x), at_y(y)))
    pieces = [piece for piece in pieces if piece]
    paths = [" ".join(f"{x},{y}" for x, y in piece) for piece in pieces]
    area = ""
    if len(pieces) == 1 and len(pieces[0]) > 1:
        area = f"{pieces[0][0][0]},{bottom} {paths[0]} {pieces[0][-1][0]},{bottom}"
    known = [y for _x, y in one.points if y is not None]
    last_x, last_y = pieces[-1][-1] if pieces else (0.0, 0.0)
    return DrawnLine(
        name=one.name,
        index=index,
        paths=paths,
        area=area,
        label_x=last_x + 6,
        label_y=last_y + 4,
        last=_short(known[-1]) if known else "",
    )


def _apart(lines: Sequence[DrawnLine], *, gap: float = 14) -> list[DrawnLine]:
    """Moves direct labels down until none covers another."""
    placed: list[DrawnLine] = []
    for line in sorted(lines, key=lambda line: line.label_y):
        y = max(line.label_y, placed[-1].label_y + gap) if placed else line.label_y
        placed.append(replace(line, label_y=y))
    return sorted(placed, key=lambda line: line.index)


def _table(series: Sequence[Series], labels: Sequence[Tick], unit: str) -> list[tuple[str, list[str]]]:
    named = {tick.at: tick.label for tick in labels}
    xs = sorted({x for one in series for x, _y in one.points})
    values = [dict(one.points) for one in series]
    tail = f" {unit}" if unit else ""
    return [
        (named.get(x, _short(x)), ["–" if of.get(x) is None else _short(of[x]) + tail for of in values]) for x in xs
    ]


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
