"""Numbers and units as plans write them, and their exact base values."""

from decimal import Decimal

import pytest

from qianhang.programme.reading.findings import Canonical
from qianhang.programme.reading.numbers import parse_fraction, parse_number
from qianhang.programme.reading.units import canonical, is_counted


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("5000", "5000"),
        ("5,000", "5000"),
        ("1.25", "1.25"),
        ("12,345.6", "12345.6"),
        ("五千", "5000"),
        ("二百", "200"),
        ("十", "10"),
        ("十二", "12"),
        ("三十", "30"),
        ("一百零二", "102"),
        ("一百二", "120"),
        ("一千三百", "1300"),
        ("两", "2"),
        ("二〇二五", "2025"),
    ],
)
def test_a_numeral_has_its_exact_value(words: str, value: str) -> None:
    assert parse_number(words) == Decimal(value)


@pytest.mark.parametrize("words", ["", "几", "若干", "百分", "A1", "一体"])
def test_what_is_no_numeral_has_no_value(words: str) -> None:
    assert parse_number(words) is None


def test_a_fraction_is_a_share_of_one() -> None:
    assert parse_fraction("五", "二") == Decimal("0.4")
    assert parse_fraction("万", "一") == Decimal("0.0001")
    assert parse_fraction("零", "一") is None


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        ("5000", "PFLOPS", Canonical(Decimal("5E18"), "FLOPS")),
        ("5000", "PFlops", Canonical(Decimal("5E18"), "FLOPS")),
        ("5.4", "万P", Canonical(Decimal("5.4E19"), "FLOPS")),
        ("18", "EFLOPS", Canonical(Decimal("1.8E19"), "FLOPS")),
        ("400", "亿元", Canonical(Decimal("4E10"), "CNY")),
        ("1", "万亿元", Canonical(Decimal("1E12"), "CNY")),
        ("90", "%", Canonical(Decimal("0.9"), "ratio")),
        ("5", "‰", Canonical(Decimal("0.005"), "ratio")),
        ("1", "ms", Canonical(Decimal("0.001"), "s")),
        ("100", "G", Canonical(Decimal("1E11"), "bit/s")),
        ("400", "Gbps", Canonical(Decimal("4E11"), "bit/s")),
        ("60", "EB", Canonical(Decimal("6E19"), "B")),
        ("300", "万千瓦", Canonical(Decimal("3E6"), "kW")),
    ],
)
def test_a_measure_has_an_exact_base_value(value: str, unit: str, base: Canonical) -> None:
    assert canonical(Decimal(value), unit) == base


@pytest.mark.parametrize("unit", ["个", "家", "万件", "场", "PUE", ""])
def test_what_is_counted_has_no_base(unit: str) -> None:
    assert canonical(Decimal(3), unit) is None


def test_measure_words_are_counted_and_measures_are_not() -> None:
    assert is_counted("家")
    assert is_counted("万人次")
    assert not is_counted("亿元")
    assert not is_counted("%")
