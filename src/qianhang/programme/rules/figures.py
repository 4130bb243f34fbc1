"""Numbers as people read them."""

from decimal import Decimal


def tidy(value: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent: 5000.000 is 5000."""
    plain = value.normalize()
    is_whole = plain == plain.to_integral_value() and abs(plain) < Decimal(10) ** 27
    return plain.quantize(Decimal(1)) if is_whole else plain


def tidy_or_none(value: Decimal | None) -> Decimal | None:
    return None if value is None else tidy(value)
