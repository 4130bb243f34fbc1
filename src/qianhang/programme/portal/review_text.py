"""The document with its findings marked in it. Built in one pass, because a plan has hundreds of them."""

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ..models import FindingState
from ..queries.review import Numbered
from ..rules.highlights import Piece, Span, pieces

# Not a finding yet: what a reviewer has selected to make one of.
SELECTED = "selected"
# Marks around one another; of more than these, the shortest keep their number and get no line.
MOST_NESTED = 12


def spans_of(shown: Iterable[Numbered]) -> list[Span]:
    """Every place of every finding; a rejected one leaves no mark."""
    return [
        Span(quote["offset"], quote["offset"] + len(quote["text"]), one.number, one.finding.kind, copy)
        for one in shown
        if one.quoted_here and one.finding.state != FindingState.REJECTED
        for copy, quote in enumerate(one.finding.quotes, start=1)
    ]


def anchor_of(span: Span) -> str:
    """Where it is in the document: `q12`, and `q12-2` for the second time it is said."""
    return f"q{span.number}" if span.copy == 1 else f"q{span.number}-{span.copy}"


def marked_text(text: str, spans: Iterable[Span]) -> SafeString:
    """The text as lines, each finding underlined by its kind and preceded by a link with its number.

    The text nodes together are the very document, so that a selection's place in them is its place in the document.
    """
    parts: list[str] = ['<span class="doc-line">']
    for piece in pieces(text, spans):
        parts.append(_piece(piece))
        if piece.text.endswith("\n"):
            parts.append('</span><span class="doc-line">')
    parts.append("</span>")
    return mark_safe("".join(parts))  # noqa: S308 -- the text is escaped in _piece, the rest is ours


def _piece(piece: Piece) -> str:
    # A carriage return must be a reference: as itself the browser would drop it, and shift what comes after.
    shown = escape(piece.text).replace("\r", "&#13;")
    numbers = "".join(
        f'<a class="doc-number k-{one.kind}" id="{anchor_of(one)}" href="#f{one.number}" aria-label="{one.number}"></a>'
        for one in piece.begins
        if one.kind != SELECTED
    )
    if not piece.spans:
        return shown
    marked = piece.spans[:MOST_NESTED]
    opened = "".join(f'<mark class="k-{one.kind}" data-f="{one.number}">' for one in marked)
    return f"{numbers}{opened}{shown}{'</mark>' * len(marked)}"
