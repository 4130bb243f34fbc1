"""Who pays which part: a voucher pays its share, the wallet the rest."""

from dataclasses import dataclass

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Split:
    voucher_micro: int
    wallet_micro: int


def split_charge(*, total_micro: int, share_ppm: int, voucher_limit_micro: int) -> Split:
    """Splits a charge. The voucher's part is its share rounded down to a whole micro-yuan, at most
    `voucher_limit_micro` (what it has when holding, what it holds when settling); the wallet pays the rest.

    Both parts grow with the total, so a charge within a hold never needs more of either payer than was held.
    """
    if total_micro < 0 or voucher_limit_micro < 0:
        raise ValueError("amounts are never negative")
    if not 0 <= share_ppm <= PPM:
        raise ValueError("a share is between 0 and 1,000,000 millionths")
    voucher = min(total_micro * share_ppm // PPM, voucher_limit_micro)
    return Split(voucher_micro=voucher, wallet_micro=total_micro - voucher)
