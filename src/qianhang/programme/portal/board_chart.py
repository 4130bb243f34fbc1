"""Geometry of a target's way: what was observed, the path it should follow, and where it goes if it goes on so.

Numbers in, coordinates out; the templates draw them as SVG. Time runs from the first day that is known to the last.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from qianhang.portal.charts import Tick, nice_step

from ..queries.board import TargetView
from ..rules.progress import Point
from ..rules.trajectory import expected

WIDTH, HEIGHT = 640, 264
LEFT, RIGHT, TOP, BOTTOM = 56, 112, 26, 30
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 112, 32, 4
MOST_POINTS, MOST_SPARK_POINTS, MOST_ROWS = 240, 40, 60
LABEL_GAP = 15
# Below this share of the top the axis would waste most of the chart on empty space, so it does not begin at zero.
ZERO_BASED_BELOW = 0.6
THOUSAND = 1000
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Spark:
    """A way in a table row. Coordinates on a 112 x 32 grid; a part that is not known is empty."""

    observed: str
    path: str
    last: tuple[float, float] | None
    goal_y: float | None


@dataclass(frozen=True, slots=True)
class Label:
    kind: str
    """`goal`, `observed` or `forecast`; the template has the word."""
    y: float
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table behind the chart."""

    day: date
    observed: Decimal | None
    path: Decimal | None
    forecast: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Way:
    observed: str
    path: str
    forecast: str
    band: str
    goal_y: float
    goal_top_y: float | None
    """Upper end of a range."""
    today_x: float | None
    deadline_x: float | None
    last: tuple[float, float]
    forecast_end: tuple[float, float] | None
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    labels: Sequence[Label]
    rows: Sequence[Row]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(slots=True)
class Scale:
    """From data to a box on the page."""

    x_low: int
    x_high: int
    y_low: float
    y_high: float
    box: tuple[float, float, float, float] = field(default=(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM))

    def x(self, day: date) -> float:
        left, _top, right, _bottom = self.box
        share = (day.toordinal() - self.x_low) / (self.x_high - self.x_low) if self.x_high > self.x_low else 0.0
        return round(left + (right - left) * share, 1)

    def y(self, value: Decimal | float) -> float:
        _left, top, _right, bottom = self.box
        share = (float(value) - self.y_low) / (self.y_high - self.y_low) if self.y_high > self.y_low else 0.5
        return round(bottom - (bottom - top) * min(max(share, -0.04), 1.04), 1)

    def line(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(one.day)},{self.y(one.value)}" for one in points)


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most so many of them, evenly spaced, the last always among them."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]


def spark(view: TargetView) -> Spark | None:
    """None where there is nothing to draw yet."""
    if not view.points and len(view.path) < 2:
        return None
    observed = thinned(view.points, MOST_SPARK_POINTS)
    every = [*observed, *view.path]
    days = [one.day.toordinal() for one in every]
    values = [float(one.value) for one in every] + [float(view.value)]
    low, high = bounds(values)
    box = (SPARK_MARGIN, SPARK_MARGIN, SPARK_WIDTH - SPARK_MARGIN, SPARK_HEIGHT - SPARK_MARGIN)
    scale = Scale(min(days), max(days), low, high, box)
    last = (scale.x(observed[-1].day), scale.y(observed[-1].value)) if observed else None
    return Spark(
        observed=scale.line(observed) if len(observed) > 1 else "",
        path=scale.line(view.path) if len(view.path) > 1 else "",
        last=last,
        goal_y=scale.y(view.value),
    )


def way(view: TargetView, today: date) -> Way | None:
    """None before the first observation."""
    if not view.points:
        return None
    latest, ahead = view.points[-1], view.forecast
    days = [view.points[0].day, latest.day, today, *(one.day for one in view.path)]
    values = [float(one.value) for one in (*view.points, *view.path)] + [float(view.value)]
    if view.value_max is not None:
        values.append(float(view.value_max))
    if ahead is not None:
        days.append(ahead.day)
        values.append(float(ahead.value))
    if view.deadline is not None:
        days.append(view.deadline)
    # The band of an early forecast can be far wider than anything else; it is cut at the frame rather than rule it.
    low, high, step = _axis(values)
    scale = Scale(min(days).toordinal(), max(days).toordinal(), low, high)
    observed = thinned(view.points, MOST_POINTS)
    forecast = [latest, Point(ahead.day, ahead.value)] if ahead is not None and ahead.day > latest.day else []
    return Way(
        observed=scale.line(observed),
        path=scale.line(view.path) if len(view.path) > 1 else "",
        forecast=scale.line(forecast),
        band=_band(view, scale) if forecast else "",
        goal_y=scale.y(view.value),
        goal_top_y=None if view.value_max is None else scale.y(view.value_max),
        today_x=scale.x(today),
        deadline_x=None if view.deadline is None else scale.x(view.deadline),
        last=(scale.x(latest.day), scale.y(latest.value)),
        forecast_end=(scale.x(ahead.day), scale.y(ahead.value)) if forecast and ahead is not None else None,
        x_ticks=_days(min(days), max(days), scale),
        y_ticks=[
            Tick(scale.y(low + place * step), short(low + place * step))
            for place in range(round((high - low) / step) + 1)
        ],
        labels=_labels(view, scale, is_ahead=bool(forecast)),
        rows=_rows(view),
    )


def short(value: Decimal | float) -> str:
    """Few digits, as the labels of an axis have them."""
    number = float(value)
    return f"{number:,.4g}" if abs(number) < THOUSAND else f"{number:,.0f}"


def bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if 0 <= low < high * ZERO_BASED_BELOW:
        return 0.0, high
    return (low, high) if high > low else (low - 1, high + 1)


def _axis(values: Sequence[float]) -> tuple[float, float, float]:
    low, high = bounds(values)
    step = nice_step(high - low)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def _band(view: TargetView, scale: Scale) -> str:
    """The error band opens from the latest observation, where nothing is unknown, to the forecast's day."""
    ahead, latest = view.forecast, view.points[-1]
    if ahead is None:
        return ""
    corners = ((latest.day, latest.value), (ahead.day, ahead.high), (ahead.day, ahead.low))
    return " ".join(f"{scale.x(day)},{scale.y(value)}" for day, value in corners)


def _labels(view: TargetView, scale: Scale, *, is_ahead: bool) -> list[Label]:
    """At the right edge, moved apart until none covers another."""
    wanted = [Label("goal", scale.y(view.value), short(view.value))]
    if is_ahead and view.forecast is not None:
        wanted.append(Label("forecast", scale.y(view.forecast.value), short(view.forecast.value)))
    placed: list[Label] = []
    for one in sorted(wanted, key=lambda one: one.y):
        y = max(one.y, placed[-1].y + LABEL_GAP) if placed else one.y
        placed.append(Label(one.kind, y, one.value))
    return placed


def _days(first: date, last: date, scale: Scale) -> list[Tick]:
    """Years where the way is long, quarters where it is short; always a beginning of one."""
    months = (last.year - first.year) * 12 + last.month - first.month
    every = next((step for step in (1, 3, 6, 12, 24, 60, 120) if months <= step * 6), 240)
    ticks = []
    for count in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        day = date(count // 12, count % 12 + 1, 1)
        if day >= first and count % every == 0:
            ticks.append(Tick(scale.x(day), f"{day:%Y}" if every >= MONTHS else f"{day:%Y-%m}"))
    return ticks


def _rows(view: TargetView) -> list[Row]:
    """The last observation of each month, the corners of the path, and the forecast."""
    months: dict[tuple[int, int], Point] = {(one.day.year, one.day.month): one for one in view.points}
    observed = {one.day: one.value for one in list(months.values())[-MOST_ROWS:]}
    corners = {one.day: one.value for one in view.path}
    rows = [Row(day, observed.get(day), corners.get(day, expected(view.path, day))) for day in {*observed, *corners}]
    if view.forecast is not None:
        ahead = view.forecast
        rows.append(Row(ahead.day, None, None, ahead.value, ahead.low, ahead.high))
    return sorted(rows, key=lambda row: (row.day, row.forecast is not None))
