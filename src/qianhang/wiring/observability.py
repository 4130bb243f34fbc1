"""Logs: one JSON object per line on standard error, each with its request id, none with a secret."""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"pass(word|phrase)|secret|token|authorization|cookie|api[_-]?key|credential", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"qh_[A-Za-z0-9_-]{20,}|(?i:bearer\s+\S+)|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blanks values under telling names, and anything that looks like a key or a password inside other text."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub("[redacted]", value)
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    redact,
]


def logging_config(*, level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: the standard library's loggers and structlog's end in the same formatter.

    A terminal gets readable lines, everything else JSON; QIANHANG_LOG_FORMAT=json or console decides otherwise.
    """
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    chosen = os.environ.get("QIANHANG_LOG_FORMAT") or ("console" if sys.stderr.isatty() else "json")
    final = (
        structlog.dev.ConsoleRenderer()
        if chosen == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": "INFO", "propagate": True, "handlers": []},
            # Refusals have their own line already (qianhang.request); Django's would say less, twice.
            "django.request": {"level": "ERROR", "propagate": True},
            "django.server": {"level": "WARNING", "propagate": True, "handlers": []},
            "httpx": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
        },
    }


def set_level(level: int) -> None:
    logging.getLogger().setLevel(level)
