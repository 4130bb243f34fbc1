"""Usage records: what was used, by whom, for what, measured once; see README.md.

Names are loaded when first used, so that importing this package needs no configured Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import UsageRecord
    from .queries import usage_of
    from .recording import UsageConflict, record_usage

_HOME = {
    "UsageConflict": "recording",
    "UsageRecord": "models",
    "record_usage": "recording",
    "usage_of": "queries",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


__all__ = ["UsageConflict", "UsageRecord", "record_usage", "usage_of"]
