"""Numbers of targets on a page: exact where they were observed, rounded where they were worked out."""

from decimal import Decimal
from typing import Any

from django import template

from ..portal.words import figure as _figure
from ..rules.figures import rounded

register = template.Library()

NOTHING = "–"
FEW = Decimal(100)


@register.filter
def figure(value: Any) -> str:
    """Every digit that is known, with thousands separators."""
    return NOTHING if value is None or value == "" else _figure(value)


@register.filter
def rough(value: Any) -> str:
    """A value that was worked out: two decimals, or four where it is small; none where it is large."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(str(value))
    size = abs(number)
    places = 0 if size >= FEW * FEW else 2 if size >= 1 else 4
    return _figure(rounded(number, places))
