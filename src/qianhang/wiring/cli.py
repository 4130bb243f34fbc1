"""The root of the command line. Rooms bring their own commands; nothing here loads Django until a command needs it."""

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from qianhang import __version__
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder
from qianhang.appliance.ports import DEFAULT_HOST, DEFAULT_PORT
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.root_start import planned_data_dir, settle_data_dir

# Each has `app = typer.Typer()` and may not import Django while loading. The first talk to a server over its API and
# join the root; the second look into this installation's own database.
ROOMS = ("qianhang.core.people.cli", "qianhang.funding.cli", "qianhang.compute.cli", "qianhang.programme.cli")
INSPECTIONS = {"ledger": "qianhang.core.ledger.cli", "audit": "qianhang.core.audit.cli"}

app = typer.Typer(
    name="qianhang",
    help="Qianhang (千行): turns a region's AI+ action plan into a running programme.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where everything is kept. Default: QIANHANG_DATA_DIR, else your home."),
]
Host = Annotated[str, typer.Option("--host", envvar="QIANHANG_HOST", help="Listen here; 0.0.0.0 is every interface.")]
Port = Annotated[int, typer.Option("--port", envvar="QIANHANG_PORT", min=1, max=65535)]
CARRIED_FILE = "QIANHANG_CARRIED_FILE"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def build() -> typer.Typer:
    """The whole command line: the root's commands and those of every room."""
    for name in ROOMS:
        if importlib.util.find_spec(name) is not None:
            app.add_typer(importlib.import_module(name).app)
    for name, module in INSPECTIONS.items():
        inspection: typer.Typer = importlib.import_module(module).app
        inspection.callback()(_open_for_inspection)
        app.add_typer(inspection, name=name, help=inspection.info.help, rich_help_panel="Look after it")
    return app


def main() -> None:
    """Run the command line and leave with a documented exit code (docs/reference/commands.md)."""
    try:
        build()()
    except ApplianceError as error:
        _complain(error.what, error.remedy)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(ExitCode.INTERRUPTED) from None


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"qianhang {__version__}")
        raise typer.Exit


@app.command(rich_help_panel="Run it")
def up(
    data_dir: DataDir = None,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    demo: Annotated[bool, typer.Option("--demo", help="Fill an invented region, marked as such.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Start everything in the foreground: database, migrations, web server, worker, embedded compute.

    Ctrl-C stops it all. The next `up` finds the data.
    """
    folder = DataFolder(settle_data_dir(data_dir, tell=_tell))
    from qianhang.appliance.status import board
    from qianhang.appliance.supervisor import Options, Supervisor

    Supervisor(Options(folder=folder, host=host, port=port, demo=demo, browser=not no_browser), board()).run()


@app.command(rich_help_panel="Run it")
def serve(
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    workers: Annotated[
        int | None, typer.Option("--workers", envvar="QIANHANG_WEB_WORKERS", min=1, help="Processes. Default: 1 or 2.")
    ] = None,
) -> None:
    """Run the web server alone, for a service manager. The database is the one in QIANHANG_DATABASE_URL."""
    os.environ["QIANHANG_DATA_DIR"] = str(settle_data_dir(None, tell=_tell))
    from qianhang.appliance.webserver import serve as serve_forever
    from qianhang.wiring.observability import logging_config

    serve_forever(host, port, workers=workers, log_config=logging_config())


@app.command(rich_help_panel="Run it")
def worker() -> None:
    """Run the background worker alone, for a service manager: places jobs, follows runs, settles."""
    os.environ["QIANHANG_DATA_DIR"] = str(settle_data_dir(None, tell=_tell))
    _load_django()
    from qianhang.wiring.worker import run_worker

    run_worker()


@app.command(rich_help_panel="Run it")
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema. Doing it again changes nothing."""
    with _database(data_dir):
        os.environ["QIANHANG_AS_OWNER"] = "1"
        _load_django()
        from qianhang.wiring.migrate import migrate as bring_up_to_date

        bring_up_to_date()


@app.command("demo-seed", hidden=True)
def demo_seed(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Fill the invented region. Doing it again changes nothing."""
    with _database(data_dir):
        _load_django()
        from qianhang.wiring.demo import demo_sign_ins, seed_demo

        seed_demo()
        accounts = [_plain(account) for account in demo_sign_ins()]
    if as_json:
        typer.echo(json.dumps(accounts, ensure_ascii=False))
    else:
        for account in accounts:
            typer.echo(f"{account['email']}  {account['password']}  {account['role']}")


@app.command(rich_help_panel="Look after it")
def doctor(
    data_dir: DataDir = None, host: Host = DEFAULT_HOST, port: Port = DEFAULT_PORT, as_json: AsJson = False
) -> None:
    """Say what this machine lacks and how to get it. Exit code 6 when Qianhang cannot start."""
    from qianhang.appliance.doctor import Verdict, examine

    findings = examine(DataFolder(planned_data_dir(data_dir)), host=host, port=port)
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=2))
    else:
        marks = {Verdict.OK: ("✓", "green"), Verdict.OPTIONAL: ("!", "yellow"), Verdict.MISSING: ("✗", "red")}
        for finding in findings:
            mark, colour = marks[finding.verdict]
            typer.echo(f"{typer.style(mark, fg=colour)} {finding.name:<16} {finding.found}")
            if finding.remedy:
                typer.echo(f"  {'':<16} {finding.remedy}")
    if any(finding.verdict is Verdict.MISSING for finding in findings):
        raise typer.Exit(ExitCode.NEEDS_SETUP)


@app.command("password-link", rich_help_panel="Look after it")
def password_link(
    email: Annotated[str, typer.Argument(help="Whose password.")],
    data_dir: DataDir = None,
    server: Annotated[
        str, typer.Option("--server", help="The address that people use.")
    ] = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}",
) -> None:
    """Print a link that sets a new password, for a person whom no e-mail reaches. It works once: keep it secret."""
    with _database(data_dir):
        _load_django()
        from qianhang.core.access import Actor
        from qianhang.core.errors import DomainError
        from qianhang.core.people.services.make_password_link import make_password_link

        try:
            path = make_password_link(actor=Actor.system("operator"), email=email)
        except DomainError as refusal:
            raise ApplianceError(str(refusal), exit_code=ExitCode.REFUSED) from None
    typer.echo(server.rstrip("/") + path)


@app.command(rich_help_panel="Look after it")
def backup(
    file: Annotated[
        Path, typer.Argument(help="Where to write it. A file that exists is not overwritten.", readable=False)
    ],
    data_dir: DataDir = None,
) -> None:
    """Write database, stored objects and secrets to one file. Works while `up` runs and while it does not."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with _file(file, flags, data_dir) as (folder, stream):
        from qianhang.appliance.backup import back_up

        summary = back_up(folder, stream, tell=_tell)
    typer.echo(f"Wrote {file}: {summary.files} files, {summary.size / 2**20:.1f} MiB. It holds secrets: keep it safe.")


@app.command(rich_help_panel="Look after it")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `qianhang backup` wrote.", readable=False)],
    data_dir: DataDir = None,
) -> None:
    """Make an empty data folder what a backup says. Never overwrites anything."""
    with _file(file, os.O_RDONLY, data_dir) as (folder, stream):
        from qianhang.appliance.backup import restore as restore_backup

        summary = restore_backup(folder, stream, tell=_tell)
    typer.echo(
        f"Restored the backup of {summary.made_at:%Y-%m-%d %H:%M} UTC into {folder.root}. `qianhang up` opens it."
    )


def _open_for_inspection(context: typer.Context, data_dir: DataDir = None) -> None:
    wants_help = any(argument in {"-h", "--help"} for argument in sys.argv)
    if not wants_help and not _checks_a_file(sys.argv[1:]):
        context.with_resource(_database(data_dir))
        _load_django()


def _checks_a_file(arguments: Sequence[str]) -> bool:
    """`audit verify FILE` is for auditors, on machines that have no database of ours."""
    if list(arguments[:2]) != ["audit", "verify"]:
        return False
    values = [a for before, a in pairwise(arguments[1:]) if before != "--head"]
    return any(not value.startswith("-") for value in values)


@contextmanager
def _file(path: Path, flags: int, data_dir: Path | None) -> Iterator[tuple[DataFolder, IO[bytes]]]:
    """The file, opened by whoever called us: root may read and write where the service user may not."""
    try:
        carried = os.environ.get(CARRIED_FILE)
        handle = int(carried) if carried else os.open(path, flags, 0o600)
    except OSError as error:
        raise ApplianceError(
            f"{path} cannot be opened: {error.strerror}.", remedy="Name another file.", exit_code=ExitCode.USAGE
        ) from error
    made = bool(flags & os.O_CREAT)
    try:
        folder = DataFolder(settle_data_dir(data_dir, tell=_tell, carry={CARRIED_FILE: handle}))
        with os.fdopen(handle, "wb" if made else "rb") as stream:
            yield folder, stream
    except BaseException:
        # Half a backup helps nobody. As the service user we may not remove root's file; then it has no manifest.
        if made:
            with suppress(OSError):
                path.unlink()
        raise


@contextmanager
def _database(data_dir: Path | None) -> Iterator[None]:
    """The installation's database, in the environment that the settings read. Under `up` it is there already."""
    from qianhang.appliance import database

    folder = DataFolder(settle_data_dir(data_dir, tell=_tell))
    with database.opened(folder) as access:
        os.environ.update(access.environment(), QIANHANG_DATA_DIR=str(folder.root))
        yield


def _load_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qianhang.wiring.settings")
    import django

    django.setup()


def _plain(account: Any) -> dict[str, str]:
    """A demo account as text, whether it comes as a mapping or as a dataclass."""
    fields = account if isinstance(account, dict) else {name: getattr(account, name) for name in account.__slots__}
    return {name: str(value) for name, value in fields.items()}


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _complain(what: str, remedy: str) -> None:
    typer.echo(f"{typer.style('Error:', fg='red')} {what}", err=True)
    if remedy:
        typer.echo(remedy, err=True)


if __name__ == "__main__":
    main()
