"""Which isolation this machine really gives, found by trying it."""

import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import cgroup, seccomp
from .sandbox import Bubblewrap, PythonLoan, bubblewrap_arguments, find_bubblewrap, write_etc

_TRY_S = 20


@dataclass(frozen=True, slots=True)
class Isolation:
    level: str
    """L0, L1 or L2, as in ports.Inventory."""
    note: str
    """In words: what holds, and what is missing for more."""
    bubblewrap: Bubblewrap | None
    seccomp: bool
    cgroup: cgroup.Delegation | None


@cache
def detect() -> Isolation:
    """Tries a sandbox like the ones that jobs get. Remembered for this process."""
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        return bare("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    filter_program = seccomp.program(guard_memory=True, guard_cores=True)
    failure = _try(bubblewrap, filter_program)
    with_filter = filter_program is not None and not failure
    if failure and filter_program is not None:
        failure = _try(bubblewrap, None)
    if failure:
        return bare(f"bubblewrap cannot make a sandbox here ({failure})")
    delegation = cgroup.find()
    missing = [] if with_filter else ["no system-call filter on this machine"]
    if delegation is None:
        missing.append(
            "no control group handed to this user: memory and CPU are limited by resource limits and watching"
        )
    if not bubblewrap.knows("--disable-userns"):
        missing.append(f"bubblewrap {bubblewrap.version} cannot refuse nested user namespaces by itself")
    held = "Own namespaces, read-only system, no capabilities" + (", system-call filter" if with_filter else "")
    if delegation is not None:
        held += f", control group ({', '.join(sorted(delegation.controllers))})"
    note = held + (f". Missing: {'; '.join(missing)}." if missing else ".")
    level = "L2" if with_filter and delegation is not None and delegation.complete else "L1"
    return Isolation(level, note, bubblewrap, with_filter, delegation)


def bare(why: str) -> Isolation:
    """No isolation, and the reason why."""
    note = f"No isolation: {why}. Jobs would be plain processes of the platform's own user, for trusted code only."
    return Isolation(level="L0", note=note, bubblewrap=None, seccomp=False, cgroup=None)


def _try(bubblewrap: Bubblewrap, filter_program: bytes | None) -> str:
    """Empty when a command really ran in the sandbox, else the reason why not."""
    with tempfile.TemporaryDirectory(prefix="qianhang-try-") as folder:
        work = Path(folder, "work")
        work.mkdir()
        arguments = bubblewrap_arguments(
            bubblewrap=bubblewrap,
            work=work,
            etc=write_etc(Path(folder, "etc")),
            loan=PythonLoan("", ""),
            environment={},
            network=False,
            cards=(),
            memory_bytes=1 << 20,
        )
        command = [bubblewrap.path]
        if filter_program is not None:
            Path(folder, "filter").write_bytes(filter_program)
        Path(folder, "arguments").write_bytes(b"".join(part + b"\0" for part in arguments))
        with (
            Path(folder, "arguments").open("rb") as args_file,
            (Path(folder, "filter") if filter_program is not None else Path("/dev/null")).open("rb") as filter_file,
        ):
            fds = [args_file.fileno()]
            command += ["--args", str(fds[0])]
            if filter_program is not None:
                fds.append(filter_file.fileno())
                command += ["--seccomp", str(fds[1])]
            try:
                tried = subprocess.run(
                    [*command, "--", "/bin/sh", "-c", "echo ok > proof"],
                    pass_fds=fds,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    timeout=_TRY_S,
                    check=False,
                    env={},
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return str(error)
        if tried.returncode == 0 and (work / "proof").is_file():
            return ""
        return tried.stderr.decode("utf-8", "replace").strip().removeprefix("bwrap: ") or f"exit {tried.returncode}"
