"""Units of plans: what is counted, what is measured, and the base unit each measure is exact in."""

import re
from decimal import Decimal
from functools import lru_cache

from qianhang.programme.reading.findings import Canonical
from qianhang.programme.reading.target_words import words_of

MULTIPLIERS = {"万亿": Decimal(10) ** 12, "亿": Decimal(10) ** 8, "万": Decimal(10) ** 4}

_PREFIXES = {"K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21}

# measured: unit without its 万/亿 -> (base unit, factor); base "" where plans use no common base
MEASURES: dict[str, tuple[str, Decimal]] = {
    "元": ("CNY", Decimal(1)),
    "成": ("ratio", Decimal("0.1")),
    "元人民币": ("CNY", Decimal(1)),
    "美元": ("USD", Decimal(1)),
    "%": ("ratio", Decimal("0.01")),
    "‰": ("ratio", Decimal("0.001")),
    "个百分点": ("percentage point", Decimal(1)),
    "百分点": ("percentage point", Decimal(1)),
    "ms": ("s", Decimal("0.001")),
    "毫秒": ("s", Decimal("0.001")),
    "μs": ("s", Decimal("0.000001")),
    "us": ("s", Decimal("0.000001")),
    "微秒": ("s", Decimal("0.000001")),
    "秒": ("s", Decimal(1)),
    "分钟": ("s", Decimal(60)),
    "小时": ("s", Decimal(3600)),
    "倍": ("times", Decimal(1)),
    **{
        f"{prefix}{tail}": ("FLOPS", Decimal(10) ** power)
        for prefix, power in _PREFIXES.items()
        for tail in ("FLOPS", "FLOP/S", "FLOP", "OPS")
    },
    "P": ("FLOPS", Decimal(10) ** 15),
    "E": ("FLOPS", Decimal(10) ** 18),
    **{f"{prefix}BPS": ("bit/s", Decimal(10) ** power) for prefix, power in _PREFIXES.items()},
    **{f"{prefix}B": ("B", Decimal(10) ** power) for prefix, power in _PREFIXES.items()},
    **{f"{prefix}BIT/S": ("bit/s", Decimal(10) ** power) for prefix, power in _PREFIXES.items()},
    "G": ("bit/s", Decimal(10) ** 9),
    "T": ("bit/s", Decimal(10) ** 12),
    "M": ("bit/s", Decimal(10) ** 6),
    "千瓦时": ("kWh", Decimal(1)),
    "KWH": ("kWh", Decimal(1)),
    "千瓦": ("kW", Decimal(1)),
    "KW": ("kW", Decimal(1)),
    "兆瓦": ("kW", Decimal(1000)),
    "MW": ("kW", Decimal(1000)),
    "GW": ("kW", Decimal(10) ** 6),
    "吨标准煤": ("", Decimal(1)),
    "吨": ("t", Decimal(1)),
    "平方公里": ("m2", Decimal(10) ** 6),
    "平方千米": ("m2", Decimal(10) ** 6),
    "平方米": ("m2", Decimal(1)),
    "立方米": ("m3", Decimal(1)),
    "升": ("m3", Decimal("0.001")),
    "亩": ("", Decimal(1)),
    "公顷": ("m2", Decimal(10) ** 4),
    "公里": ("m", Decimal(1000)),
    "千米": ("m", Decimal(1000)),
    "米": ("m", Decimal(1)),
    "毫米": ("m", Decimal("0.001")),
    "微米": ("m", Decimal("0.000001")),
    "纳米": ("m", Decimal(10) ** -9),
    "nm": ("m", Decimal(10) ** -9),
    "兆瓦时": ("kWh", Decimal(1000)),
    "千伏安": ("", Decimal(1)),
    "摄氏度": ("", Decimal(1)),
    "兆": ("bit/s", Decimal(10) ** 6),
    "米/秒": ("", Decimal(1)),
    "天": ("", Decimal(1)),
    "个工作日": ("", Decimal(1)),
    "个自然日": ("", Decimal(1)),
    "标准箱": ("", Decimal(1)),
    "标箱": ("", Decimal(1)),
    "TEU": ("", Decimal(1)),
    "吨公里": ("", Decimal(1)),
    "吨二氧化碳": ("", Decimal(1)),
    "车道公里": ("", Decimal(1)),
    "工作日": ("", Decimal(1)),
    "Tokens": ("", Decimal(1)),
    "Token": ("", Decimal(1)),
}

COUNTERS = words_of("counters")

_MEASURE_WORDS = sorted((unit for unit in MEASURES if not unit.isascii()), key=len, reverse=True)
_LATIN = (
    r"(?i:[KMGTPEZ] ?(?:FLOPS|FLOP/s|FLOP|OPS|bps|bit/s|B)(?![a-z])|kWh|kW|MW|GW|ms|us|nm|TEU|Tokens?"
    r"(?![a-z]))|[PEGTM](?![A-Za-z0-9])"
)
_PER = r"(?:/(?:千瓦时|千瓦·时|kWh|吨|平方米|亩|人|年|月|日|天|小时|秒|万人|标准箱|公里))?"
_COUNTED = rf"(?:{'|'.join(COUNTERS)})(?:次(?![级要生序数日品优]))?"
UNIT = rf"(?:万亿|亿|万)?(?:{_LATIN}|L(?=/)|[%‰]|{'|'.join(_MEASURE_WORDS)}|{_COUNTED}){_PER}"

_UNIT_PARTS = re.compile(r"(万亿|亿|万)?(.*)")


@lru_cache(maxsize=1024)
def split_unit(unit: str) -> tuple[Decimal, str]:
    """万亿元 -> (10 ** 12, 元)."""
    found = _UNIT_PARTS.fullmatch(unit)
    if found is None:
        return Decimal(1), unit
    return MULTIPLIERS.get(found.group(1) or "", Decimal(1)), found.group(2)


@lru_cache(maxsize=1024)
def is_counted(unit: str) -> bool:
    """True for 个, 家, 万件: things one can count, so the thing's name may follow."""
    bare = split_unit(unit)[1]
    return bare in _COUNTER_SET or bare.removesuffix("次") in _COUNTER_SET


def canonical(value: Decimal, unit: str) -> Canonical | None:
    """The value in its base unit, exact; None for what is only counted or has no base."""
    factor, bare = split_unit(unit)
    base, size = MEASURES.get(bare) or MEASURES.get(bare.replace(" ", "").upper()) or ("", Decimal(1))
    if not base:
        return None
    return Canonical((value * factor * size).normalize(), base)


def in_full(unit: str) -> str:
    """The name of a unit that plans cut short: 5000P is 5000 PFLOPS."""
    return f"{unit}FLOPS" if unit[-1:] in _SHORT else unit


_SHORT = frozenset("PE")
_COUNTER_SET = frozenset(COUNTERS)
