"""Exact quantities. Metered quantities are integers in their smallest unit; these functions name and show them."""

from decimal import Decimal

MS_PER_HOUR = 3_600_000

CARD_MS = "card_ms"
CPU_MS = "cpu_ms"
MEMORY_MIB_MS = "memory_mib_ms"
ENERGY_MJ = "energy_mj"
TOKENS = "tokens"


def ms_to_hours(milliseconds: int) -> Decimal:
    """Card-milliseconds to card-hours (or CPU-milliseconds to CPU-hours), exact to nine decimals."""
    return (Decimal(milliseconds) / MS_PER_HOUR).quantize(Decimal("0.000000001"))


def pflops(cards: int, gflops_per_card: int) -> Decimal:
    """Nominal PFLOPS (FP16 dense) of a number of cards; 1 PFLOPS = 1,000,000 GFLOPS."""
    return Decimal(cards * gflops_per_card) / 1_000_000


def carbon_g(*, energy_mj: int, grid_g_per_kwh: int, pue: Decimal, green_share: Decimal) -> Decimal:
    """Grams of CO2: IT energy x PUE x grid intensity x (1 - green share). 1 kWh = 3,600,000,000 mJ."""
    return Decimal(energy_mj) / 3_600_000_000 * pue * grid_g_per_kwh * (1 - green_share)
