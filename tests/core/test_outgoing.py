import http.server
import threading
from collections.abc import Iterator, Sequence

import pytest

from qianhang.core.outgoing import AddressRefused, FetchFailed, OutgoingClient, check_url, refusal_of

PUBLIC = "93.184.216.34"


def answers(*addresses: str):
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::",
        "2001:0:4136:e378:8000:63bf:807f:fffe", "not an address", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address):
    assert refusal_of(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_a_public_address_is_allowed(address):
    assert refusal_of(address) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("gopher://example.org/", "only http and https"),
        ("https://user:secret@example.org/", "user name"),
        ("https:///path", "names no host"),
        ("https://example.org:22/", "port 22"),
        ("http://example.org:5432/", "port 5432"),
        ("http://[::1", "not a URL"),
        ("http://exa mple.org/", "malformed"),
    ],
)
def test_a_url_of_another_kind_is_refused_before_anything_is_resolved(url, why):
    def never(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("resolved")

    with pytest.raises(AddressRefused, match=why) as refusal:
        check_url(url, resolver=never)
    assert "secret" not in str(refusal.value)


def test_one_bad_address_among_good_ones_is_enough():
    with pytest.raises(AddressRefused, match="not on the public internet"):
        check_url("https://example.org/", resolver=answers(PUBLIC, "127.0.0.1"))


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "①27.0.0.1"])
def test_numbers_that_the_system_reads_as_loopback_are_refused(host):
    """The system's own resolver decides what they mean; its answer is what is checked."""
    with pytest.raises(AddressRefused):
        check_url(f"http://{host}/")


def test_a_private_network_can_be_allowed_by_the_operator(settings):
    settings.ALLOWED_PRIVATE_NETWORKS = ["10.0.0.0/8"]
    assert check_url("https://inside.example/", resolver=answers("10.1.2.3")).ip == "10.1.2.3"
    with pytest.raises(AddressRefused):
        check_url("https://inside.example/", resolver=answers("192.168.0.1"))


class Site(http.server.BaseHTTPRequestHandler):
    """Answers what the path says; keeps what it was asked."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        type(self).seen.append((self.path, dict(self.headers)))
        kind, _slash, rest = self.path.lstrip("/").partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"x" * int(rest or 2)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def site(settings) -> Iterator[tuple[int, list]]:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    handler = type("ThisSite", (Site,), {"seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, handler.seen
    server.shutdown()
    server.server_close()


def client(port: int, **options) -> OutgoingClient:
    return OutgoingClient(resolver=options.pop("resolver", answers("127.0.0.1")), ports={port}, **options)


def test_the_connection_goes_to_the_checked_address_and_keeps_the_name(site):
    port, seen = site
    with client(port) as http_client:
        answer = http_client.get(f"http://data.example:{port}/ok/5")
    assert (answer.status, answer.body) == (200, b"xxxxx")
    assert seen[0][1]["Host"] == f"data.example:{port}"


def test_a_name_that_changes_its_address_after_the_check_changes_nothing(site):
    """DNS rebinding: resolved once. The second answer, were it asked for, is refused and would raise."""
    port, _seen = site
    given = iter([["127.0.0.1"], ["10.0.0.1"]])
    with client(port, resolver=lambda _host, _port: next(given)) as http_client:
        assert http_client.get(f"http://data.example:{port}/ok").status == 200
    assert next(given) == ["10.0.0.1"]


def test_a_redirect_to_a_private_address_is_refused(site):
    port, seen = site

    def resolver(host: str, _port: int) -> Sequence[str]:
        return ["169.254.169.254"] if host == "metadata.example" else ["127.0.0.1"]

    with client(port, resolver=resolver) as http_client, pytest.raises(AddressRefused, match="not on the public"):
        http_client.get(f"http://data.example:{port}/to/http://metadata.example:{port}/latest")
    assert len(seen) == 1


def test_a_redirect_to_another_scheme_is_refused(site):
    port, _seen = site
    with client(port) as http_client, pytest.raises(AddressRefused, match="only http"):
        http_client.get(f"http://data.example:{port}/to/file:///etc/passwd")


def test_three_redirects_are_followed_and_a_fourth_is_not(site):
    port, _seen = site
    with client(port) as http_client:
        assert http_client.get(f"http://a.example:{port}/to//to//to//ok/3").body == b"xxx"
        with pytest.raises(FetchFailed, match="more than 3 redirects"):
            http_client.get(f"http://a.example:{port}/to//to//to//to//ok")


def test_a_token_is_not_carried_to_another_host(site):
    port, seen = site
    with client(port) as http_client:
        http_client.get(f"http://a.example:{port}/to/http://b.example:{port}/ok", headers={"Authorization": "Bearer t"})
    assert ["Authorization" in headers for _path, headers in seen] == [True, False]


def test_a_body_over_the_cap_is_cut_off_with_an_error(site):
    port, _seen = site
    with client(port, max_bytes=1000) as http_client:
        assert len(http_client.get(f"http://a.example:{port}/ok/1000").body) == 1000
        with pytest.raises(FetchFailed, match="more than 1000 bytes"):
            http_client.get(f"http://a.example:{port}/ok/1001")


def test_a_proxy_in_the_environment_is_not_used(site, monkeypatch):
    port, seen = site
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with client(port) as http_client:
        assert http_client.get(f"http://a.example:{port}/ok").status == 200
    assert len(seen) == 1


def test_a_host_that_is_not_there_is_said_so(site):
    _port, _seen = site
    with OutgoingClient(resolver=answers("127.0.0.1"), ports={1}) as http_client, pytest.raises(FetchFailed):
        http_client.get("http://a.example:1/")
