"""The name by which a finding is known again in another wording of the same plan."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from ..reading.normal import normalise

_NOISE = re.compile(r"[\s\W_]+")
# What tells two findings of one kind apart. Where it stands counts too, because a plan says some things twice.
_TELLING = {
    "target": ("indicator", "scope", "comparator", "value", "value_max", "unit", "deadline", "period", "section"),
    "task": ("title", "parent"),
    "responsibility": ("task", "lead", "cooperating", "responsible", "generic"),
    "system": ("name",),
    "milestone": ("quote", "deadline"),
}


def plain(text: object) -> str:
    """Letters and digits alone, one width, lower case: `５０００ PFLOPS，` and `5000pflops` are the same."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text))).lower()


def plain_in_one_script(text: object) -> str:
    """`plain`, where the traditional form of a text is the same as the simplified one."""
    written = str(text)
    return plain(written if written.isascii() else normalise(written).text)


def finding_key(kind: str, content: dict) -> str:
    """Hexadecimal SHA-256 of what tells this finding from others of its kind."""
    parts = [kind]
    for name in _TELLING[kind]:
        value = content.get(name)
        if isinstance(value, list | tuple):
            parts.append("|".join(plain_in_one_script(one) for one in value))
        else:
            parts.append(
                "" if value is None else _number(value) if name.startswith("value") else plain_in_one_script(value)
            )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def with_ordinals(keys: Iterable[str]) -> list[str]:
    """The keys in order, where a second one like the first is told apart by its number."""
    seen: dict[str, int] = {}
    found = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        again = f"{key}#{seen[key]}"
        found.append(key if seen[key] == 1 else hashlib.sha256(again.encode()).hexdigest())
    return found


def _number(value: object) -> str:
    """`5000`, `5000.0` and `5000.00` are one value; what is no number is itself."""
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
