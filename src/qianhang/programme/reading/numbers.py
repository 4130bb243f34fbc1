"""Numbers as plans write them: 5000, 5,000, 1.25, 五千, 一百二十, 两, 三分之一, 百分之三十.

The multipliers 万 and 亿 are left to units.py: a plan says 400 of 亿元, and a reader wants to see 400 again.
"""

from decimal import Decimal

DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
CHINESE = "[零〇一二两三四五六七八九十百千]{1,9}"

_ONES = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_TENS = {"十": 10, "百": 100, "千": 1000}


def parse_number(words: str) -> Decimal | None:
    """The exact value of a numeral below 万, in digits or in Chinese; None when it is neither."""
    if words and words[0].isdigit() and words.isascii():
        return Decimal(words.replace(",", ""))
    return _parse_chinese(words)


def parse_fraction(denominator: str, numerator: str) -> Decimal | None:
    """三分之一 as a share of one, to six places: parse_fraction("三", "一") is 0.333333."""
    below = Decimal(10000) if denominator == "万" else parse_number(denominator)
    above = parse_number(numerator)
    if not below or above is None:
        return None
    return (above / below).quantize(Decimal("0.000001")).normalize()


def _parse_chinese(words: str) -> Decimal | None:
    if not words or any(sign not in _ONES and sign not in _TENS for sign in words):
        return None
    if not any(sign in _TENS for sign in words):
        if len(words) == 2 and words[0] not in "零〇":
            return None  # 三五家, 两三个: a few
        return Decimal("".join(str(_ONES[sign]) for sign in words))
    total, ones = 0, None
    last_ten = 10
    for sign in words:
        if sign in _ONES:
            ones = _ONES[sign]
        else:
            last_ten = _TENS[sign]
            total += (1 if ones is None else ones) * last_ten
            ones = None
    if ones is not None:
        # 一百二 is 120, 一百零二 and 十二 are 102 and 12
        short = len(words) > 1 and words[-2] in _TENS and last_ten > 10
        total += ones * (last_ten // 10 if short else 1)
    return Decimal(total)
