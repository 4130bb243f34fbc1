"""Money is an integer number of micro-yuan (1 yuan = 1,000,000 micro-yuan; 1 fen = 10,000).

Micro-yuan because one token costs far less than a fen. The rounding rule, the only one in the system:

- What is charged is exact: a line is quantity x price, rounded half up to a whole micro-yuan, and a receipt is the sum
  of its lines. Nothing is so small that it is free, and nothing is made dearer by rounding.
- What is set aside before use is rounded up to a whole fen, so that it always covers what follows.
- What enters or leaves the platform (top-ups, budgets, payouts) is whole fen.
- A balance that is shown in fen is rounded half up; the ledger keeps the exact one.
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


def up_to_fen(micro: int) -> int:
    """The least amount of whole fen that covers a non-negative amount of micro-yuan."""
    if micro < 0:
        raise ValueError("up_to_fen takes a non-negative amount")
    return -(-micro // MICRO_PER_FEN) * MICRO_PER_FEN


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


def exact_yuan(micro: int) -> str:
    """`12.50`, or with as many decimals as it takes up to six: `0.001667`. Figures shown so add up."""
    whole, _point, decimals = format_yuan(micro, places=6).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
