"""A target's way on the wall. Lines live on a 100 x 100 grid that is stretched to whatever room there is; what must
not be stretched with them, words and dots, is placed by the same numbers as percentages.
"""

from dataclasses import dataclass
from datetime import date

from ..queries.board import TargetView
from ..rules.progress import Point
from .board_chart import Scale, bounds, thinned

GRID = 100.0
# Room for half a dot at every edge.
BOX = (1.0, 5.0, 98.0, 95.0)
MOST_POINTS = 120
MIDDLE = GRID * 0.4
# How near, in per cent of the chart, the latest value comes to the words of the goal before these make way for it.
NEAR = (45.0, 40.0)


@dataclass(frozen=True, slots=True)
class WallWay:
    """Coordinates are per cent of the chart's width and height."""

    observed: str
    path: str
    forecast: str
    last: tuple[float, float] | None
    goal_y: float
    goal_top_y: float | None
    """Upper end of a range."""
    is_goal_high: bool
    """Whether the words of the goal go under its line, because the line is near the top."""
    goal_words_x: float
    """Where they begin: at the left, unless the latest value is there."""
    deadline_x: float | None
    first_day: date | None
    bottom: float = BOX[3]


def wall_way(view: TargetView, today: date) -> WallWay:
    """What there is to draw; of a target that nothing feeds, the goal and its year alone."""
    points, ahead = thinned(view.points, MOST_POINTS), view.forecast
    days = [one.day for one in (*points, *view.path)] + [today]
    values = [float(one.value) for one in (*points, *view.path)] + [float(view.value)]
    if view.value_max is not None:
        values.append(float(view.value_max))
    if view.deadline is not None:
        days.append(view.deadline)
    if not points:
        values.append(0.0)
    low, high = bounds(values)
    scale = Scale(min(days).toordinal(), max(days).toordinal(), low, high, BOX)
    latest = points[-1] if points else None
    leads_on = latest is not None and ahead is not None and ahead.day > latest.day
    goal_y = scale.y(view.value)
    last = None if latest is None else (scale.x(latest.day), scale.y(latest.value))
    return WallWay(
        observed=scale.line(points) if len(points) > 1 else "",
        path=scale.line(view.path) if len(view.path) > 1 else "",
        forecast=scale.line([latest, Point(ahead.day, ahead.value)]) if leads_on and latest and ahead else "",
        last=last,
        goal_y=goal_y,
        goal_top_y=None if view.value_max is None else scale.y(view.value_max),
        is_goal_high=goal_y < MIDDLE,
        goal_words_x=last[0] + 4 if last and last[0] < NEAR[0] and abs(last[1] - goal_y) < NEAR[1] else 0.0,
        deadline_x=None if view.deadline is None else scale.x(view.deadline),
        first_day=points[0].day if points else None,
    )
