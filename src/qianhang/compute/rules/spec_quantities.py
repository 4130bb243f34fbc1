"""Memory and durations as people write them, to whole MiB and whole seconds."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

MAX_MEMORY_MIB = 64 * 1024 * 1024
MIN_MEMORY_MIB = 16
MAX_TIME_S = 30 * 24 * 3600

_MIB = {"mib": 1, "mi": 1, "gib": 1024, "gi": 1024, "tib": 1024 * 1024, "ti": 1024 * 1024}
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MEMORY = re.compile(r"^\s*(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]*)\s*$", re.ASCII)
_DURATION = re.compile(
    r"^\s*(?:(\d{1,9})d)?\s*(?:(\d{1,9})h)?\s*(?:(\d{1,9})m)?\s*(?:(\d{1,9})s)?\s*$", re.IGNORECASE | re.ASCII
)


class BadQuantity(Exception):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, Any] = facts


def read_memory_mib(given: int | str) -> int:
    """`2GiB`, `512MiB`, `1TiB` or a number of MiB, rounded up to a whole MiB.

    A decimal unit such as `GB` is refused: it is 7 % less than GiB and people mean either. Raises BadQuantity.
    """
    if isinstance(given, str):
        match = _MEMORY.match(given)
        if match is None:
            raise BadQuantity("bad_memory", value=given[:40])
        number, unit = match.groups()
        factor = 1 if not unit else _MIB.get(unit.lower())
        if factor is None:
            raise BadQuantity("bad_memory_unit", value=given[:40], unit=unit)
        mib = int((Decimal(number) * factor).to_integral_value(ROUND_CEILING))
    else:
        mib = int(given)
    if mib < MIN_MEMORY_MIB:
        raise BadQuantity("too_small", limit=f"{MIN_MEMORY_MIB} MiB", value=given)
    if mib > MAX_MEMORY_MIB:
        raise BadQuantity("too_large", limit="64 TiB", value=given)
    return mib


def read_duration_s(given: int | str) -> int:
    """`90s`, `10m`, `1h30m`, `2d` or a number of seconds. Raises BadQuantity."""
    if isinstance(given, str):
        if given.strip().isdecimal() and given.strip().isascii():
            seconds = int(given)
        else:
            match = _DURATION.match(given)
            if match is None or not any(match.groups()):
                raise BadQuantity("bad_duration", value=given[:40])
            seconds = sum(
                int(part) * factor for part, factor in zip(match.groups(), _SECONDS.values(), strict=True) if part
            )
    else:
        seconds = int(given)
    if seconds < 1:
        raise BadQuantity("too_small", limit="1 s", value=given)
    if seconds > MAX_TIME_S:
        raise BadQuantity("too_large", limit="30 d", value=given)
    return seconds
