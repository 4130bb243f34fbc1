"""Who reacts to which news: the one table of events and their handlers."""

from collections.abc import Mapping, Sequence

from qianhang.core.events.outbox import Handler

HANDLERS: Mapping[str, Sequence[Handler]] = {}
