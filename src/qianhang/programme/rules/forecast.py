"""Where a series will stand at the deadline if it goes on as it went: ordinary least squares with its error band.

The band is the 95 % prediction interval of simple linear regression, y ± t · s · sqrt(1 + 1/n + (x - x̄)² / Sxx) with
s² = SSE / (n - 2) and t of Student's distribution with n - 2 degrees of freedom (Draper and Smith, Applied Regression
Analysis, 3rd ed., section 3.1). Sums are exact; only the square root is rounded, to 28 digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .figures import rounded
from .progress import Point

METHOD = "linear-least-squares-95"
FEWEST = 3
WINDOW = timedelta(days=180)
PLACES = 6

# Upper 2.5 % points of Student's t by degrees of freedom; beyond the table the next smaller one errs to the wide side.
_T = {
    1: "12.706", 2: "4.303", 3: "3.182", 4: "2.776", 5: "2.571", 6: "2.447", 7: "2.365", 8: "2.306", 9: "2.262",
    10: "2.228", 11: "2.201", 12: "2.179", 13: "2.160", 14: "2.145", 15: "2.131", 16: "2.120", 17: "2.110",
    18: "2.101", 19: "2.093", 20: "2.086", 25: "2.060", 30: "2.042", 40: "2.021", 60: "2.000", 120: "1.980",
    1000: "1.962",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forecast:
    day: date
    value: Decimal
    low: Decimal
    high: Decimal
    method: str
    points: int
    """How many observations it stands on."""


def forecast(observed: Sequence[Point], day: date) -> Forecast | None:
    """From the last 180 days of observations. None with fewer than three, or when they are all of one day."""
    if not observed:
        return None
    last = max(point.day for point in observed)
    used = [point for point in observed if last - point.day <= WINDOW]
    n = len(used)
    if n < FEWEST:
        return None
    # In whole numbers, which is as exact as fractions and far quicker: a board asks for hundreds of these.
    scale = 10 ** max(0, *(-_exponent(point.value) for point in used))
    xs = [(point.day - last).days for point in used]
    ys = [int(point.value * scale) for point in used]
    sum_x, sum_y = sum(xs), sum(ys)
    # n times the sums of squares around the means.
    n_sxx = n * sum(x * x for x in xs) - sum_x * sum_x
    if n_sxx == 0:
        return None
    n_sxy = n * sum(x * y for x, y in zip(xs, ys, strict=True)) - sum_x * sum_y
    n_syy = n * sum(y * y for y in ys) - sum_y * sum_y
    sxx, sxy, syy = Fraction(n_sxx, n), Fraction(n_sxy, n * scale), Fraction(n_syy, n * scale * scale)
    mean_x, mean_y = Fraction(sum_x, n), Fraction(sum_y, n * scale)
    slope = sxy / sxx
    ahead = (day - last).days - mean_x
    value = mean_y + slope * ahead
    variance = max(syy - slope * sxy, Fraction(0)) / (n - 2)
    spread = variance * (1 + Fraction(1, n) + ahead**2 / sxx)
    band = student_t(n - 2) * _decimal(spread).sqrt()
    middle = _decimal(value)
    return Forecast(
        day=day,
        value=rounded(middle, PLACES),
        low=rounded(middle - band, PLACES),
        high=rounded(middle + band, PLACES),
        method=METHOD,
        points=n,
    )


def student_t(degrees: int) -> Decimal:
    return Decimal(_T[max(one for one in _T if one <= max(degrees, 1))])


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)  # observations are finite


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
