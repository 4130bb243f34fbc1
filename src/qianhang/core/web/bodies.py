"""Request bodies on their way in: how much is taken from whom, and where it waits until a thread answers.

Most addresses take what fits in memory. Files are taken at the few addresses that receive them, from people and
programs that are known, and all of them together never take more of the disk than a set room.
"""

import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from django.conf import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IN_MEMORY = 1024 * 1024
# What a multipart body may hold beside its files.
ENVELOPE = 1024 * 1024
# How many of the largest uploads may be on their way at once, in each process.
UPLOADS_AT_ONCE = 4


class ClientGone(Exception):
    """The client hung up."""


class BodyRefused(Exception):
    """The body is not taken; `status` says why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Room:
    """The disk that bodies of this process take together. Used from the event loop alone, so it needs no lock."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, size: int) -> None:
        """Raises BodyRefused when there is no room for `size` more bytes."""
        if self.taken + size > UPLOADS_AT_ONCE * (settings.MAX_UPLOAD_BYTES + ENVELOPE):
            raise BodyRefused(503, "too many files are being received; try again in a moment")
        self.taken += size

    def give_back(self, size: int) -> None:
        self.taken -= size


class Body:
    """One request's body. `close` gives its room back."""

    def __init__(self, room: Room, *, limit: int) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- see close
        self.size = 0
        self._room, self._taken, self._limit = room, 0, limit

    def expect(self, size: int) -> None:
        """Raises BodyRefused when that is more than is taken."""
        if size > self._limit:
            raise BodyRefused(413, "the request body is too large")

    def add(self, chunk: bytes) -> None:
        """Raises BodyRefused."""
        self.expect(self.size + len(chunk))
        self._room.take(len(chunk))
        self._taken += len(chunk)
        self.size += len(chunk)
        self.file.write(chunk)

    def close(self) -> None:
        self.file.close()
        self._room.give_back(self._taken)
        self._taken = 0


def receives_files(scope: Scope) -> bool:
    """Whether this is an address that files are sent to."""
    return scope["method"] == "POST" and scope["path"] in settings.UPLOAD_PATHS


async def read_body(scope: Scope, receive: Receive, body: Body) -> None:
    """Fills `body`. Raises BodyRefused as soon as the announced or the received length is too much; ClientGone."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            body.expect(int(value))
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body.add(message.get("body", b""))
        if not message.get("more_body", False):
            body.file.seek(0)
            return


async def pass_over(receive: Receive) -> None:
    """Lets a body go by and keeps none of it, so that its sender is still there to hear the answer. Raises BodyRefused
    at the largest upload's end; ClientGone."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        size += len(message.get("body", b""))
        if size > settings.MAX_UPLOAD_BYTES + ENVELOPE:
            raise BodyRefused(413, "the request body is too large")
        more = message.get("more_body", False)


def with_length(scope: Scope, body: Body) -> Scope:
    """The request with the length of what came. A body sent in chunks announces none, and every limit on what is read
    into memory goes by the announced length."""
    headers = list(scope.get("headers", ()))
    if body.size == 0 or any(name == b"content-length" for name, _value in headers):
        return scope
    return {**scope, "headers": [*headers, (b"content-length", str(body.size).encode())]}


def without_length(scope: Scope) -> Scope:
    """The request without the length it announced, for one whose body is not taken."""
    return {**scope, "headers": [pair for pair in scope.get("headers", ()) if pair[0] != b"content-length"]}
