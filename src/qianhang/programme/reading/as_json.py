"""A reading as plain values, under the field names of the gold files of `benchmarks/plan_reading.py`."""

from datetime import date
from decimal import Decimal
from typing import Any

from qianhang.programme.reading.findings import (
    Canonical,
    Meta,
    Milestone,
    Reading,
    Responsibility,
    System,
    Target,
    Task,
)


def as_json(reading: Reading) -> dict[str, Any]:
    """All findings; numbers are exact (int where whole), dates ISO, offsets characters of the original."""
    return {
        "version": reading.version,
        "chars": len(reading.original),
        "meta": _meta(reading.meta),
        "targets": [_target(number, one) for number, one in enumerate(reading.targets, 1)],
        "milestones": [_milestone(one) for one in reading.milestones],
        "tasks": [_task(one) for one in reading.tasks],
        "responsibilities": [_responsibility(one) for one in reading.responsibilities],
        "systems": [_system(one) for one in reading.systems],
    }


def _meta(meta: Meta) -> dict[str, Any]:
    return {
        "title": meta.title,
        "title_inferred": meta.title_inferred,
        "issuer": meta.issuer,
        "doc_number": meta.doc_number,
        "date": _day(meta.date),
        "region": meta.region,
        "level": meta.level,
        "doc_type": meta.doc_type,
        "script": meta.script,
        "addressees": meta.addressees,
        "cites": list(meta.cites),
    }


def _target(number: int, target: Target) -> dict[str, Any]:
    return {
        "id": f"t{number:02}",
        "indicator": target.indicator,
        "comparator": target.comparator.value,
        "comparator_raw": list(target.comparator_raw),
        "value": _number(target.value),
        "value_max": None if target.value_max is None else _number(target.value_max),
        "unit": target.unit,
        "canonical": _canonical(target.canonical),
        "deadline": _day(target.deadline),
        "deadline_source": target.deadline_source.value,
        "period": target.period,
        "aim": target.aim,
        "section": target.section,
        "scope": target.scope,
        "quote": target.quotes[0].text,
        "offsets": sorted({quote.offset for quote in target.quotes}),
        "note": target.note,
        "rule": target.rule,
        "confidence": target.confidence,
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        "deadline": _year_or_day(milestone.deadline),
        "kind": milestone.kind,
        "quote": milestone.quote.text,
        "offsets": [milestone.quote.offset],
        "rule": milestone.rule,
        "confidence": milestone.confidence,
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "path": task.path,
        "number": task.number,
        "title": task.title,
        "parent": task.parent,
        "kind": task.kind,
        "body": task.body,
        "quote": task.quote.text,
        "offsets": [task.quote.offset],
        "rule": task.rule,
        "confidence": task.confidence,
    }


def _responsibility(one: Responsibility) -> dict[str, Any]:
    return {
        "task": one.task,
        "mode": one.mode,
        "lead": list(one.lead),
        "cooperating": list(one.cooperating),
        "responsible": list(one.responsible),
        "open_list": one.open_list,
        "generic": one.generic,
        "quote": one.quotes[0].text,
        "offsets": sorted({quote.offset for quote in one.quotes}),
        "flags": list(one.flags),
        "rule": one.rule,
        "confidence": one.confidence,
    }


def _system(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "type": system.type,
        "domain": system.domain,
        "action": system.action,
        "named": system.named,
        "room": system.room,
        "quote": system.quote.text,
        "offsets": [system.quote.offset],
        "rule": system.rule,
        "confidence": system.confidence,
    }


def _canonical(canonical: Canonical | None) -> dict[str, Any] | None:
    return None if canonical is None else {"v": _number(canonical.value), "u": canonical.unit}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _year_or_day(day: date | None) -> str | None:
    """The year alone when the whole year is meant."""
    if day is None:
        return None
    return str(day.year) if (day.month, day.day) == (12, 31) else day.isoformat()
