"""Network addresses the pages are served on."""

import contextlib
import ipaddress
import socket

import psutil

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8600


def assert_free(host: str, port: int) -> None:
    """Raises ApplianceError (BUSY) that names who listens, or says why the address cannot be used."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, OverflowError) as error:
        raise ApplianceError(
            f"{host} is not an address of this machine.", remedy="Use --host 127.0.0.1, or 0.0.0.0 for every interface."
        ) from error
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except PermissionError as error:
            raise ApplianceError(
                f"Port {port} is reserved for root on this machine, and Qianhang does not run as root.",
                remedy="Choose a port above 1023 with --port and put a reverse proxy in front.",
            ) from error
        except OSError as error:
            raise ApplianceError(
                f"Port {port} on {host} cannot be used: {_occupant(port) or error.strerror}.",
                remedy=f"Choose another with --port {port + 1}, or stop what uses it.",
                exit_code=ExitCode.BUSY,
            ) from error


def reachable_host(host: str) -> str:
    """Where this machine itself reaches a server that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "[::1]" if address.version == 6 else "127.0.0.1"
    return f"[{host}]" if address.version == 6 else host


def names_of(host: str) -> list[str]:
    """The names under which a server on `host` may be called: Django refuses a request under any other."""
    names = ["localhost", "127.0.0.1", "[::1]", host]
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            names += [socket.gethostname(), socket.getfqdn()]
            for addresses in psutil.net_if_addrs().values():
                names += [a.address for a in addresses if a.family == socket.AF_INET]
    return list(dict.fromkeys(name for name in names if name))


def is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _occupant(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()}) listens there"
    return "another program listens there" if _answers(port) else ""


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False
