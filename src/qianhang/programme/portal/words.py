"""How what a plan says is put into words on the pages: numbers with their comparator, deadlines, kinds, rooms."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from ..labels import COMPARATORS
from ..models import FindingKind
from ..reading.findings import Comparator
from ..rules.figures import tidy

SIGNS: Mapping[str, str] = {"eq": "=", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "approx": "≈", "range": ""}
COMPARATOR_CHOICES = [(one.value, COMPARATORS[one]) for one in Comparator]
PERIODS: Mapping[str, Promise] = {
    "year": _lazy("each year"),
    "quarter": _lazy("each quarter"),
    "month": _lazy("each month"),
}
ROOMS: Mapping[str, Promise] = {
    "compute": _lazy("Compute"),
    "funding": _lazy("Funding"),
    "data": _lazy("Data"),
    "modelhub": _lazy("Models"),
    "agents": _lazy("Agents"),
    "industry": _lazy("Industry"),
    "scenarios": _lazy("Scenarios"),
    "governance": _lazy("Governance"),
    "programme": pgettext_lazy("room", "Programme"),
    "outside": _lazy("Outside software"),
}
KINDS_PLURAL: Mapping[str, Promise] = {
    FindingKind.TARGET: _lazy("Targets"),
    FindingKind.TASK: _lazy("Tasks"),
    FindingKind.RESPONSIBILITY: _lazy("Responsibilities"),
    FindingKind.SYSTEM: _lazy("Named systems"),
    FindingKind.MILESTONE: _lazy("Milestones"),
}

INTAKE_NOTES: Mapping[str, Promise] = {
    "mojibake_repaired": _lazy("Its text had been read in a wrong encoding and was put right."),
    "characters_lost": _lazy("Some characters were already lost in the file."),
    "cut_off": _lazy("The file ends in the middle of a character."),
    "tracked_changes": _lazy("It has tracked changes: insertions were read, deletions were not."),
    "footnotes_moved": _lazy("Its footnotes stand below the text here."),
    "hidden_text": _lazy("Hidden text was left out."),
    "lines_joined": _lazy("Lines that the page had wrapped were joined."),
    "pages_without_text": _lazy("Some of its pages are pictures and hold no text."),
}
# Those that a reviewer should know, because something may be missing.
INTAKE_WARNINGS = {"characters_lost", "cut_off", "pages_without_text", "tracked_changes"}


def intake_notes(codes: Sequence[str]) -> list[tuple[str, bool]]:
    """What was noticed when the file was read, and whether something may be missing for it."""
    return [(str(INTAKE_NOTES.get(code, code)), code in INTAKE_WARNINGS) for code in codes]


def figure(value: object) -> str:
    """A number as people read it: `5,000`, `1.25`; anything else as it is."""
    try:
        return f"{tidy(Decimal(str(value))):,}"
    except InvalidOperation:
        return str(value)


def comparison(comparator: str, value: object, value_max: object = None, unit: str | None = "") -> str:
    """`> 5,000 PFLOPS`, `2–3 个`; a unit that is a sign stands close: `≥ 90%`."""
    amount = figure(value) if value_max in (None, "") else f"{figure(value)}–{figure(value_max)}"
    sign = SIGNS.get(comparator, "")
    gap = "" if not unit or unit in {"%", "‰"} else " "
    return f"{sign} {amount}{gap}{unit or ''}".strip()


def by_day(day: str | date | None) -> str:
    """`by the end of 2027`, or the day itself; empty without one."""
    if not day:
        return ""
    when = date.fromisoformat(day) if isinstance(day, str) else day
    if (when.month, when.day) == (12, 31):
        return _("by the end of {year}").format(year=when.year)
    return _("by {day}").format(day=when.isoformat())


def joined(names: Sequence[str], *, and_others: bool = False) -> str:
    """`A、B 等`."""
    text = _(", ").join(names)
    return _("{names} and others").format(names=text) if and_others and names else text


def headline(kind: str, content: Mapping[str, Any]) -> str:
    """What the finding is, in a few words."""
    if kind == FindingKind.TARGET:
        return str(content["indicator"])
    if kind == FindingKind.TASK:
        return f"{content.get('number') or ''} {content['title']}".strip()
    if kind == FindingKind.RESPONSIBILITY:
        return _owners(content)
    return str(content["name"] if kind == FindingKind.SYSTEM else content["quote"])


def particulars(kind: str, content: Mapping[str, Any]) -> list[str]:
    """What else is known of it, one short phrase each."""
    if kind == FindingKind.TARGET:
        return _of_target(content)
    if kind == FindingKind.RESPONSIBILITY:
        return [_("task {path}").format(path=content["task"])]
    if kind == FindingKind.SYSTEM:
        room = str(content.get("room") or "")
        kind_of = "" if content.get("named") else _("a kind of thing, no name")
        return [phrase for phrase in (str(ROOMS.get(room, room)), kind_of) if phrase]
    if kind == FindingKind.MILESTONE:
        return [phrase for phrase in (by_day(content.get("deadline")),) if phrase]
    return []


def _of_target(content: Mapping[str, Any]) -> list[str]:
    period = content.get("period")
    phrases = [
        comparison(content["comparator"], content["value"], content["value_max"], content["unit"]),
        by_day(content.get("deadline")),
        str(PERIODS[period]) if period else "",
        _("an aim") if content.get("aim") else "",
        str(content.get("scope") or ""),
    ]
    return [phrase for phrase in phrases if phrase]


def _owners(content: Mapping[str, Any]) -> str:
    """`lead: A; cooperating: B and others`, or the words that name nobody."""
    parts = (
        (_("lead: {names}"), content["lead"]),
        (_("cooperating: {names}"), content["cooperating"]),
        (_("responsible: {names}"), content["responsible"]),
    )
    said = [text.format(names=joined(names)) for text, names in parts if names]
    if not said:
        return str(content.get("generic") or "–")
    text = _("; ").join(said)
    return _("{names} and others").format(names=text) if content.get("open_list") else text


def flag_sentence(flag: str) -> str:
    """A doubt of the reading, as a sentence."""
    code, _colon, fact = flag.partition(":")
    name, _equals, meant = fact.partition("=")
    if code == "typo":
        return _("{name} is in no register; {meant} is probably meant.").format(name=name, meant=meant)
    if code == "outdated":
        return _("{name} was called otherwise at that date: {meant}.").format(name=name, meant=meant)
    return flag
