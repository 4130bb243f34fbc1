"""The base-unit value of a target that a person wrote or changed."""

from collections.abc import Mapping
from typing import Any

from ..reading.units import canonical
from .contents import Wrong, number

_DECIDES = ("value", "unit")


def with_canonical(kind: str, before: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a target with the `canonical` that its value and unit now have; others as they are.

    A canonical value that the person wrote stands.
    """
    wanted = dict(content)
    if kind != "target" or all(before.get(name) == wanted.get(name) for name in _DECIDES):
        return wanted
    if wanted.get("canonical") is None or wanted["canonical"] == before.get("canonical"):
        wanted["canonical"] = canonical_of(wanted.get("value"), wanted.get("unit"))
    return wanted


def canonical_of(value: object, unit: object) -> dict[str, str] | None:
    """None where the unit has no common base, or the value is no number."""
    try:
        found = canonical(number(value), str(unit or ""))
    except Wrong:
        return None
    return None if found is None else {"v": f"{found.value:f}", "u": found.unit}
