"""What the embedded compute can offer on this machine, in one line."""

import os
import shutil
import subprocess

import psutil

CONSENT = "QIANHANG_LOCAL_UNISOLATED"


def bubblewrap_problem() -> str:
    """Why jobs would run without a sandbox, or an empty text when bubblewrap works for this user."""
    if (program := shutil.which("bwrap")) is None:
        return "bubblewrap is not installed"
    probe = [
        program,
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "true",
    ]
    try:
        tried = subprocess.run(probe, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    return (
        ""
        if tried.returncode == 0
        else f"bubblewrap may not make a sandbox: {tried.stderr.strip() or 'no reason given'}"
    )


def describe_sandbox() -> str:
    """Cores, memory and whether jobs are isolated."""
    size = f"{len(os.sched_getaffinity(0))} CPUs, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    problem = bubblewrap_problem()
    if not problem:
        return f"{size}, jobs run in a bubblewrap sandbox"
    if may_run_bare():
        return f"{size}, jobs run WITHOUT a sandbox, as {CONSENT}=1 allows: {problem}"
    return f"{size}, jobs are REFUSED, for no sandbox can be made: {problem}; {CONSENT}=1 runs them without one"


def may_run_bare() -> bool:
    """Whether the operator lets jobs run where there is no sandbox."""
    return os.environ.get(CONSENT, "").lower() in {"1", "true", "yes", "on"}
