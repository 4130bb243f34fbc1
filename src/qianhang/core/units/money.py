"""Money is an integer number of micro-yuan (1 yuan = 1,000,000 micro-yuan; 1 fen = 10,000).

Micro-yuan because one token costs far less than a fen. Rounding rule, the only one in the system: a settlement
line is computed exactly and rounded half up to a whole micro-yuan; the sum of a settlement is rounded half up to a
whole fen, and the difference is shown on the receipt as its own line. Nothing else rounds.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MICRO_PER_YUAN = 1_000_000
MICRO_PER_FEN = 10_000
CNY = "CNY.micro"

_WRITTEN = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?")


def divide_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` for non-negative integers, a half rounded up, without floating point."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("divide_half_up takes a non-negative numerator and a positive denominator")
    return (2 * numerator + denominator) // (2 * denominator)


def round_to_fen(micro: int) -> int:
    """The amount in micro-yuan, rounded half up to a whole fen."""
    return divide_half_up(micro, MICRO_PER_FEN) * MICRO_PER_FEN


def yuan_to_micro(text: str | int | Decimal) -> int:
    """Reads an amount in yuan, such as `12.34` or `1,200.50`; refuses more than six decimals, infinity and non-numbers.

    Text is read strictly, because a slip would cost a hundredfold: `12,50` is not 1250 and `1e9` is no amount at all.
    """
    if isinstance(text, str) and not _WRITTEN.fullmatch(text.strip()):
        raise ValueError(f"not an amount in yuan: {text!r}")
    try:
        micro = Decimal(str(text).strip().replace(",", "")) * MICRO_PER_YUAN
    except InvalidOperation as error:
        raise ValueError(f"not an amount in yuan: {text!r}") from error
    if not micro.is_finite() or micro != micro.to_integral_value():
        raise ValueError(f"not an amount in yuan with at most six decimals: {text!r}")
    return int(micro)


def format_yuan(micro: int, *, places: int = 2) -> str:
    """`1,234,567.89` from micro-yuan; `places` may be 2 (fen) to 6 (unit prices)."""
    value = (Decimal(micro) / MICRO_PER_YUAN).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{value:,}"
