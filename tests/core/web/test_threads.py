"""The ASGI application, spoken to as a server would, without a network."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from tests.core.actors import make_person, make_secret

from qianhang.core.web import bodies
from qianhang.core.web.threads import ThreadedApplication

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.core.web.test_threads")]

closed: list[str] = []


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(request.read() + b"|" + request.META["QUERY_STRING"].encode())
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


@csrf_exempt
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


def backend(_request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(f"{cursor.fetchone()[0]} {threading.current_thread().name}")


def rows(_request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[bytes]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT generate_series(1, 3)")
            for (number,) in cursor.fetchall():
                yield f"{number} ".encode()

    return StreamingHttpResponse(lines())


async def ticks(_request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[bytes]:
        try:
            for number in range(1000):
                yield f"{number} ".encode()
                await asyncio.sleep(0 if number < 3 else 3600)
        finally:
            closed.append("ticks")

    return StreamingHttpResponse(lines())


def endless(_request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
                time.sleep(0.001)
        finally:
            closed.append("endless")

    return StreamingHttpResponse(lines())


def crash(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.actor.kind} session={hasattr(request, 'session')}")


urlpatterns = [
    path("api/who", who),
    path("echo", echo),
    path("form", form),
    path("backend", backend),
    path("rows", rows),
    path("ticks", ticks),
    path("endless", endless),
    path("api/crash", crash),
]


class Server:
    """One request: what is sent, what comes back, and a client that hangs up after `hang_up_after` chunks, or that
    takes no second chunk before `until` is set."""

    def __init__(
        self,
        *,
        body: tuple[bytes, ...] = (b"",),
        hang_up_after: int | None = None,
        until: "asyncio.Event | None" = None,
    ) -> None:
        self.until = until
        self.pending = [
            {"type": "http.request", "body": chunk, "more_body": at < len(body) - 1} for at, chunk in enumerate(body)
        ]
        self.sent: list[dict[str, Any]] = []
        self.hang_up_after = hang_up_after
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.pending:
            return self.pending.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if self.until is not None and self.chunks:
            await self.until.wait()
        self.sent.append(message)
        if self.hang_up_after is not None and len(self.chunks) >= self.hang_up_after:
            self.gone.set()

    @property
    def chunks(self) -> list[bytes]:
        return [m["body"] for m in self.sent if m["type"] == "http.response.body" and m["body"]]

    @property
    def status(self) -> int:
        return self.sent[0]["status"]


def scope(address: str, *, method: str = "GET", headers: tuple[tuple[bytes, bytes], ...] = ()) -> dict[str, Any]:
    where, _mark, query = address.partition("?")
    host = ((b"host", b"localhost"),)
    return {
        "type": "http", "method": method, "path": where, "query_string": query.encode(), "scheme": "http",
        "headers": [*host, *headers], "server": ("localhost", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip


def ask(*requests: tuple[dict[str, Any], dict[str, Any]], threads: int = 2) -> list[Server]:
    """Sends the requests at once and waits for all of them, ten seconds at most."""

    async def run() -> list[Server]:
        servers = [Server(**options) for _scope, options in requests]
        calls = [application(one, s.receive, s.send) for (one, _options), s in zip(requests, servers, strict=True)]
        await asyncio.wait_for(asyncio.gather(*calls), 10)
        return servers

    application = ThreadedApplication(threads=threads)
    return asyncio.run(run())


def test_body_query_and_several_cookies_arrive():
    (server,) = ask((scope("/echo?a=%E4%B8%AD", method="POST"), {"body": (b"one", b"two")}))
    assert server.chunks == [b"onetwo|a=%E4%B8%AD"]
    cookies = [value for name, value in server.sent[0]["headers"] if name == b"Set-Cookie"]
    assert [cookie.split(b";")[0] for cookie in cookies] == [b"one=1", b"two=2"]


def test_twenty_requests_at_once_share_two_threads_and_two_connections():
    answers = [server.chunks[0].split() for server in ask(*[(scope("/backend"), {})] * 20, threads=2)]
    assert len(answers) == 20
    assert {name for _pid, name in answers} <= {b"web_0", b"web_1"}
    assert len({pid for pid, _name in answers}) <= 2


def test_a_synchronous_stream_reads_its_cursor_in_one_thread():
    (server,) = ask((scope("/rows"), {}))
    assert b"".join(server.chunks) == b"1 2 3 "
    assert server.sent[-1]["more_body"] is False


def test_a_client_that_hangs_up_ends_an_asynchronous_stream():
    closed.clear()
    (server,) = ask((scope("/ticks"), {"hang_up_after": 2}))
    assert server.chunks[:2] == [b"0 ", b"1 "]
    assert closed == ["ticks"]


def test_a_client_that_hangs_up_ends_a_synchronous_stream():
    closed.clear()
    (server,) = ask((scope("/endless"), {"hang_up_after": 5}))
    assert len(server.chunks) >= 5
    assert closed == ["endless"]


def test_streams_hold_up_no_ordinary_request():
    streams = [(scope("/ticks"), {"hang_up_after": 2})] * 5
    *_streams, ordinary = ask(*streams, (scope("/backend"), {}), threads=1)
    assert ordinary.status == 200


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_before_it_is_stored(settings, announced):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 0
    chunks = (b"x" * 600_000, b"x" * 600_000)
    headers = ((b"content-length", b"1200000"),) if announced else ()
    (server,) = ask((scope("/echo", method="POST", headers=headers), {"body": chunks}))
    assert server.status == 413


@pytest.fixture
def takes_files(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.MAX_UPLOAD_BYTES = 3_000_000
    settings.UPLOAD_PATHS = ["/echo"]


MEGABYTES = (b"x" * 1_000_000,) * 3


def test_files_are_taken_from_who_is_known_and_a_strangers_are_not(takes_files):
    key = (b"authorization", b"Bearer " + make_secret(make_person()[2]).encode())
    stranger = (b"authorization", b"Bearer qh_" + b"A" * 43)
    known, unknown, nobody = ask(
        (scope("/echo", method="POST", headers=(key,)), {"body": MEGABYTES}),
        (scope("/echo", method="POST", headers=(stranger, (b"content-length", b"3000000"))), {"body": MEGABYTES}),
        (scope("/echo", method="POST", headers=((b"cookie", b"qianhang_session=made-up"),)), {"body": MEGABYTES}),
    )
    assert len(b"".join(known.chunks)) == 3_000_001
    assert (unknown.chunks, nobody.chunks) == ([b"|"], [b"|"])
    assert (unknown.pending, nobody.pending) == ([], [])


def test_all_files_on_their_way_share_one_room_and_give_it_back(takes_files, monkeypatch):
    monkeypatch.setattr(bodies, "UPLOADS_AT_ONCE", 1)
    key = (b"authorization", b"Bearer " + make_secret(make_person()[2]).encode())
    request = (scope("/echo", method="POST", headers=(key,)), {"body": MEGABYTES})

    async def run() -> list[int]:
        application = ThreadedApplication(threads=2)
        statuses = []
        for size in (0, 2_000_000, 0):
            server = Server(**request[1])
            application._room.take(size)
            await application(request[0], server.receive, server.send)
            application._room.give_back(size)
            statuses.append(server.status)
        assert application._room.taken == 0
        return statuses

    assert asyncio.run(run()) == [200, 503, 200]


def test_a_body_in_chunks_meets_the_same_limit_in_memory_as_an_announced_one(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    (server,) = ask((scope("/form", method="POST"), {"body": (b"a=" + b"x" * 5000,)}))
    assert server.status == 400


def test_a_client_that_hangs_up_while_sending_is_answered_nothing():
    async def run() -> Server:
        server = Server(body=())
        server.gone.set()
        await ThreadedApplication(threads=1)(scope("/echo", method="POST"), server.receive, server.send)
        return server

    assert asyncio.run(run()).sent == []


def test_a_crash_is_a_500_with_its_request_id():
    (server,) = ask((scope("/api/crash"), {}))
    assert server.status == 500
    assert b"X-Request-ID" in dict(server.sent[0]["headers"])


def test_an_address_that_is_not_utf_8_is_a_400():
    bad = scope("/echo") | {"query_string": b"\xff"}
    assert ask((bad, {}))[0].status == 400


def bearer_scope(secret: str, *more: tuple[bytes, bytes], where: str = "/api/who") -> dict[str, Any]:
    return scope(where, headers=((b"authorization", b"Bearer " + secret.encode()), *more))


def test_a_key_without_cookies_goes_the_short_way_and_is_the_same_actor_with_the_same_headers():
    secret = make_secret(make_person()[2])
    short, long = ask(
        (bearer_scope(secret), {}),
        (bearer_scope(secret, (b"cookie", b"a=b")), {}),
    )
    assert (short.chunks, long.chunks) == ([b"key session=False"], [b"key session=True"])
    names = {"X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "X-Request-ID", "Content-Security-Policy"}
    for server in (short, long):
        headers = {name.decode(): value for name, value in server.sent[0]["headers"]}
        assert names <= set(headers)
        assert headers["Content-Length"] == str(len(server.chunks[0])).encode()


def test_two_credentials_at_once_are_nobodys():
    basic = (b"authorization", b"Basic YTpi")
    key = (b"authorization", b"Bearer " + make_secret(make_person()[2]).encode())
    (server,) = ask((scope("/api/who", headers=(basic, key)), {}))
    assert server.chunks == [b"anonymous session=True"]


def test_a_crash_on_the_short_way_is_a_problem_too():
    (server,) = ask((bearer_scope(make_secret(make_person()[2]), where="/api/crash"), {}))
    assert server.status == 500
    assert b'"internal_error"' in server.chunks[0]


def test_a_page_never_goes_the_short_way():
    secret = make_secret(make_person()[2])
    (server,) = ask((bearer_scope(secret, where="/backend"), {}))
    assert b"frame-ancestors" in dict(server.sent[0]["headers"])[b"Content-Security-Policy"]
    assert b"default-src 'self'" in dict(server.sent[0]["headers"])[b"Content-Security-Policy"]


def test_a_client_that_reads_slowly_holds_up_nobody():
    async def run() -> tuple[Server, Server]:
        application = ThreadedApplication(threads=1)
        may_go_on = asyncio.Event()
        slow, ordinary = Server(until=may_go_on), Server()
        reading = asyncio.ensure_future(application(scope("/rows"), slow.receive, slow.send))
        while not slow.chunks:
            await asyncio.sleep(0)
        await asyncio.wait_for(application(scope("/backend"), ordinary.receive, ordinary.send), 10)
        assert not reading.done()
        may_go_on.set()
        await asyncio.wait_for(reading, 10)
        return slow, ordinary

    slow, ordinary = asyncio.run(run())
    assert (b"".join(slow.chunks), ordinary.status) == (b"1 2 3 ", 200)


def test_a_large_body_arrives_whole_by_way_of_the_disk():
    piece = b"0123456789" * 100_000
    (server,) = ask((scope("/echo", method="POST"), {"body": (piece, piece, piece)}))
    assert server.chunks == [piece * 3 + b"|"]


@pytest.mark.parametrize("where", ["/echo?a", "/rows", "/endless"])
def test_head_is_answered_with_the_head_alone(where):
    closed.clear()
    (server,) = ask((scope(where, method="HEAD"), {}))
    assert (server.status, server.chunks) == (200, [])
    if where.startswith("/echo"):
        headers = {name.decode(): value for name, value in server.sent[0]["headers"]}
        assert headers["Content-Length"] == b"2"
