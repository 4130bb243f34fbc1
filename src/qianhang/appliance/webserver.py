"""The web server: granian in front of the ASGI application."""

import os
from typing import Any

TARGET = "qianhang.wiring.asgi:application"


def default_workers() -> int:
    """Two where there are two cores: one slow page then delays nobody, and the whole of `up` stays below 500 MB."""
    return min(2, len(os.sched_getaffinity(0)))


def serve(host: str, port: int, *, workers: int | None, log_config: dict[str, Any]) -> None:
    """Serve until told to stop. The master process loads no application code, so it stays small."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    Granian(
        TARGET,
        address=host,
        port=port,
        # Django's ASGI application has no lifespan protocol.
        interface=Interfaces.ASGINL,
        workers=workers or default_workers(),
        http=HTTPModes.http1,
        websockets=False,
        # A live log's stream stays open for hours; on stopping it gets this long.
        workers_kill_timeout=5,
        respawn_failed_workers=True,
        log_dictconfig=log_config,
    ).serve()
