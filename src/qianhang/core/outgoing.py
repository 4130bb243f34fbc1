"""Requests to addresses that users or partners give us, without letting them reach into our own network (SSRF).

    with OutgoingClient() as client:
        answer = client.get("https://example.org/data.json")

A name is resolved once, every address it has must be allowed, and the connection goes to an address that was checked:
a name that answers differently a moment later (DNS rebinding) changes nothing. The certificate is still checked for
the name. Every redirect is a new check. Proxies from the environment are not used: they would resolve again.

Source: OWASP, Server Side Request Forgery Prevention; IANA special-purpose address registries by way of `ipaddress`.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError

SCHEMES = frozenset({"https", "http"})
PORTS = frozenset({80, 443, 8080, 8443})
MAX_REDIRECTS = 3
MAX_BYTES = 10 * 1024 * 1024
CONNECT_S, TOTAL_S = 5.0, 30.0

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

# RFC 6052: addresses that a translator turns into the IPv4 address in their last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")
# Special-purpose ranges that some versions of `ipaddress` still call global.
_ALSO_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20")))
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


class AddressRefused(DomainError):
    code, status = "address_refused", 422
    message = _("The address {url} is refused: {why}.")


class FetchFailed(DomainError):
    code, status = "fetch_failed", 502
    message = _("{url} did not answer as expected: {why}.")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: connect to `ip` and no other, and speak to `host`."""

    scheme: str
    host: str
    port: int
    ip: str


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address the system resolver gives for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refusal_of(address: str, *, allowed: Iterable[IpNetwork] = ()) -> str:
    """Why this IP address must not be contacted, or an empty string.

    Embedded IPv4 (mapped, compatible, NAT64, 6to4, Teredo) is judged by the IPv4 address a packet would end at.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an IP address"
    inner = _embedded(ip)
    reached = ip if inner is None else inner
    if any(ip in network or reached in network for network in allowed):
        return ""
    special = any(ip in network or reached in network for network in _ALSO_SPECIAL)
    if special or not reached.is_global or reached.is_multicast or reached.is_reserved:
        return f"{address} is not on the public internet"
    return ""


def check_url(url: str, *, resolver: Resolver = resolve, ports: Collection[int] = PORTS) -> Target:
    """The one address to connect to for `url`. Raises AddressRefused with the reason; contacts only the resolver.

    settings.ALLOWED_PRIVATE_NETWORKS names ranges that are reachable although they are private.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressRefused(url=url[:200], why="it is not a URL") from error
    shown = _shown(parsed)
    if parsed.scheme not in SCHEMES:
        raise AddressRefused(url=shown, why="only http and https are allowed")
    if parsed.userinfo:
        raise AddressRefused(url=shown, why="it carries a user name or password")
    if not parsed.host:
        raise AddressRefused(url=shown, why="it names no host")
    host = parsed.raw_host.decode("ascii")
    if not _HOST.fullmatch(host):
        raise AddressRefused(url=shown, why="its host name is malformed")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if port not in ports:
        raise AddressRefused(url=shown, why=f"port {port} is not allowed")
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(url=shown, why="its host name cannot be resolved") from error
    allowed = [ipaddress.ip_network(text) for text in settings.ALLOWED_PRIVATE_NETWORKS]
    for address in addresses:
        if why := refusal_of(address, allowed=allowed):
            raise AddressRefused(url=shown, why=why)
    if not addresses:
        raise AddressRefused(url=shown, why="its host name has no address")
    return Target(scheme=parsed.scheme, host=host, port=port, ip=addresses[0])


class OutgoingClient:
    """A small HTTP client for untrusted addresses. Not for addresses from our own configuration."""

    def __init__(
        self,
        *,
        resolver: Resolver = resolve,
        ports: Collection[int] = PORTS,
        max_bytes: int = MAX_BYTES,
        total_s: float = TOTAL_S,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._resolver, self._ports = resolver, ports
        self._max_bytes, self._total_s = max_bytes, total_s
        self._backend = _PinnedBackend()
        context = verify if isinstance(verify, ssl.SSLContext) else httpx.create_ssl_context(verify=verify)
        transport = httpx.HTTPTransport(verify=context, trust_env=False, retries=0)
        # httpx has no public way to choose the address of a connection; httpcore's network backend is one.
        transport._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=10, keepalive_expiry=0, network_backend=self._backend
        )
        self._http = httpx.Client(
            transport=transport, follow_redirects=False, trust_env=False, timeout=httpx.Timeout(CONNECT_S)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", url, headers=headers)

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("POST", url, content=content, headers=headers)

    def request(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, after at most three redirects (followed for GET and HEAD alone), each of them checked.

        Headers of the caller go to the first host only, so that a redirect cannot collect a token.

        Raises:
            AddressRefused: the address, or one that it redirects to, is not allowed.
            FetchFailed: no connection, too slow, too large, too many redirects.
        """
        deadline = time.monotonic() + self._total_s
        first_origin: tuple[str, str, int] | None = None
        for _hop in range(MAX_REDIRECTS + 1):
            target = check_url(url, resolver=self._resolver, ports=self._ports)
            origin = (target.scheme, target.host, target.port)
            first_origin = first_origin or origin
            sent = dict(headers or {}) if origin == first_origin else {}
            answer, location = self._once(method, url, target, content=content, headers=sent, deadline=deadline)
            if location is None or method not in {"GET", "HEAD"}:
                return answer
            url = str(httpx.URL(url).join(location))
        raise FetchFailed(url=_shown(httpx.URL(url)), why=f"more than {MAX_REDIRECTS} redirects")

    def _once(
        self,
        method: str,
        url: str,
        target: Target,
        *,
        content: bytes | None,
        headers: Mapping[str, str],
        deadline: float,
    ) -> tuple[Answer, str | None]:
        shown = _shown(httpx.URL(url))
        self._backend.pin(target)
        try:
            with self._http.stream(
                method, url, content=content, headers={"Accept-Encoding": "identity", **headers}
            ) as got:
                body = self._read(got, shown, deadline)
                location = got.headers.get("Location") if got.is_redirect else None
                return Answer(url=url, status=got.status_code, headers=dict(got.headers), body=body), location
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise FetchFailed(url=shown, why=type(error).__name__) from error

    def _read(self, got: httpx.Response, shown: str, deadline: float) -> bytes:
        """The raw body up to the cap: what is counted is what came over the wire, so nothing can swell by unpacking."""
        chunks, size = [], 0
        for chunk in got.iter_raw():
            size += len(chunk)
            if size > self._max_bytes:
                raise FetchFailed(url=shown, why=f"more than {self._max_bytes} bytes")
            if time.monotonic() > deadline:
                raise FetchFailed(url=shown, why=f"slower than {self._total_s:g} s")
            chunks.append(chunk)
        return b"".join(chunks)


class _PinnedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to the address that was checked, whatever the name resolves to now."""

    def __init__(self) -> None:
        self._real = httpcore.SyncBackend()
        self._target: Target | None = None

    def pin(self, target: Target) -> None:
        self._target = target

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        target = self._target
        if target is None or (host.strip("[]"), port) != (target.host.strip("[]"), target.port):
            raise httpcore.ConnectError("not the address that was checked")
        return self._real.connect_tcp(
            target.ip, port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("sockets in the file system are not outgoing addresses")


def _embedded(ip: IpAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 address, if it is of a kind that has one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64 or (ip in _V4_COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _SIX_TO_FOUR:
        return ip.sixtofour
    return ip.teredo[1] if ip.teredo else None


def _shown(url: httpx.URL) -> str:
    """The address for a message: no password, no query, which may hold a token."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))[:200]
