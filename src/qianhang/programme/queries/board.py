"""The scoreboard: targets with what feeds them, where they stand, where they should stand, and the light."""

import uuid
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from qianhang.core.access import Actor

from ..board_parts import history_of, live_values, measure_name
from ..known_series import Series
from ..labels import COMPARATORS, LIGHT_RULES, LIGHTS, LOWER_BY_NATURE
from ..models import Binding, Milestone, Plan, Source, Target
from ..observing import today
from ..reading.findings import Comparator
from ..rules.figures import tidy, tidy_or_none
from ..rules.forecast import WINDOW, Forecast, forecast
from ..rules.light import Light, Rule, Standing, signal
from ..rules.nature import falls_by_nature
from ..rules.progress import Aim, Point, is_met, percent, progress, start_of
from ..rules.trajectory import expected, path
from .plans import PlanRow, plan_rows


@dataclass(frozen=True, slots=True)
class BindingView:
    """What feeds a target. `name` and `unit` are the source's."""

    id: uuid.UUID
    source: str
    source_label: str
    series: str
    measure: str
    """The code of the measure; empty for other sources."""
    series_id: uuid.UUID | None
    """Of a manual or outside series."""
    name: str
    unit: str
    factor: Decimal
    bound_at: datetime


@dataclass(frozen=True, slots=True)
class TargetView:
    """All values are in the target's own unit."""

    id: uuid.UUID
    plan_id: uuid.UUID
    plan_title: str
    region: str
    indicator: str
    scope: str
    comparator: str
    comparator_label: str
    value: Decimal
    value_max: Decimal | None
    unit: str
    canonical_value: Decimal | None
    canonical_unit: str
    deadline: date | None
    period: str
    aim: bool
    section: str
    task_id: uuid.UUID | None
    task_title: str
    owner_id: uuid.UUID | None
    owner: str
    baseline: Decimal | None
    baseline_on: date | None
    is_published: bool
    binding: BindingView | None
    latest: Point | None
    is_live: bool
    """True when `latest` was counted for this very answer, not observed before."""
    progress_percent: Decimal | None
    met: bool
    light: str
    light_label: str
    rule: str
    rule_text: str
    """The rule in words, and why lower counts as better where the plan does not say so."""
    lower_is_better: bool
    expected: Decimal | None
    """Where the path is today."""
    forecast: Forecast | None
    """At the deadline, or at the end of this year without one."""
    points: tuple[Point, ...]
    """Observed, oldest first, one a day."""
    path: tuple[Point, ...]
    """Corners of the trajectory: start, milestones, target at its deadline."""


@dataclass(frozen=True, slots=True)
class Board:
    plan: PlanRow
    targets: tuple[TargetView, ...]
    lights: Mapping[str, int]
    """How many targets show each light."""


def scoreboard(*, actor: Actor, plan_id: uuid.UUID, live: bool = False) -> Board:
    """A plan's targets as far as `actor` may see them. With `live`, measures that feed one are counted now as well.

    Raises NotFound. The number of queries does not grow with the targets; `live` adds one or two a measure.
    """
    plan = Plan.objects.fetch(actor, id=plan_id)
    rows = Target.objects.visible_to(actor).active().filter(plan=plan)
    targets = target_views(rows.select_related("plan", "task", "owner"), live=live)
    return Board(plan_rows([plan])[0], tuple(targets), lights_of(targets))


def lights_of(targets: Iterable[TargetView]) -> Mapping[str, int]:
    counts = dict.fromkeys((light.value for light in Light), 0)
    for target in targets:
        counts[target.light] += 1
    return counts


def target_views(
    targets: Iterable[Target], *, live: bool = False, now_values: Mapping[str, Decimal] | None = None
) -> list[TargetView]:
    """Rows with plan, task and owner loaded. Three queries more, however many targets.

    `now_values`: what measures count at this moment, where somebody has counted already.
    """
    rows = list(targets)
    bindings = {
        one.target_id: one
        for one in Binding.objects.filter(target__in=rows, ended_at=None).select_related("manual", "outside")
    }
    series = history_of({one.series for one in bindings.values()})
    if now_values is None:
        now_values = live_values({one.measure for one in bindings.values() if one.measure}) if live else {}
    stages: dict[uuid.UUID, list[Point]] = {}
    marks = Milestone.objects.filter(target__in=rows, is_active=True, value__isnull=False, deadline__isnull=False)
    for target_id, day, value in marks.values_list("target_id", "deadline", "value"):
        if target_id is not None and day is not None and value is not None:
            stages.setdefault(target_id, []).append(Point(day, tidy(value)))
    return [_view(row, bindings.get(row.id), series, now_values, stages.get(row.id, ())) for row in rows]


def _view(
    row: Target,
    binding: Binding | None,
    series: Mapping[str, Series],
    now_values: Mapping[str, Decimal],
    stages: Sequence[Point],
) -> TargetView:
    day = today()
    aim = aim_of(row)
    points = () if binding is None else in_unit_of(series.get(binding.series, ()), binding.factor)
    is_live = binding is not None and binding.measure in now_values
    if binding is not None and is_live:
        points = (*[one for one in points if one.day < day], Point(day, _times(now_values[binding.measure], binding)))
    latest = points[-1] if points else None
    start = start_of(aim, points[:1])
    corners = path(aim, start, stages)
    ahead = forecast(_lately(points), aim.deadline or date(day.year, 12, 31))
    due = expected(corners, day)
    standing = Standing(
        today=day,
        bound=binding is not None,
        value=latest.value if latest else None,
        start=start.value if start else None,
        expected=due,
        forecast=ahead,
        days=len(points),
    )
    lit = signal(aim, standing)
    return TargetView(
        id=row.id,
        plan_id=row.plan_id,
        plan_title=row.plan.title,
        region=row.plan.region,
        indicator=row.indicator,
        scope=row.scope,
        comparator=row.comparator,
        comparator_label=str(COMPARATORS[aim.comparator]),
        value=tidy(row.value),
        value_max=tidy_or_none(row.value_max),
        unit=row.unit,
        canonical_value=tidy_or_none(row.canonical_value),
        canonical_unit=row.canonical_unit,
        deadline=row.deadline,
        period=row.period,
        aim=row.aim,
        section=row.section,
        task_id=row.task_id,
        task_title=row.task.title if row.task else "",
        owner_id=row.owner_id,
        owner=row.owner.name if row.owner else "",
        baseline=tidy_or_none(row.baseline),
        baseline_on=row.baseline_on,
        is_published=row.published_at is not None,
        binding=None if binding is None else binding_view(binding),
        latest=latest,
        is_live=is_live,
        progress_percent=None if latest is None else percent(progress(aim, latest.value)),
        met=latest is not None and is_met(aim, latest.value),
        light=lit.light.value,
        light_label=str(LIGHTS[lit.light]),
        rule=lit.rule.value,
        rule_text=_words(aim, lit.rule),
        lower_is_better=aim.lower_is_better,
        expected=tidy_or_none(due),
        forecast=ahead,
        points=points,
        path=corners,
    )


def _lately(points: Sequence[Point]) -> Sequence[Point]:
    """What a forecast looks at, without walking through all the years before."""
    return points[bisect_left(points, points[-1].day - WINDOW, key=lambda one: one.day) :] if points else points


def aim_of(row: Target) -> Aim:
    return Aim(
        comparator=Comparator(row.comparator),
        value=tidy(row.value),
        value_max=tidy_or_none(row.value_max),
        deadline=row.deadline,
        baseline=tidy_or_none(row.baseline),
        baseline_on=row.baseline_on,
        falls_by_nature=falls_by_nature(row.indicator, row.unit),
    )


def _words(aim: Aim, rule: Rule) -> str:
    told = str(LIGHT_RULES[rule])
    return f"{told} {LOWER_BY_NATURE}" if aim.is_turned else told


def in_unit_of(points: Iterable[Point], factor: Decimal) -> tuple[Point, ...]:
    return tuple(points) if factor == 1 else tuple(Point(one.day, tidy(one.value * factor)) for one in points)


def _times(value: Decimal, binding: Binding) -> Decimal:
    return tidy(value * binding.factor)


def binding_view(binding: Binding) -> BindingView:
    held = binding.manual or binding.outside
    name, unit = (held.name, held.unit) if held else measure_name(binding.measure)
    return BindingView(
        id=binding.id,
        source=binding.source,
        source_label=str(Source(binding.source).label),
        series=binding.series,
        measure=binding.measure,
        series_id=held.id if held else None,
        name=name,
        unit=unit,
        factor=tidy(binding.factor),
        bound_at=binding.bound_at,
    )
