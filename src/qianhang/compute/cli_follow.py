"""Staying with a job until it is over: where it went, its log as it grows, what it cost, what it brought back."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import terminal
from qianhang.core.web.client import Client, parse_json
from qianhang.core.web.words import gettext as _
from qianhang.funding.cli import show_receipt

ENDED = frozenset({"succeeded", "failed", "cancelled", "lost"})
FIRST_LOOK_S, SLOWEST_LOOK_S = 0.15, 2.0
# The receipt is written with the job's last state; a job without one after this long was never charged.
RECEIPT_PATIENCE_S = 10.0


def follow(client: Client, job_id: str, *, log_to: Any = None) -> Mapping[str, Any]:
    """Shows placement and log of every attempt until the job is over; returns the job's last detail.

    `log_to` is where the log goes, by default standard output.
    """
    stream = log_to or sys.stdout
    seen = 0
    while True:
        detail = _wait(client, job_id, until=lambda found, seen=seen: len(found["runs"]) > seen or _is_over(found))
        if len(detail["runs"]) > seen:
            seen = len(detail["runs"])
            run = detail["runs"][-1]
            if seen > 1:
                terminal.note(_("Attempt {number}, on {cluster}").format(number=seen, cluster=run["cluster_name"]))
            copy_log(client, job_id, stream)
            detail = _wait(client, job_id, until=lambda found, seen=seen: len(found["runs"]) > seen or _is_over(found))
        if _is_over(detail) and len(detail["runs"]) <= seen:
            return detail


def wait_for_placement(client: Client, job_id: str) -> Mapping[str, Any]:
    """The job's detail once it has gone somewhere, or is over."""
    told = False
    pause, began = FIRST_LOOK_S, time.monotonic()
    while True:
        detail = client.get(f"/jobs/{job_id}")
        if detail["runs"] or _is_over(detail):
            return detail
        if not told and time.monotonic() - began > 2:
            told = True
            terminal.note(_("Waiting for a place: {why}").format(why=detail["job"]["sentence"] or _("queued")))
        time.sleep(pause)
        pause = min(pause * 1.4, SLOWEST_LOOK_S)


def copy_log(client: Client, job_id: str, stream: Any) -> None:
    """Writes the log of the job's last run as it grows, until that run has ended."""
    for name, data in client.events(f"/jobs/{job_id}/log/stream"):
        if name == "log":
            stream.write(terminal.printable(parse_json(data).get("text", "")))
            stream.flush()


def settled(client: Client, job_id: str, detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The detail with the receipt of its last run, which may come a moment after the end."""
    began = time.monotonic()
    while detail["runs"] and not detail["runs"][-1]["receipt"]:
        if time.monotonic() - began > RECEIPT_PATIENCE_S:
            break
        time.sleep(FIRST_LOOK_S)
        detail = client.get(f"/jobs/{job_id}")
    return detail


def show_end(detail: Mapping[str, Any]) -> None:
    job = detail["job"]
    took = terminal.duration(terminal.seconds_between(job["started_at"], job["ended_at"]))
    ending = " ".join(part for part in (job["state_label"], took and f"({took})", job["sentence"]) if part)
    mark = "✓" if job["state"] == "succeeded" else "✗"
    terminal.heading(terminal.printable(f"{mark} {ending}"))
    for run in detail["runs"]:
        if run["receipt"]:
            terminal.show()
            show_receipt(run["receipt"])


def fetch_outputs(client: Client, job_id: str, into: Path, *, quiet: bool = False) -> list[Path]:
    """Downloads what the job brought back; returns the files. Raises ApplianceError when one cannot be written."""
    outputs = client.get(f"/jobs/{job_id}/outputs")["items"]
    written = []
    for output in outputs:
        file = safe_path(into, output["path"])
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with terminal.progress_bar(output["path"]) as progress:
                client.download(f"/jobs/{job_id}/outputs/{output['id']}", file, progress=progress)
        except OSError as error:
            raise ApplianceError(_("{file} cannot be written: {why}.").format(file=file, why=error.strerror)) from error
        written.append(file)
    if written and not quiet:
        terminal.heading(_("Outputs"))
        for file, output in zip(written, outputs, strict=True):
            terminal.show(f"{file}  {terminal.size(output['bytes'])}")
    return written


def safe_path(into: Path, path: str) -> Path:
    """Where an output goes. A server's answer is not trusted to stay inside the folder: raises ApplianceError."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or path.startswith("/") or any("\\" in part or "\x00" in part for part in parts):
        raise ApplianceError(_("The output {path} was not written: its name leaves the folder.").format(path=path))
    # Jobs write into outputs/; the person named the folder themselves, or gets the same name.
    file = into.joinpath(*(parts[1:] if parts[0] == "outputs" and len(parts) > 1 else parts))
    if not file.resolve().is_relative_to(into.resolve()):
        raise ApplianceError(_("The output {path} was not written: its name leaves the folder.").format(path=path))
    return file


@contextmanager
def leaving_it_running(job_id: str) -> Iterator[None]:
    """Ctrl-C ends the command, not the job, and says so."""
    try:
        yield
    except KeyboardInterrupt:
        terminal.note("")
        terminal.note(_("The job goes on without you."))
        terminal.note(_("  follow it again: qianhang logs -f {id}").format(id=job_id))
        terminal.note(_("  stop it:         qianhang cancel {id}").format(id=job_id))
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _wait(client: Client, job_id: str, *, until: Any) -> Mapping[str, Any]:
    pause = FIRST_LOOK_S
    while True:
        detail = client.get(f"/jobs/{job_id}")
        if until(detail):
            return detail
        time.sleep(pause)
        pause = min(pause * 1.4, SLOWEST_LOOK_S)


def _is_over(detail: Mapping[str, Any]) -> bool:
    """Lost is over only when no retry is left: otherwise the job is about to be queued again."""
    state = detail["job"]["state"]
    return state in ENDED and not (state == "lost" and detail["retries_left"] > 0)
