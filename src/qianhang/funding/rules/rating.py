"""From metered quantities to money, by the one rounding rule of core/units/money.py.

A line is quantity x price, rounded half up to a whole micro-yuan; a charge is the exact sum of its lines. Nothing is
charged above what was held: the rest is waived, and says so.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from qianhang.core.units.money import divide_half_up, up_to_fen
from qianhang.core.units.quantities import CARD_MS, CPU_MS, MS_PER_HOUR

# The unit in which an item's quantity is metered. An item that is not listed is metered in milliseconds of itself.
METERED_IN = {"card_hour": CARD_MS, "cpu_hour": CPU_MS}


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One usage record and its price: `quantity_ms` in card- or CPU-milliseconds, the price in micro-yuan an hour."""

    usage_record_id: uuid.UUID
    item: str
    quantity_ms: int
    price_micro_per_hour: int

    @property
    def unit(self) -> str:
        return METERED_IN.get(self.item, "ms")


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One item of an estimate: the most that may be used, and its price."""

    item: str
    quantity_ms: int
    price_micro_per_hour: int


@dataclass(frozen=True, slots=True)
class Rating:
    """`lines - waived == total`, all in micro-yuan; the total is never above the limit."""

    amounts_micro: tuple[int, ...]
    lines_micro: int
    waived_micro: int
    total_micro: int


def rate_line(*, quantity_ms: int, price_micro_per_hour: int) -> int:
    """Micro-yuan for a quantity in (card- or CPU-) milliseconds at a price per hour, rounded half up."""
    if quantity_ms < 0 or price_micro_per_hour < 0:
        raise ValueError("a metered quantity and a price are never negative")
    return divide_half_up(quantity_ms * price_micro_per_hour, MS_PER_HOUR)


def rate_lines(lines: Sequence[ChargeLine | QuoteLine], *, limit_micro: int) -> Rating:
    """What `lines` come to, at most `limit_micro` (what was held)."""
    if limit_micro < 0:
        raise ValueError("a limit is never negative")
    amounts = tuple(
        rate_line(quantity_ms=line.quantity_ms, price_micro_per_hour=line.price_micro_per_hour) for line in lines
    )
    exact = sum(amounts)
    waived = max(0, exact - limit_micro)
    return Rating(
        amounts_micro=amounts,
        lines_micro=exact,
        waived_micro=waived,
        total_micro=exact - waived,
    )


def quote_cost(lines: Sequence[QuoteLine]) -> int:
    """What to hold so that nothing must be waived: the charge if every item were used to its end, rounded up to a
    whole fen. What has a price is never held for free, however little it is.
    """
    return up_to_fen(
        sum(rate_line(quantity_ms=line.quantity_ms, price_micro_per_hour=line.price_micro_per_hour) for line in lines)
    )
