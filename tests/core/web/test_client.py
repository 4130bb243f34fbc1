"""The command line's client against a real HTTP server that misbehaves on request."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import client as client_module
from qianhang.core.web.client import Client, Refused
from qianhang.core.web.profiles import Profile, clean_server, current_profile, forget_profile, save_profile


class Server:
    """Answers with what the test scripted, request by request, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.asked.append((self.command, self.path, dict(self.headers), body))
                server.answers.pop(0)(self)

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_details: object) -> None:
                """Silence."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"


def answer(status: int, body: object = None, *, length: int | None = None, kind: str = "application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(length if length is not None else len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return send


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Closes the line without a word."""
    handler.close_connection = True
    handler.connection.close()


def stream(text: str):
    """Server-sent events, then the line is cut."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(text.encode())
        handler.close_connection = True

    return send


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.http.shutdown()
    started.http.server_close()


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(client_module, "PAUSES_S", (0.0, 0.0, 0.0, 0.0))
    with Client(Profile(server.address, "qh_test", "login")) as made:
        yield made


def test_a_post_whose_answer_was_lost_is_sent_again_under_the_same_key(server, client):
    server.answers = [hang_up, answer(503), answer(201, {"id": 7})]
    assert client.post("/jobs", {"command": "true"}) == {"id": 7}
    keys = {headers["Idempotency-Key"] for _method, _path, headers, _body in server.asked}
    bodies = {body for *_rest, body in server.asked}
    assert (len(server.asked), len(keys), len(bodies)) == (3, 1, 1)


def test_two_posts_never_share_a_key(server, client):
    server.answers = [answer(201, {}), answer(201, {})]
    client.post("/jobs", {})
    client.post("/jobs", {})
    assert len({headers["Idempotency-Key"] for _method, _path, headers, _body in server.asked}) == 2


def test_a_refusal_is_not_repeated_and_names_every_field(server, client):
    problem = {
        "code": "invalid_job_spec",
        "detail": "The job spec needs a correction.",
        "errors": [{"path": "resources.cpus", "message": "Too many."}, {"path": "", "message": "And more."}],
    }
    server.answers = [answer(422, problem)]
    with pytest.raises(Refused) as refused:
        client.post("/jobs", {})
    assert refused.value.what == ("The job spec needs a correction.\n  resources.cpus: Too many.\n  -: And more.")
    assert (refused.value.code, refused.value.exit_code) == ("invalid_job_spec", ExitCode.REFUSED)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "leaves_with"),
    [
        (401, "unauthenticated", ExitCode.NOT_SIGNED_IN),
        (403, "forbidden", ExitCode.NOT_SIGNED_IN),
        (404, "not_found", ExitCode.REFUSED),
        (409, "insufficient_funds", ExitCode.REFUSED),
        (500, "internal_fault", ExitCode.FAILURE),
    ],
)
def test_each_kind_of_refusal_has_its_exit_code(server, client, status, code, leaves_with):
    server.answers = [answer(status, {"code": code, "detail": "No."})]
    with pytest.raises(Refused) as refused:
        client.get("/wallet")
    assert refused.value.exit_code == leaves_with


def test_a_server_that_stays_busy_is_given_up_after_five_attempts(server, client):
    server.answers = [answer(503, {"code": "unavailable", "detail": "Busy."})] * 5
    with pytest.raises(Refused) as refused:
        client.get("/wallet")
    assert (len(server.asked), refused.value.exit_code) == (5, ExitCode.UNREACHABLE)


def test_an_answer_that_is_not_qianhangs_is_called_that(server, client):
    server.answers = [answer(404, b"<html>not found</html>", kind="text/html")]
    with pytest.raises(Refused, match="not in Qianhang's way"):
        client.get("/wallet")


def test_a_list_is_read_over_its_pages_up_to_the_limit(server, client):
    server.answers = [
        answer(200, {"items": [{"n": 1}, {"n": 2}], "next": "more"}),
        answer(200, {"items": [{"n": 3}, {"n": 4}], "next": "more still"}),
    ]
    assert [item["n"] for item in client.pages("/jobs", limit=3, state="")] == [1, 2, 3]
    assert [path for _method, path, *_rest in server.asked] == [
        "/api/v1/jobs?limit=3",
        "/api/v1/jobs?cursor=more&limit=1",
    ]


def test_a_log_goes_on_where_the_line_was_cut_without_gap_or_repetition(server, client):
    server.answers = [
        stream('id: 10\nevent: log\ndata: {"text": "one"}\n\n: still here\n\nid: 20\nevent: log\ndata: {"te'),
        hang_up,
        stream('id: 20\nevent: log\ndata: {"text": "two"}\n\nevent: end\ndata: {}\n\n'),
    ]
    texts = [json.loads(data).get("text") for _name, data in client.events("/jobs/7/log/stream")]
    assert texts == ["one", "two", None]
    assert [headers.get("Last-Event-ID") for _method, _path, headers, _body in server.asked] == ["", "10", "10"]


def test_a_log_of_a_server_that_never_comes_back_is_given_up(server, client):
    server.answers = [hang_up] * 50
    with pytest.raises(ApplianceError) as given_up:
        list(client.events("/jobs/7/log/stream", patience_s=0))
    assert given_up.value.exit_code == ExitCode.UNREACHABLE


def test_a_download_that_breaks_off_leaves_no_file_that_looks_whole(server, client, tmp_path):
    server.answers = [answer(200, b"half", length=8), answer(200, b"whole...")]
    with pytest.raises(ApplianceError):
        client.download("/jobs/7/outputs/1", tmp_path / "model.bin")
    assert not (tmp_path / "model.bin").exists()
    client.download("/jobs/7/outputs/1", tmp_path / "model.bin")
    assert (tmp_path / "model.bin").read_bytes() == b"whole..."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin"]


def test_an_upload_is_whole_again_when_it_is_repeated(server, client, tmp_path):
    (tmp_path / "source.tar.gz").write_bytes(b"x" * 100_000)
    server.answers = [answer(503), answer(201, {"id": "u"})]
    seen = []
    sent = client.upload(
        "/uploads",
        tmp_path / "source.tar.gz",
        name="源码.tar.gz",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert sent == {"id": "u"}
    assert [body.count(b"x" * 1000) for *_rest, body in server.asked] == [100, 100]
    assert seen[-1] == (100_000, 100_000)


@pytest.mark.parametrize(
    ("typed", "server_address"),
    [
        ("https://qianhang.example.org/", "https://qianhang.example.org"),
        ("qianhang.example.org", "https://qianhang.example.org"),
        ("localhost:8600", "http://localhost:8600"),
        (" http://127.0.0.1:8600 ", "http://127.0.0.1:8600"),
    ],
)
def test_a_server_is_understood_as_people_type_it(typed, server_address):
    assert clean_server(typed) == server_address


@pytest.mark.parametrize("typed", ["", "ftp://host", "https://user:secret@host", "https://", "http://host?x=1"])
def test_what_is_no_server_is_refused_as_a_wrong_command_line(typed):
    with pytest.raises(ApplianceError) as refused:
        clean_server(typed)
    assert refused.value.exit_code == ExitCode.USAGE


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("QIANHANG_DATA_DIR", str(tmp_path / "data"))
    for name in ("QIANHANG_SERVER", "QIANHANG_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_environment_goes_before_what_was_saved(home, monkeypatch):
    save_profile(server="https://saved.example", api_key="qh_saved")
    assert current_profile() == Profile("https://saved.example", "qh_saved", "login")
    monkeypatch.setenv("QIANHANG_SERVER", "https://other.example")
    monkeypatch.setenv("QIANHANG_API_KEY", "qh_other")
    assert current_profile() == Profile("https://other.example", "qh_other", "environment")


def test_a_saved_key_is_never_sent_to_another_server(home, monkeypatch):
    save_profile(server="https://saved.example", api_key="qh_saved")
    monkeypatch.setenv("QIANHANG_SERVER", "https://elsewhere.example")
    with pytest.raises(ApplianceError) as refused:
        current_profile()
    assert refused.value.exit_code == ExitCode.NOT_SIGNED_IN


def test_forgetting_one_server_leaves_the_other(home):
    save_profile(server="https://one.example", api_key="qh_1")
    save_profile(server="https://two.example", api_key="qh_2")
    assert forget_profile() == ["https://two.example"]
    assert current_profile() == Profile("https://one.example", "qh_1", "login")
    assert forget_profile("https://unknown.example") == []


def test_a_broken_profile_file_is_named(home):
    file = save_profile(server="https://one.example", api_key="qh_1")
    file.write_text("{broken")
    with pytest.raises(ApplianceError, match=r"profiles\.json cannot be read"):
        current_profile()
