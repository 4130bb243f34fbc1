"""From accepted findings to live tasks, owners, targets, systems and milestones, in a constant number of statements.

A live row belongs to one finding and lives as long as the finding is accepted, edited or added; the row of a rejected
one is set aside (`is_active`), because reports and observations may hang on it.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, models

from .models import (
    Finding,
    FindingKind,
    FindingState,
    Milestone,
    NamedSystem,
    Plan,
    ProgrammeTask,
    ResponsibleUnit,
    Target,
    TaskResponsibility,
)
from .rules.tree import Node, covering, nearest
from .units_of_plan import unit_links

LIVE = frozenset({FindingState.ACCEPTED, FindingState.EDITED, FindingState.ADDED})
_MOST_TITLE = 300


def apply_findings(plan: Plan, findings: Sequence[Finding]) -> None:
    """Makes the live rows say what these findings say, and ties the whole plan's rows together again.

    The plan is locked by the caller.
    """
    of_kind: dict[str, list[Finding]] = {kind: [] for kind in FindingKind.values}
    for finding in findings:
        of_kind[finding.kind].append(finding)
    for kind, (model, fields) in _MODELS.items():
        if of_kind[kind]:
            _upsert(model, plan, of_kind[kind], fields)
    if of_kind[FindingKind.RESPONSIBILITY]:
        _name_units(plan, of_kind[FindingKind.RESPONSIBILITY])
    _tie(plan)


def is_live(finding: Finding) -> bool:
    return finding.state in LIVE


def _upsert(
    model: Any, plan: Plan, findings: Iterable[Finding], fields_of: Callable[[Finding], dict[str, Any]]
) -> None:
    rows = list(findings)
    there = {row.finding_id: row for row in model.objects.filter(finding__in=[one.id for one in rows])}
    made, changed, touched = [], [], {"is_active"}
    for finding in rows:
        row = there.get(finding.id)
        if row is None and not is_live(finding):
            continue
        fields = fields_of(finding) if is_live(finding) else {}
        if row is None:
            made.append(model(plan=plan, finding=finding, **fields))
            continue
        row.is_active = is_live(finding)
        for name, value in fields.items():
            setattr(row, name, value)
        touched |= set(fields)
        changed.append(row)
    model.objects.bulk_create(made, batch_size=500)
    model.objects.bulk_update(changed, sorted(touched), batch_size=200)


def _task(finding: Finding) -> dict[str, Any]:
    content = finding.effective
    return {
        "path": content["path"][:200],
        "number": (content["number"] or "")[:40],
        "title": content["title"][:_MOST_TITLE],
        "body": content["body"] or "",
        "kind": content["kind"][:20],
        "position": finding.position,
    }


def _target(finding: Finding) -> dict[str, Any]:
    content = finding.effective
    canonical = content["canonical"]
    return {
        "indicator": content["indicator"][:300],
        "scope": (content["scope"] or "")[:200],
        "comparator": content["comparator"],
        "value": Decimal(content["value"]),
        "value_max": None if content["value_max"] is None else Decimal(content["value_max"]),
        "unit": (content["unit"] or "")[:40],
        "canonical_value": None if canonical is None else Decimal(canonical["v"]),
        "canonical_unit": "" if canonical is None else canonical["u"][:40],
        "deadline": _day(content["deadline"]),
        "period": content["period"] or "",
        "aim": content["aim"],
        "section": (content["section"] or "")[:200],
        "position": finding.position,
    }


def _responsibility(finding: Finding) -> dict[str, Any]:
    content = finding.effective
    return {
        "mode": (content["mode"] or "")[:40],
        "open_list": content["open_list"],
        "generic": (content["generic"] or "")[:200],
    }


def _system(finding: Finding) -> dict[str, Any]:
    content = finding.effective
    return {
        "name": content["name"][:300],
        "type": (content["type"] or "")[:60],
        "domain": (content["domain"] or "")[:80],
        "action": (content["action"] or "")[:80],
        "is_named": content["named"],
        "room": (content["room"] or "outside")[:40],
        "position": finding.position,
    }


def _milestone(finding: Finding) -> dict[str, Any]:
    content = finding.effective
    return {
        "text": content["quote"][:1000],
        "kind": (content["kind"] or "milestone")[:20],
        "deadline": _day(content["deadline"]),
    }


_MODELS: dict[str, tuple[Any, Callable[[Finding], dict[str, Any]]]] = {
    FindingKind.TASK: (ProgrammeTask, _task),
    FindingKind.TARGET: (Target, _target),
    FindingKind.RESPONSIBILITY: (TaskResponsibility, _responsibility),
    FindingKind.SYSTEM: (NamedSystem, _system),
    FindingKind.MILESTONE: (Milestone, _milestone),
}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _name_units(plan: Plan, findings: Sequence[Finding]) -> None:
    """Writes the lists anew: order and parts may have changed."""
    rows = {row.finding_id: row for row in TaskResponsibility.objects.filter(finding__in=[one.id for one in findings])}
    ResponsibleUnit.objects.filter(responsibility__in=list(rows.values())).delete()
    names = [
        (rows[finding.id], part, place, name)
        for finding in findings
        if finding.id in rows and is_live(finding)
        for part in ResponsibleUnit.Part
        for place, name in enumerate(finding.effective[part.value])
    ]
    links = unit_links(plan, {name for _row, _part, _place, name in names})
    ResponsibleUnit.objects.bulk_create(
        [
            ResponsibleUnit(
                responsibility=row,
                part=part,
                position=place,
                name=name[:200],
                agency=links[name].agency[:200],
                organisation_id=links[name].organisation_id,
            )
            for row, part, place, name in names
        ],
        batch_size=500,
    )


def _tie(plan: Plan) -> None:
    """Parents, the task of each target and list, and the list that covers each task. Six reads, at most five writes."""
    tasks = list(ProgrammeTask.objects.active().filter(plan=plan).select_related("finding").order_by("position", "id"))
    by_path: dict[str, ProgrammeTask] = {}
    for task in tasks:
        by_path.setdefault(task.path, task)
    nodes = {path: Node(path, task.finding.effective["parent"]) for path, task in by_path.items()}

    lists = list(
        TaskResponsibility.objects.filter(plan=plan, is_active=True)
        .select_related("finding")
        .order_by("finding__position", "id")
    )
    own: dict[str, uuid.UUID] = {}
    for row in lists:
        path = nearest(row.finding.effective["task"], nodes)
        row.task_id = None if path is None else by_path[path].id
        if path is not None:
            own.setdefault(path, row.id)
    _save_changed(lists, "task_id")

    for task in tasks:
        parent = nodes[task.path].parent
        above = by_path.get(parent) if parent is not None and parent != task.path else None
        task.parent_id = None if above is None else above.id
        task.covered_by_id = covering(task.path, nodes, own)
    _save_changed(tasks, "parent_id", "covered_by_id")

    targets = list(Target.objects.active().filter(plan=plan))
    for target in targets:
        path = nearest(target.section, nodes)
        target.task_id = None if path is None else by_path[path].id
    _save_changed(targets, "task_id")


def _save_changed(rows: Sequence[Any], *columns: str) -> None:
    """Writes the references that differ from what is stored: one read, and at most one statement a column."""
    if not rows:
        return
    model: type[models.Model] = type(rows[0])
    stored = {
        values[0]: values[1:]
        for values in model._default_manager.filter(pk__in=[row.pk for row in rows]).values_list("pk", *columns)
    }
    for place, column in enumerate(columns):
        changed = [row for row in rows if stored[row.pk][place] != getattr(row, column)]
        if changed:
            _set_references(model, column, [(row.pk, getattr(row, column)) for row in changed])


def _set_references(
    model: type[models.Model], column: str, pairs: Sequence[tuple[uuid.UUID, uuid.UUID | None]]
) -> None:
    """A statement whose length does not grow with the rows; the ORM's CASE takes seconds for a long plan."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET "{column}" = new.value FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, value) '  # noqa: S608 -- names of our own columns
            f'WHERE "{table}".id = new.id',
            [[pk for pk, _value in pairs], [value for _pk, value in pairs]],
        )
