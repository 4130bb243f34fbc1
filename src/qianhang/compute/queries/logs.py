"""Logs and outputs: from the cluster while a run lives, from the object store when it has ended.

Offsets are bytes of the raw log. Text is made safe by rules/log_text.py; raw bytes are never handed out.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from qianhang.core.access import Actor
from qianhang.core.errors import NotFound

from .. import objects
from ..connectors import registry
from ..errors import LogUnavailable
from ..models import Job, Output, Run
from ..ports import Capability, ConnectorUnavailable, LogChunk
from ..rules.log_text import LogSanitiser, sanitise
from ..rules.states import ENDED
from ..shapes import LogWindow

MAX_WINDOW = 256 * 1024
_NOTHING_YET = LogChunk(b"", 0, complete=False)


@dataclass(frozen=True, slots=True)
class OpenedOutput:
    """A file to send; the receiver closes it."""

    file: BinaryIO
    path: str
    bytes: int


def find_run(*, actor: Actor, job_id: uuid.UUID, attempt: int | None = None) -> Run | None:
    """The job's run of that attempt, by default the last; None before the first. Raises NotFound for the job, and for
    one that `actor` may see but not read."""
    job = Job.objects.only("id").fetch_readable(actor, id=job_id)
    runs = Run.objects.filter(job=job).select_related("cluster").order_by("-attempt")
    return runs.filter(attempt=attempt).first() if attempt is not None else runs.first()


def read_log(
    *, actor: Actor, job_id: uuid.UUID, offset: int = 0, limit: int = 64 * 1024, attempt: int | None = None
) -> LogWindow:
    """A piece of the log as safe text, cut at a line's end where it can be.

    Raises: NotFound, LogUnavailable (the cluster does not answer).
    """
    run = find_run(actor=actor, job_id=job_id, attempt=attempt)
    if run is None:
        return LogWindow(uuid.UUID(int=0), "", offset, offset, complete=False, truncated=False)
    chunk = read_raw(run, offset=max(offset, 0), limit=max(1, min(limit, MAX_WINDOW)))
    data = chunk.data if chunk.complete else _whole_lines(chunk.data, full=len(chunk.data) >= limit)
    return LogWindow(
        run_id=run.id,
        text=sanitise(data),
        offset=offset,
        next=offset + len(data),
        complete=chunk.complete,
        truncated=chunk.truncated,
    )


def log_text(*, actor: Actor, job_id: uuid.UUID, attempt: int | None = None) -> Iterator[bytes]:
    """The whole log as safe UTF-8 text, in pieces; of a live run as far as it is written.

    Raises (before the first piece): NotFound, LogUnavailable.
    """
    run = find_run(actor=actor, job_id=job_id, attempt=attempt)
    return iter(()) if run is None else _pieces(run, read_raw(run, offset=0, limit=MAX_WINDOW))


def _pieces(run: Run, chunk: LogChunk) -> Iterator[bytes]:
    sanitiser, offset = LogSanitiser(), 0
    while True:
        yield sanitiser.feed(chunk.data).encode()
        if chunk.complete or chunk.next_offset <= offset:
            yield sanitiser.close().encode()
            return
        offset = chunk.next_offset
        chunk = read_raw(run, offset=offset, limit=MAX_WINDOW)


def read_raw(run: Run, *, offset: int, limit: int) -> LogChunk:
    """Bytes of a run's log. Raises LogUnavailable."""
    if run.state in ENDED:
        return _stored(run, offset, limit)
    connector = registry.connector_for(run.cluster)
    if not run.handle or Capability.LOGS not in connector.capabilities:
        return _NOTHING_YET
    try:
        chunk = connector.read_log(run.id, offset=offset, limit=limit)
    except (ConnectorUnavailable, LookupError, OSError) as gone:
        # It may have ended, and been brought home, since the row was read.
        run.refresh_from_db()
        if run.state in ENDED:
            return _stored(run, offset, limit)
        raise LogUnavailable from gone
    # The end of the log is only the end once the run's row says so: until then its job is not over.
    return LogChunk(chunk.data, chunk.next_offset, complete=False, truncated=chunk.truncated)


def _stored(run: Run, offset: int, limit: int) -> LogChunk:
    if not run.log_name or offset >= run.log_bytes:
        return LogChunk(b"", offset, complete=True, truncated=run.log_truncated)
    try:
        with objects.open_object(run.log_name) as file:
            file.seek(offset)
            data = file.read(limit)
    except OSError as gone:
        raise LogUnavailable from gone
    end = offset + len(data)
    return LogChunk(data, end, complete=end >= run.log_bytes or not data, truncated=run.log_truncated)


def _whole_lines(data: bytes, *, full: bool) -> bytes:
    """Up to the last line's end if more follows anyway, else at least up to a whole character."""
    if full and (cut := data.rfind(b"\n")) >= 0:
        return data[: cut + 1]
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        wanted = 1 if byte < 0x80 else 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4
        return data[:-back] if wanted > back and len(data) > back else data
    return data


def open_output(*, actor: Actor, job_id: uuid.UUID, output_id: uuid.UUID) -> OpenedOutput:
    """A file that a run brought back, for the job's own organisation. Raises NotFound."""
    job = Job.objects.only("id").fetch_readable(actor, id=job_id)
    output = Output.objects.filter(run__job=job, id=output_id).first()
    if output is None:
        raise NotFound(what=Output._meta.verbose_name)
    try:
        return OpenedOutput(objects.open_object(output.stored_as), output.path, output.bytes)
    except FileNotFoundError as gone:
        raise NotFound(what=Output._meta.verbose_name) from gone
