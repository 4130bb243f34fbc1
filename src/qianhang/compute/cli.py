"""Commands about jobs and clusters. They talk to a server over its API; no Django here, so they start at once."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from qianhang.appliance.exits import ExitCode
from qianhang.core.web import terminal
from qianhang.core.web.client import Client, Refused
from qianhang.core.web.terminal import AsJson
from qianhang.core.web.words import gettext as _

from . import cli_follow, cli_package, cli_spec, cli_views

app = typer.Typer()
JOBS, CLUSTERS = _("Run jobs"), _("Look at clusters")

JobRef = Annotated[str, typer.Argument(help=_("Its id, the beginning of it, its name, or `last`."))]
Gpus = Annotated[int, typer.Option("--gpus", "-g", min=0, help=_("Accelerator cards."))]
Cpus = Annotated[int, typer.Option("--cpus", "-c", min=1)]
Memory = Annotated[str, typer.Option("--memory", "-m", help=_("Such as 2GiB."))]
TimeLimit = Annotated[str, typer.Option("--time-limit", "-t", help=_("Such as 10m or 1h30m."))]
Near = Annotated[str, typer.Option("--near", help=_("A region, in Chinese, English or by code."))]
MaxLatency = Annotated[float | None, typer.Option("--max-latency", help=_("Milliseconds to that region, at most."))]
Voucher = Annotated[
    str, typer.Option("--voucher", help=_("A voucher's number, or none. Default: the one that pays most."))
]
Budget = Annotated[str, typer.Option("--budget", help=_("The most it may cost, in yuan."))]
Domestic = Annotated[bool, typer.Option("--domestic", help=_("Only cards made in China."))]
Name = Annotated[str, typer.Option("--name", help=_("Shown in lists."))]
Env = Annotated[list[str] | None, typer.Option("--env", "-e", help=_("NAME=value; repeat it for more."))]
Secret = Annotated[
    list[str] | None, typer.Option("--secret", help=_("NAME=value or NAME from this shell; kept encrypted."))
]
Network = Annotated[bool, typer.Option("--network", help=_("Let the job reach the network."))]
Retries = Annotated[int | None, typer.Option("--retries", min=0, max=10, help=_("Tries after a lost run."))]
Detach = Annotated[bool, typer.Option("--detach", "-d", help=_("Do not wait for it."))]
Into = Annotated[Path | None, typer.Option("--output", "-o", help=_("The folder for what it brings back."))]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)]
Script = Annotated[Path, typer.Argument(help=_("A script, or a folder with a job.yaml."))]
Arguments = Annotated[list[str] | None, typer.Argument(help=_("What the script gets; after --."))]
SpecFile = Annotated[Path, typer.Option("--file", "-f", help=_("A job spec in YAML or JSON."))]
WithFolder = Annotated[bool, typer.Option("--with-folder", help=_("Send the script's whole folder along."))]


@app.command(
    rich_help_panel=JOBS,
    help=_(
        "Run a script on the best cluster: shows where and why, the quote, the log and the receipt, and brings the "
        "outputs back.\n\nqianhang run train.py --gpus 1 --near Changchun -- --epochs 10"
    ),
)
def run(
    script: Script,
    arguments: Arguments = None,
    *,
    gpus: Gpus = 0,
    cpus: Cpus = 1,
    memory: Memory = "",
    time_limit: TimeLimit = "",
    near: Near = "",
    max_latency: MaxLatency = None,
    voucher: Voucher = "",
    budget: Budget = "",
    domestic: Domestic = False,
    name: Name = "",
    env: Env = None,
    secret: Secret = None,
    network: Network = False,
    retries: Retries = None,
    with_folder: WithFolder = False,
    detach: Detach = False,
    output: Into = None,
    as_json: AsJson = False,
) -> None:
    wish = {
        "name": name,
        "resources": {"cards": gpus, "cpus": cpus, "memory": memory, "domestic_only": domestic or None},
        "time_limit": time_limit,
        "near": {"region": near, "max_latency_ms": max_latency} if near else None,
        "voucher": voucher,
        "budget": budget,
        "env": cli_spec.read_pairs(env or [], option="--env"),
        "secrets": cli_spec.read_pairs(secret or [], option="--secret", from_environment=True),
        "network": network or None,
        "retries": retries,
    }
    with Client() as client:
        if script.is_dir():
            spec = {**cli_spec.read_spec(script / "job.yaml"), **cli_spec.drop_unset(wish)}
            folder = script
        else:
            command = cli_package.command_of(script, arguments or [])
            spec = {"name": script.name, "command": command, **cli_spec.drop_unset(wish)}
            folder = script.resolve().parent if with_folder else script
        _submit(client, spec, source=folder, detach=detach, into=output, as_json=as_json)


@app.command(
    rich_help_panel=JOBS,
    help=_("Submit a job spec; the folder it lies in becomes the job's working directory, unless it names a source."),
)
def submit(
    file: SpecFile,
    source: Annotated[Path | None, typer.Option("--source", help=_("The folder to send. Default: the file's."))] = None,
    detach: Detach = False,
    output: Into = None,
    as_json: AsJson = False,
) -> None:
    spec = cli_spec.read_spec(file)
    folder = None if "source" in spec and source is None else source or file.resolve().parent
    with Client() as client:
        _submit(client, spec, source=folder, detach=detach, into=output, as_json=as_json)


@app.command(
    rich_help_panel=JOBS,
    help=_("Say where a job would run, why there, when, and what it would cost at most. Nothing is submitted."),
)
def quote(
    *,
    file: Annotated[Path | None, typer.Option("--file", "-f", help=_("A job spec in YAML or JSON."))] = None,
    gpus: Gpus = 0,
    cpus: Cpus = 1,
    memory: Memory = "",
    time_limit: TimeLimit = "",
    near: Near = "",
    max_latency: MaxLatency = None,
    voucher: Voucher = "",
    budget: Budget = "",
    domestic: Domestic = False,
    as_json: AsJson = False,
) -> None:
    wish = {
        "resources": {"cards": gpus, "cpus": cpus, "memory": memory, "domestic_only": domestic or None},
        "time_limit": time_limit,
        "near": {"region": near, "max_latency_ms": max_latency} if near else None,
        "voucher": voucher,
        "budget": budget,
    }
    spec = cli_spec.read_spec(file) if file else {"command": "true", **cli_spec.drop_unset(wish)}
    with Client() as client:
        answer = _quote(client, _with_region(client, spec))
    if as_json:
        terminal.show_json(answer)
        return
    cli_views.show_placement(answer["placement"])
    cli_views.show_quote(answer)


@app.command(rich_help_panel=JOBS, help=_("List jobs, newest first."))
def jobs(
    state: Annotated[str, typer.Option("--state", help=_("A state, or waiting, active, ended."))] = "",
    cluster: Annotated[str, typer.Option("--cluster", help=_("Only jobs that ran there."))] = "",
    search: Annotated[str, typer.Option("--search", "-s", help=_("Part of a name, or the beginning of an id."))] = "",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    with Client() as client:
        found = list(client.pages("/jobs", limit=limit, state=state, cluster=cluster, q=search))
    if as_json:
        terminal.show_json(found)
    else:
        cli_views.show_jobs(found)


@app.command(rich_help_panel=JOBS, help=_("Show one job: its attempts, why they went where they went, what it cost."))
def job(job: JobRef, as_json: AsJson = False) -> None:
    with Client() as client:
        detail = client.get(f"/jobs/{cli_spec.job_id(client, job)}")
    if as_json:
        terminal.show_json(detail)
    else:
        cli_views.show_job(detail)


@app.command(rich_help_panel=JOBS, help=_("Stop a job in whatever state it is; only the time it used is charged."))
def cancel(job: JobRef, reason: Annotated[str, typer.Option("--reason")] = "", as_json: AsJson = False) -> None:
    with Client() as client:
        job_id = cli_spec.job_id(client, job)
        answer = client.post(f"/jobs/{job_id}/cancel", {"reason": reason})
    if as_json:
        terminal.show_json(answer)
    elif answer["state"] == "cancelled":
        terminal.show(_("{name} is cancelled.").format(name=answer["name"]))
    elif answer["cancel_requested_at"]:
        terminal.show(_("{name} is told to stop.").format(name=answer["name"]))
    else:
        terminal.show(_("{name} was over already ({state}).").format(name=answer["name"], state=answer["state"]))


@app.command(rich_help_panel=JOBS, help=_("Print a job's log."))
def logs(
    job: JobRef,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=_("Stay until the job is over."))] = False,
    attempt: Annotated[int | None, typer.Option("--attempt", min=1, help=_("Default: the last one."))] = None,
) -> None:
    with Client() as client:
        job_id = cli_spec.job_id(client, job)
        if follow:
            with cli_follow.leaving_it_running(job_id):
                cli_follow.follow(client, job_id)
            return
        offset = 0
        while True:
            piece = client.get(f"/jobs/{job_id}/log", offset=offset, attempt=attempt, limit=256 * 1024)
            typer.echo(terminal.printable(piece["text"]), nl=False)
            if piece["complete"] or piece["next"] == offset:
                break
            offset = piece["next"]
        if piece["truncated"]:
            terminal.note(_("The log was longer than what is kept."))


@app.command(rich_help_panel=JOBS, help=_("List what a job brought back; with --output, download it."))
def outputs(job: JobRef, output: Into = None, as_json: AsJson = False) -> None:
    with Client() as client:
        job_id = cli_spec.job_id(client, job)
        if output is not None:
            cli_follow.fetch_outputs(client, job_id, output, quiet=as_json)
        found = client.get(f"/jobs/{job_id}/outputs")["items"]
    if as_json:
        terminal.show_json(found)
    elif output is None or not found:
        cli_views.show_outputs(found)


@app.command(
    rich_help_panel=CLUSTERS, help=_("List clusters with what is free and what it costs. Planned ones are marked.")
)
def clusters(as_json: AsJson = False) -> None:
    with Client() as client:
        found = client.get("/clusters")["items"]
    if as_json:
        terminal.show_json(found)
    else:
        cli_views.show_clusters(found)


@app.command(rich_help_panel=CLUSTERS, help=_("Show one cluster."))
def cluster(
    cluster: Annotated[str, typer.Argument(help=_("Its short name, from `qianhang clusters`."))],
    as_json: AsJson = False,
) -> None:
    with Client() as client:
        found = client.get(f"/clusters/{cluster}")
    if as_json:
        terminal.show_json(found)
    else:
        cli_views.show_cluster(found)


def _with_region(client: Client, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with its region by code, so that a misspelt one is answered with the nearest names."""
    near = spec.get("near")
    if isinstance(near, str):
        return {**spec, "near": cli_spec.region_code(client, near)}
    if isinstance(near, Mapping) and isinstance(near.get("region"), str):
        return {**spec, "near": {**near, "region": cli_spec.region_code(client, near["region"])}}
    return dict(spec)


def _quote(client: Client, wish: Mapping[str, Any]) -> Mapping[str, Any]:
    """The dry run. A job that fits nowhere is told why, cluster by cluster, and what could be asked for instead."""
    try:
        answer: Mapping[str, Any] = client.post("/jobs/quote", wish)
    except Refused as refused:
        if refused.code == "no_cluster_fits":
            raise cli_views.fits_nowhere(refused, wish) from refused
        raise
    return answer


def _submit(
    client: Client, spec: Mapping[str, Any], *, source: Path | None, detach: bool, into: Path | None, as_json: bool
) -> None:
    """Send, quote, submit, and unless detached: stay to the end. Leaves with FAILURE when the job did not succeed."""
    wish = _with_region(client, spec)
    if source is not None:
        with cli_package.packed(source) as package, terminal.progress_bar(_("Sending")) as progress:
            upload = client.upload("/uploads", package.file, name=package.name, progress=progress)
        wish["source"] = {"upload": upload["id"]}
    quoted = _quote(client, wish)
    taken = client.post("/jobs", wish)
    if not as_json:
        terminal.show(_("Job {id} ({name})").format(id=taken["id"], name=taken["name"]))
    if detach:
        if as_json:
            terminal.show_json({"job": taken, "quote": quoted})
        else:
            cli_views.show_placement(quoted["placement"], table=False)
            cli_views.show_quote(quoted)
            terminal.show()
            terminal.show(_("Follow it with `qianhang logs -f {id}`.").format(id=taken["id"]))
        return
    with cli_follow.leaving_it_running(taken["id"]):
        detail = _stay(client, taken["id"], quoted, as_json=as_json)
    files = cli_follow.fetch_outputs(client, taken["id"], into or Path(f"outputs-{taken['id'][:13]}"), quiet=as_json)
    if as_json:
        terminal.show_json({**detail, "files": [str(file) for file in files]})
    if detail["job"]["state"] != "succeeded":
        raise typer.Exit(ExitCode.FAILURE)


def _stay(client: Client, job_id: str, quoted: Mapping[str, Any], *, as_json: bool) -> Mapping[str, Any]:
    detail = cli_follow.wait_for_placement(client, job_id)
    if detail["runs"] and not as_json:
        cli_views.show_placement(detail["runs"][0]["placement"], table=False)
        cli_views.show_quote(quoted)
        terminal.heading(_("Log"))
    detail = cli_follow.follow(client, job_id, log_to=sys.stderr if as_json else sys.stdout)
    detail = cli_follow.settled(client, job_id, detail)
    if not as_json:
        cli_follow.show_end(detail)
    return detail
