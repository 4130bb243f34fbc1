"""How long `qianhang up` takes when its data exists, and how much memory the whole of it uses while idle.

    .venv/bin/python benchmarks/startup.py [--starts 5] [--idle-s 20]

Prints each figure against its limit (10 s to a usable page, 500 MB), with PostgreSQL's part of the memory; exits with 1
when one is missed. Memory is PSS: shared pages are counted once, divided among those who share them.
"""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

READY_LIMIT_S, MEMORY_LIMIT_MB = 10.0, 500.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(data: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as stream:
        command = [sys.executable, "-m", "qianhang", "up", "--no-browser", "--data-dir", str(data), "--port", str(port)]
        return subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)


def page_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_for_page(process: subprocess.Popen[bytes], port: int, log: Path) -> float:
    began = time.monotonic()
    while not page_answers(port):
        if process.poll() is not None:
            sys.exit(f"`qianhang up` ended with {process.returncode}:\n{log.read_text('utf-8')}")
        if time.monotonic() - began > 120:
            sys.exit("no page within two minutes")
        time.sleep(0.05)
    return time.monotonic() - began


def stop(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    return time.monotonic() - began


def of_this_start(port: int, root: int, data: Path) -> list[psutil.Process]:
    """The supervisor, everything below it, and the database, which may have another parent."""
    found = {process.pid: process for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]}
    postmaster = data / "postgres" / "postmaster.pid"
    if postmaster.exists():
        server = psutil.Process(int(postmaster.read_text("ascii").split()[0]))
        found |= {process.pid: process for process in [server, *server.children(recursive=True)]}
    return list(found.values())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--idle-s", type=float, default=20)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="qianhang-bench-") as folder:
        data, log, port = Path(folder) / "data", Path(folder) / "up.txt", free_port()
        if os.geteuid() == 0:
            Path(folder).chmod(0o755)
        process = start(data, port, log)
        first = wait_for_page(process, port, log)
        stop(process)
        times = []
        for number in range(asked.starts):
            process = start(data, port, log)
            times.append(wait_for_page(process, port, log))
            if number < asked.starts - 1:
                stop(process)
        time.sleep(asked.idle_s)
        sizes: dict[str, float] = {}
        for part in of_this_start(port, process.pid, data):
            kind = "PostgreSQL" if part.name().startswith("postgres") else "Qianhang"
            sizes[kind] = sizes.get(kind, 0) + part.memory_full_info().pss / 1e6
        stopped = stop(process)
    slowest, total = max(times), sum(sizes.values())
    print(f"{'':34}{'measured':>12}{'limit':>10}{'ratio':>8}")
    print(f"{'first start, empty data folder':34}{first:>10.1f} s")
    name = f"page after start, slowest of {len(times)}"
    print(f"{name:34}{slowest:>10.1f} s{READY_LIMIT_S:>8.0f} s{slowest / READY_LIMIT_S:>8.2f}")
    name = "idle memory, everything (PSS)"
    print(f"{name:34}{total:>9.0f} MB{MEMORY_LIMIT_MB:>7.0f} MB{total / MEMORY_LIMIT_MB:>8.2f}")
    for kind, size in sizes.items():
        print(f"{'  ' + kind:34}{size:>9.0f} MB")
    print(f"{'stop':34}{stopped:>10.1f} s")
    return int(slowest > READY_LIMIT_S or total > MEMORY_LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
