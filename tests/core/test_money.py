"""Amounts as people write them."""

from decimal import Decimal

import pytest

from qianhang.core.units.money import yuan_to_micro


@pytest.mark.parametrize(
    ("written", "micro"),
    [
        ("12.34", 12_340_000),
        (" 1,200.50 ", 1_200_500_000),
        ("1,234,567", 1_234_567_000_000),
        ("-3", -3_000_000),
        (".5", 500_000),
        ("0.000001", 1),
        (7, 7_000_000),
        (Decimal("1E-6"), 1),
    ],
)
def test_an_amount_is_read_as_it_is_written(written, micro):
    assert yuan_to_micro(written) == micro


@pytest.mark.parametrize(
    "written",
    ["1e9", "12,50", "1,2345", ",5", "1_000", "", "-", ".", "12.34.5", "0.0000001", "NaN", "Infinity", "十二"],
)
def test_what_could_be_misread_is_refused(written):
    with pytest.raises(ValueError, match="not an amount in yuan"):
        yuan_to_micro(written)
