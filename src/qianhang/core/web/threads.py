"""Django behind an asynchronous server, with its synchronous views in threads that live as long as the process.

Django's own ASGI handler starts a thread per request and crosses between thread and event loop for every middleware;
nothing kept in the thread outlives the request. Here a request is answered by one of a fixed number of threads, which
bounds the database connections too, and only streams (live logs, downloads) run beside them, so that a slow reader
holds up nobody. A small POST with an idempotency key: about twice as many per second as through Django's handler.
"""

import asyncio
import io
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.db import DatabaseError, InterfaceError, connections
from django.http import HttpResponse
from django.http.response import StreamingHttpResponse
from django.urls import set_script_prefix
from django.utils.module_loading import import_string

from .bodies import (
    ENVELOPE,
    Body,
    BodyRefused,
    ClientGone,
    Receive,
    Room,
    Scope,
    pass_over,
    read_body,
    receives_files,
    with_length,
    without_length,
)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

THREADS = int(os.environ.get("QIANHANG_WEB_THREADS", "12"))
STREAMS = 32


class KeyHandler(BaseHandler):
    """The short way for API keys: a request without cookies needs no session, form token, message or page header."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 -- Django's signature
        # Names that BaseHandler itself works with; the type stubs leave some of them out.
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for name in reversed(settings.KEY_MIDDLEWARE):
            made = import_string(name)(chain)
            if hasattr(made, "process_exception"):
                self._exception_middleware.append(made.process_exception)
            chain = convert_exception_to_response(made)
        self._middleware_chain = chain

    @staticmethod
    def takes(scope: Scope) -> bool:
        """True for a request to the API with a bearer key and no cookie."""
        if not scope["path"].startswith("/api/"):
            return False
        said = [value for name, value in scope.get("headers", ()) if name in {b"authorization", b"cookie"}]
        return len(said) == 1 and said[0][:7].lower() == b"bearer "


class ThreadedApplication(BaseHandler):
    """An ASGI application. Only HTTP; it has no lifespan and no web sockets."""

    def __init__(self, *, threads: int = THREADS) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._for_keys = KeyHandler()
        self._for_keys.load_middleware()
        self._answering = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._streaming = ThreadPoolExecutor(STREAMS, thread_name_prefix="stream")
        self._room = Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application speaks HTTP, not {scope['type']}")
        loop = asyncio.get_running_loop()
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + ENVELOPE
        if receives_files(scope):
            known = await loop.run_in_executor(self._answering, self._is_known, scope)
            # Of a stranger's file nothing is kept; the refusal is left to the address itself.
            limit, scope = (settings.MAX_UPLOAD_BYTES + ENVELOPE, scope) if known else (0, without_length(scope))
        body = Body(self._room, limit=limit)
        try:
            await (read_body(scope, receive, body) if limit else pass_over(receive))
            response = await loop.run_in_executor(self._answering, self._answer, with_length(scope, body), body.file)
        except ClientGone:
            return
        except BodyRefused as refused:
            await _send_plain(send, refused.status, f"{refused}\n".encode())
            return
        finally:
            # A view has read by now what it wanted; a long answer does not keep the room.
            body.close()
        if scope["method"] == "HEAD":
            await _send_head(send, response)
            await send({"type": "http.response.body", "body": b""})
            await loop.run_in_executor(self._streaming, response.close)
        elif isinstance(response, StreamingHttpResponse):
            await self._stream(response, receive, send)
        else:
            await _send_head(send, response)
            await send({"type": "http.response.body", "body": response.content})

    def _is_known(self, scope: Scope) -> bool:
        """Whether somebody's key or session stands in the request's head."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            return bool(import_string(settings.SENDER_CHECK)(ASGIRequest(scope, io.BytesIO())))
        except (UnicodeDecodeError, DatabaseError, InterfaceError):
            return False
        finally:
            signals.request_finished.send(sender=self.__class__)

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponse | StreamingHttpResponse:
        """Everything Django does for a request, in one thread."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:
            return _closed(HttpResponse(b"the address is not UTF-8\n", status=400, content_type="text/plain"))
        except RequestDataTooBig:
            return _closed(HttpResponse(b"the request is too large\n", status=413, content_type="text/plain"))
        handler = self._for_keys if KeyHandler.takes(scope) else self
        response = cast("HttpResponse | StreamingHttpResponse", handler.get_response(request))
        response._handler_class = self.__class__  # type: ignore[union-attr]
        return response if isinstance(response, StreamingHttpResponse) else _closed(response)

    async def _stream(self, response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
        """Sends a stream until it ends or the client hangs up, whichever is first."""
        await _send_head(send, response)
        stopped = threading.Event()
        sending = asyncio.ensure_future(self._send_chunks(response, send, stopped))
        hanging_up = asyncio.ensure_future(_hang_up(receive))
        try:
            await asyncio.wait({sending, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.set()
            hanging_up.cancel()
            if response.is_async:
                sending.cancel()
            results = await asyncio.gather(sending, hanging_up, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]

    async def _send_chunks(self, response: StreamingHttpResponse, send: Send, stopped: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        if response.is_async:
            try:
                async for chunk in response:
                    await _send_chunk(send, chunk)
            finally:
                await loop.run_in_executor(self._streaming, response.close)
        else:
            # All of it in one thread: a database cursor that feeds the stream belongs to the thread that opened it.
            await loop.run_in_executor(self._streaming, _pump, response, send, loop, stopped)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _pump(
    response: StreamingHttpResponse, send: Send, loop: asyncio.AbstractEventLoop, stopped: threading.Event
) -> None:
    """Carries a synchronous stream over, no faster than the client takes it, and gives the connection back after."""
    try:
        for chunk in response:
            if stopped.is_set():
                break
            asyncio.run_coroutine_threadsafe(_send_chunk(send, chunk), loop).result()
    finally:
        response.close()
        connections.close_all()


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


def _closed(response: HttpResponse) -> HttpResponse:
    """Closed in the thread that answered, because closing tidies up that thread's database connection."""
    response.close()
    return response


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_head(send: Send, response: HttpResponse | StreamingHttpResponse) -> None:
    if isinstance(response, HttpResponse) and "Content-Length" not in response:
        response["Content-Length"] = str(len(response.content))
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [
        (b"Set-Cookie", morsel.output(header="").strip().encode("latin1")) for morsel in response.cookies.values()
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


async def _send_plain(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"Content-Type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})
