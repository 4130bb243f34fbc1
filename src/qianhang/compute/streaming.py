"""Sending what is too large to hold: files in pieces, and logs as they grow (server-sent events)."""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from qianhang.core.access import Actor

from .errors import LogUnavailable
from .models import Run
from .objects import CHUNK
from .ports import LogChunk
from .queries.logs import find_run, read_raw
from .rules.log_text import LogSanitiser

LOOK_EVERY_S = 0.25
SLOWEST_LOOK_S = 2.0
HEARTBEAT_S = 15.0
LONGEST_S = 3600.0
# Live logs that one person may have open at once, in each process.
MOST_STREAMS = 20
ASK_AGAIN_MS = 30_000
PIECE = 64 * 1024


_open: Counter[uuid.UUID | None] = Counter()


async def file_pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """The file's bytes, read off the event loop; closes it. Django would read all of a plain file into memory."""
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
    finally:
        file.close()


async def iterator_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same for pieces that a plain iterator makes, one at a time."""
    take = sync_to_async(_next_piece, thread_sensitive=True)
    while (piece := await take(pieces)) is not None:
        yield piece


def _next_piece(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def log_events(*, actor: Actor, job_id: uuid.UUID, offset: int) -> AsyncIterator[str]:
    """A log from `offset` (bytes) on, as it grows, until its run has ended.

    Events: `log` with {"text", "next"}, its id the next offset, so that a browser that lost the connection goes on
    where it was; `end` when nothing follows. A comment every 15 s keeps proxies from closing the line. A stream stops
    without `end` after an hour, so that who reads on proves anew that they may.
    """
    if _open[actor.user_id] >= MOST_STREAMS:
        # A browser, and our own command line, ask again by themselves.
        yield f"retry: {ASK_AGAIN_MS}\n: too many live logs are open\n\n"
        return
    _open[actor.user_id] += 1
    try:
        async for event in _events(actor, job_id, offset):
            yield event
    finally:
        _open[actor.user_id] -= 1
        if not _open[actor.user_id]:
            del _open[actor.user_id]


async def _events(actor: Actor, job_id: uuid.UUID, offset: int) -> AsyncIterator[str]:
    sanitiser, run = LogSanitiser(), None
    pause, began = LOOK_EVERY_S, time.monotonic()
    spoken = began
    while time.monotonic() - began < LONGEST_S:
        run, chunk = await _look(actor, job_id, run, offset)
        text = sanitiser.feed(chunk.data) + (sanitiser.close() if chunk.complete else "")
        if chunk.data:
            offset = chunk.next_offset
        if text:
            yield _event("log", {"text": text, "next": offset}, event_id=offset)
            spoken = time.monotonic()
        if chunk.complete:
            yield _event("end", {})
            return
        if time.monotonic() - spoken >= HEARTBEAT_S:
            yield ": still here\n\n"
            spoken = time.monotonic()
        pause = LOOK_EVERY_S if chunk.data else min(pause * 1.2, SLOWEST_LOOK_S)
        if len(chunk.data) < PIECE:
            await asyncio.sleep(pause)


async def _look(actor: Actor, job_id: uuid.UUID, run: Run | None, offset: int) -> tuple[Run | None, LogChunk]:
    return await sync_to_async(_read, thread_sensitive=True)(actor, job_id, run, offset)


def _read(actor: Actor, job_id: uuid.UUID, run: Run | None, offset: int) -> tuple[Run | None, LogChunk]:
    """The run that the stream is about stays the same; its state is read anew each time."""
    try:
        if run is None:
            run = find_run(actor=actor, job_id=job_id)
        else:
            run.refresh_from_db(fields=["state", "handle", "log_name", "log_bytes", "log_truncated"])
        if run is None:
            return None, LogChunk(b"", offset, complete=_is_over(actor, job_id))
        return run, read_raw(run, offset=offset, limit=PIECE)
    except LogUnavailable:
        return run, LogChunk(b"", offset, complete=False)
    finally:
        # A stream lives for hours; a connection that died meanwhile must not be met again.
        close_old_connections()


def _is_over(actor: Actor, job_id: uuid.UUID) -> bool:
    """A job that ended without a run has no log to wait for."""
    from .models import Job
    from .rules.states import ENDED

    return Job.objects.only("state").fetch(actor, id=job_id).state in ENDED


def _event(name: str, data: dict[str, object], *, event_id: int | None = None) -> str:
    head = f"event: {name}\n" + ("" if event_id is None else f"id: {event_id}\n")
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n"
