"""From a reading to what is stored of it: one draft a finding, with plain JSON values and exact numbers as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..reading.findings import Meta, Milestone, Quote, Reading, Responsibility, System, Target, Task
from .keys import finding_key, with_ordinals


@dataclass(frozen=True, slots=True)
class Draft:
    kind: str
    key: str
    content: dict[str, Any]
    quotes: Sequence[dict[str, Any]]
    section: str
    rule: str
    confidence: float
    flags: Sequence[str] = ()

    @property
    def position(self) -> int:
        """Where the shown quote begins."""
        return int(self.quotes[0]["offset"]) if self.quotes else 0

    def as_json(self) -> dict[str, Any]:
        """What a document keeps of it, to be compared with other wordings."""
        return {"kind": self.kind, "key": self.key, "content": self.content, "position": self.position}


def drafts_of(reading: Reading) -> tuple[Draft, ...]:
    """Every finding, in the order of the document within its kind."""
    drafts = [*_tasks(reading), *_responsibilities(reading), *_targets(reading), *_milestones(reading)]
    drafts += _systems(reading)
    keys = with_ordinals(draft.key for draft in drafts)
    return tuple(
        Draft(
            kind=draft.kind,
            key=key,
            content=draft.content,
            quotes=draft.quotes,
            section=draft.section,
            rule=draft.rule,
            confidence=draft.confidence,
            flags=draft.flags,
        )
        for draft, key in zip(drafts, keys, strict=True)
    )


def meta_as_json(meta: Meta) -> dict[str, Any]:
    return {
        "title": meta.title,
        "title_inferred": meta.title_inferred,
        "issuer": meta.issuer,
        "doc_number": meta.doc_number,
        "date": meta.date.isoformat() if meta.date else None,
        "region": meta.region,
        "level": meta.level,
        "doc_type": meta.doc_type,
        "script": meta.script,
        "addressees": meta.addressees,
        "cites": list(meta.cites),
    }


def _targets(reading: Reading) -> list[Draft]:
    drafts = []
    for one in reading.targets:
        canonical = one.canonical
        content = {
            "indicator": one.indicator,
            "comparator": one.comparator.value,
            "comparator_raw": list(one.comparator_raw),
            "value": _text(one.value),
            "value_max": None if one.value_max is None else _text(one.value_max),
            "unit": one.unit,
            "canonical": None if canonical is None else {"v": _text(canonical.value), "u": canonical.unit},
            "deadline": one.deadline.isoformat() if one.deadline else None,
            "deadline_source": one.deadline_source.value,
            "period": one.period,
            "aim": one.aim,
            "section": one.section,
            "scope": one.scope,
            "note": one.note,
        }
        drafts.append(_draft("target", content, one, quotes=one.quotes, section=one.section))
    return drafts


def _tasks(reading: Reading) -> list[Draft]:
    return [
        _draft(
            "task",
            {
                "path": one.path,
                "number": one.number,
                "title": one.title,
                "parent": one.parent,
                "kind": one.kind,
                "body": one.body,
            },
            one,
            quotes=[one.quote],
            section=one.path,
        )
        for one in reading.tasks
    ]


def _responsibilities(reading: Reading) -> list[Draft]:
    return [
        _draft(
            "responsibility",
            {
                "task": one.task,
                "mode": one.mode,
                "lead": list(one.lead),
                "cooperating": list(one.cooperating),
                "responsible": list(one.responsible),
                "open_list": one.open_list,
                "generic": one.generic,
            },
            one,
            quotes=one.quotes,
            section=one.task,
            flags=one.flags,
        )
        for one in reading.responsibilities
    ]


def _systems(reading: Reading) -> list[Draft]:
    return [
        _draft(
            "system",
            {
                "name": one.name,
                "type": one.type,
                "domain": one.domain,
                "action": one.action,
                "named": one.named,
                "room": one.room,
            },
            one,
            quotes=[one.quote],
        )
        for one in reading.systems
    ]


def _milestones(reading: Reading) -> list[Draft]:
    return [
        _draft(
            "milestone",
            {
                "deadline": one.deadline.isoformat() if one.deadline else None,
                "kind": one.kind,
                "quote": one.quote.text,
            },
            one,
            quotes=[one.quote],
        )
        for one in reading.milestones
    ]


def _draft(
    kind: str,
    content: dict[str, Any],
    found: Target | Task | Responsibility | System | Milestone,
    *,
    quotes: Sequence[Quote],
    section: str = "",
    flags: Sequence[str] = (),
) -> Draft:
    return Draft(
        kind=kind,
        key=finding_key(kind, content),
        content=content,
        quotes=[{"text": quote.text, "offset": quote.offset} for quote in quotes],
        section=section,
        rule=found.rule,
        confidence=found.confidence,
        flags=tuple(flags),
    )


def _text(number: object) -> str:
    """A number as plain digits, never with an exponent."""
    return f"{number:f}"
