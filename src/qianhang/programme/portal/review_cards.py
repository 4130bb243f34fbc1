"""The findings as the review page shows them: put into words beforehand, so that the template only places them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ..models import FindingKind, FindingOrigin, FindingState
from ..queries.review import Numbered
from ..rules.keys import plain
from .words import KINDS_PLURAL, flag_sentence, headline, particulars

DOUBTFUL = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Place:
    """Where else the document says it."""

    anchor: str
    number: str


@dataclass(frozen=True, slots=True)
class Card:
    """Numbers are text already: as an address, 1,000 must not get its comma."""

    number: str
    id: str
    kind: str
    kind_label: str
    title: str
    detail: str
    quote: str
    """Empty where the title says the same words."""
    places: Sequence[Place]
    has_place: bool
    rule: str
    confidence: str
    is_doubtful: bool
    state: str
    state_label: str
    is_open: bool
    is_rejected: bool
    is_model: bool
    is_kept: bool
    is_gone: bool
    flags: Sequence[str]
    was: str
    """What was read, where a person has changed it."""
    decided: str


@dataclass(frozen=True, slots=True)
class Group:
    kind: str
    title: str | Promise
    cards: Sequence[Card]


def card_of(one: Numbered, states: Mapping[str, str]) -> Card:
    """`states` are the labels of the states in the reader's language."""
    finding = one.finding
    content = finding.effective
    title, details = headline(finding.kind, content), particulars(finding.kind, content)
    quote = finding.quotes[0]["text"] if finding.quotes else ""
    if plain(quote) == plain(title):
        quote = ""
    was = ""
    if finding.edited is not None and finding.edited != finding.content:
        was = " · ".join([headline(finding.kind, finding.content), *particulars(finding.kind, finding.content)])
    return Card(
        number=str(one.number),
        id=str(finding.id),
        kind=finding.kind,
        kind_label=str(FindingKind(finding.kind).label),
        title=title,
        detail=" · ".join(details),
        quote=quote,
        places=[Place(f"q{one.number}-{n}", str(n)) for n in range(2, len(finding.quotes) + 1)]
        if one.quoted_here
        else [],
        has_place=one.quoted_here and bool(finding.quotes) and finding.state != FindingState.REJECTED,
        rule=finding.rule,
        confidence=f"{finding.confidence:.2f}",
        is_doubtful=finding.confidence < DOUBTFUL,
        state=finding.state,
        state_label=states[finding.state],
        is_open=finding.state == FindingState.PROPOSED,
        is_rejected=finding.state == FindingState.REJECTED,
        is_model=finding.origin == FindingOrigin.MODEL,
        is_kept=one.kept,
        is_gone=finding.is_gone,
        flags=[flag_sentence(flag) for flag in finding.flags],
        was=was,
        decided=_decided(one),
    )


def _decided(one: Numbered) -> str:
    """Who decided and why; empty while nobody has."""
    finding = one.finding
    if finding.reviewed_at is None:
        return ""
    who = finding.reviewed_by.name if finding.reviewed_by else _("someone who has left")
    return f"{who}: {finding.note}" if finding.note else who


def card_words() -> dict[str, str]:
    """The words that every card repeats, looked up once for all of them."""
    return {
        "accept": pgettext("finding", "Accept"),
        "edit": pgettext("finding", "Edit"),
        "reject": pgettext("finding", "Reject"),
        "show": _("Show it in the document"),
        "confidence": _("confidence"),
        "again": _("again"),
        "read_as": _("Read as"),
        "model": _("Proposal of a model"),
        "kept": _("kept from before"),
        "gone": _("no longer in the text"),
    }


def state_labels() -> dict[str, str]:
    return {value: str(label) for value, label in FindingState.choices}


def groups_of(shown: Iterable[Numbered], *, doubt_first: bool) -> list[Group]:
    """By kind, in the order of the document; or all in one row, the least certain first."""
    states = state_labels()
    if doubt_first:
        ranked = sorted(shown, key=lambda one: (one.finding.confidence, one.number))
        return [Group("all", _("Least certain first"), [card_of(one, states) for one in ranked])] if ranked else []
    order = {kind: place for place, kind in enumerate(KINDS_PLURAL)}
    ranked = sorted(shown, key=lambda one: (order[one.finding.kind], one.number))
    return [
        Group(kind, KINDS_PLURAL[kind], [card_of(one, states) for one in cards])
        for kind, cards in groupby(ranked, key=lambda one: one.finding.kind)
    ]
