"""The review of what was read: the document at the left, the findings at the right."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy as _context
from django.views.decorators.cache import never_cache

from qianhang.core.access import Permission
from qianhang.core.web.pages import Listing, actor_of, render_page, signed_in

from ..models import FindingKind
from ..proposer import has_proposer
from ..queries import review as queries
from ..queries.review import Numbered, Review
from ..rules.highlights import Span
from .review_cards import card_words, groups_of
from .review_forms import FORMS, QUOTED_AS, FindingForm, QuoteForm
from .review_text import SELECTED, marked_text, spans_of
from .words import KINDS_PLURAL, intake_notes

SHELF_LABELS: Mapping[str, Promise] = {
    "": _lazy("All"),
    queries.OPEN: _context("findings", "Open"),
    queries.ACCEPTED: _context("findings", "Accepted"),
    queries.EDITED: _context("findings", "Edited"),
    queries.ADDED: _context("findings", "Added"),
    queries.REJECTED: _context("findings", "Rejected"),
    queries.PROPOSALS: _lazy("Model's proposals"),
    queries.GONE: _lazy("No longer in the text"),
}
# A shelf without anything on it is left out, except these.
ALWAYS = {"", queries.OPEN, queries.ACCEPTED, queries.REJECTED}
DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter that can be chosen, with how many findings it leaves."""

    value: str
    label: str | Promise
    url: str
    count: int
    is_current: bool


@dataclass
class Desk:
    """What the page holds while one finding is being changed or added."""

    editing: uuid.UUID | None = None
    edit_form: FindingForm | None = None
    adding: str = ""
    add_form: FindingForm | None = None
    quote_form: QuoteForm | None = None
    selected: Span | None = None
    """The words that were selected for it."""

    @classmethod
    def of(cls, request: HttpRequest, review: Review) -> Self:
        """As the address says: `edit` is a finding, `add` a kind, `at` and `length` what was selected for it."""
        desk = cls()
        chosen = review.of_id(wanted) if (wanted := read_id(request.GET.get("edit", ""))) else None
        if chosen is not None:
            desk.editing = chosen.finding.id
            desk.edit_form = edit_form(chosen)
        kind = request.GET.get("add", "")
        if kind in FORMS:
            desk.selected = _selected(request, review)
            near = desk.selected.start if desk.selected else None
            quoted = review.document.text[near : desk.selected.end].strip() if desk.selected else ""
            desk.adding = kind
            desk.add_form = FORMS[kind](prefix="new", initial={QUOTED_AS.get(kind, ""): quoted})
            desk.quote_form = QuoteForm(prefix="new", initial={"quoted": quoted, "near": near})
        return desk


def edit_form(one: Numbered, data: Any = None) -> FindingForm:
    return FORMS[one.finding.kind](data, prefix="edit", initial=one.finding.effective)


def read_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _selected(request: HttpRequest, review: Review) -> Span | None:
    """The words that were selected in the document, if the address says which."""
    at, length = request.GET.get("at", ""), request.GET.get("length", "")
    if not (at.isdecimal() and length.isdecimal() and len(at) < 10 and len(length) < 5):
        return None
    end = int(at) + int(length)
    return Span(int(at), end, 0, SELECTED) if int(at) < end <= len(review.document.text) else None


@signed_in
@never_cache
def plan_review(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    review = queries.review_of(actor=actor_of(request), plan_id=plan_id)
    return review_page(request, review, Desk.of(request, review))


def listing_of(request: HttpRequest, plan_id: uuid.UUID) -> Listing:
    """The filters, which the pages that change something carry along."""
    listing = Listing.of(
        request,
        names=("state", "kind", "sort"),
        choices={"state": queries.SHELVES, "kind": FindingKind.values, "sort": [DOUBT]},
    )
    return Listing(path=reverse("plan_review", args=[plan_id]), params=listing.params, values=listing.values)


def review_page(request: HttpRequest, review: Review, desk: Desk, *, status: int = 200) -> HttpResponse:
    actor, listing = actor_of(request), listing_of(request, review.plan.id)
    shelf, kind = listing.values.get("state", ""), listing.values.get("kind", "")
    on_shelf = [one for one in review.findings if not shelf or one.on(shelf)]
    shown = [one for one in on_shelf if not kind or one.finding.kind == kind]
    may_change = actor.may(Permission.PLAN_MANAGE)
    context = {
        **frame_of(review),
        "listing": listing,
        "back": urlencode(sorted(listing.values.items())),
        "shelves": _shelves(review, listing),
        "kinds": _kinds(on_shelf, listing),
        "doubt_first": listing.values.get("sort") == DOUBT,
        "groups": groups_of(shown, doubt_first=listing.values.get("sort") == DOUBT),
        "text": marked_text(review.document.text, [*spans_of(shown), *([desk.selected] if desk.selected else [])]),
        "may_change": may_change,
        "may_propose": may_change and has_proposer(),
        "warnings": [note for note, is_warning in intake_notes(review.document.notes) if is_warning],
        "desk": desk if may_change else Desk(),
        "editing": str(desk.editing) if desk.editing and may_change else "",
        "addable": [(value, label, listing.url(add=value) + "#add") for value, label in FindingKind.choices],
    }
    return render_page(request, "programme/review.html", context, title=_("Review"), status=status)


def frame_of(review: Review) -> dict[str, Any]:
    """What the page and the fragment of one decision both show."""
    counts = review.counts()
    return {
        "say": card_words(),
        "plan": review.plan,
        "document": review.document,
        "left": counts.get(queries.OPEN, 0),
        "total": len(review.findings),
        "decided": len(review.findings) - counts.get(queries.OPEN, 0),
    }


def _shelves(review: Review, listing: Listing) -> Sequence[Choice]:
    counts = {"": len(review.findings), **review.counts()}
    current = listing.values.get("state", "")
    return [
        Choice(shelf, label, listing.url(state=shelf or None), counts.get(shelf, 0), shelf == current)
        for shelf, label in SHELF_LABELS.items()
        if counts.get(shelf) or shelf in ALWAYS or shelf == current
    ]


def _kinds(on_shelf: Sequence[Numbered], listing: Listing) -> Sequence[Choice]:
    counts = Counter(one.finding.kind for one in on_shelf)
    current = listing.values.get("kind", "")
    return [
        # Choosing the current one again takes the filter away.
        Choice(kind, label, listing.url(kind=None if kind == current else kind), counts[kind], kind == current)
        for kind, label in KINDS_PLURAL.items()
    ]
