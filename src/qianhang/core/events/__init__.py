"""Events: a transactional outbox. What happens in one room reaches another without either importing the other.

from qianhang.core import events
events.announce(name="job.finished", key=str(run_id), payload={"job": str(job.id)})
"""

from collections.abc import Mapping
from typing import Any


def announce(*, name: str, key: str, payload: Mapping[str, Any], stream: str | None = None) -> None:
    """See `qianhang.core.events.outbox.announce`, loaded late because Django imports this package before its models."""
    from .outbox import announce as write

    write(name=name, key=key, payload=payload, stream=stream)


__all__ = ["announce"]
