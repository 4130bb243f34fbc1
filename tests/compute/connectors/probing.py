"""Runs an attacker's script as a job and gives back what it managed, attempt by attempt."""

import textwrap
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.ports import RunRequest, RunStatus

from .waiting import wait_for_end, whole_log

# `attempt` prints "name: errno name" for a refusal and "name: DONE result" for a success.
_PRELUDE = """
import ctypes, errno, os, pathlib, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def attempt(name, act):
    try:
        result = act()
    except OSError as error:
        print(f"{name}: {errno.errorcode.get(error.errno, error)}", flush=True)
    else:
        print(f"{name}: DONE {result!r}"[:300], flush=True)

def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result
"""


@dataclass(frozen=True, slots=True)
class Probe:
    run_id: uuid.UUID
    status: RunStatus
    log: str
    attempts: Mapping[str, str]
    """Outcome by name of the attempt."""


def request_for(script: str, **changes: object) -> RunRequest:
    request: dict[str, object] = {
        "run_id": uuid.uuid4(),
        "fence": 1,
        "command": ["/usr/bin/env", "python3", "-c", _PRELUDE + textwrap.dedent(script)],
        "env": {},
        "cards": 0,
        "cpus": 1,
        "memory_mib": 256,
        "time_limit_s": 60,
    }
    return RunRequest(**(request | changes))  # type: ignore[arg-type]


def probe(local: LocalConnector, script: str, **changes: object) -> Probe:
    request = request_for(script, **changes)
    local.submit(request)
    status = wait_for_end(local, request.run_id, seconds=60)
    log = whole_log(local, request.run_id).decode("utf-8", "replace")
    lines = [line.partition(": ") for line in log.splitlines() if ": " in line]
    return Probe(request.run_id, status, log, {name: outcome for name, _, outcome in lines})
