"""How compute's own figures look. Use with `{% load compute %}`."""

from decimal import Decimal

from django import template

from ..portal import words

register = template.Library()


@register.filter
def milli(value: int | None) -> str:
    """Thousandths as a plain number: 1500 is `1.5`."""
    return "–" if value is None else f"{(Decimal(value) / 1000).normalize():f}"


@register.filter
def ppm_score(value: int) -> str:
    """A score of 0 to 1,000,000 as 0.0 to 100.0."""
    return f"{Decimal(value) / 10_000:.1f}"


@register.filter
def milli_percent(value: int | None) -> str:
    """A share in thousandths as per cent: 375 is `37.5%`."""
    return "–" if value is None else f"{(Decimal(value) / 10).normalize():f}%"


@register.filter
def isolation(level: str) -> str:
    """What an isolation level means, in words."""
    return words.isolation_in_words(level)


@register.filter
def who(name: str) -> str:
    """A person's name, or the platform for its own worker."""
    return words.who(name)
