"""Numbers as people read them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

# The default context refuses to round what then has more than 28 digits; the columns hold 38, and factors 60.
_WIDE = Context(prec=200)


def rounded(value: Decimal, places: int = 0) -> Decimal:
    """To so many decimals, half to even, however long the number is. Use it instead of `round` and `quantize`."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=_WIDE)


def tidy(value: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent: 5000.000 is 5000."""
    plain = value.normalize(_WIDE)
    is_whole = plain == plain.to_integral_value() and abs(plain) < Decimal(10) ** 27
    return plain.quantize(Decimal(1)) if is_whole else plain


def tidy_or_none(value: Decimal | None) -> Decimal | None:
    return None if value is None else tidy(value)
