"""`qianhang audit`: export the trail, check it, publish its head. Checking a file loads no Django."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .verify import Report, verify_export

INTACT, TAMPERED = 0, 1

app = typer.Typer(help="The audit trail: export it, check it, publish its head.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def export(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to standard output.")] = None,
) -> None:
    """Write the whole trail as JSON lines, for `audit verify` here or anywhere else."""
    from qianhang.core.access import Actor

    from .export import export_audit

    lines = export_audit(actor=Actor.system("command line"))
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line)
        return
    count = 0
    try:
        with out.open("wb") as target:
            for line in lines:
                target.write(line)
                count += 1
    except OSError as error:
        raise typer.BadParameter(
            f"{out} cannot be written: {error.strerror}. Without --out the trail goes to standard output.",
            param_hint="--out",
        ) from error
    typer.echo(f"{count} lines in {out}")


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export. Without it, the trail in the database.")] = None,
    head: Annotated[str | None, typer.Option("--head", help="A head published earlier, as number:hash.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find any edit, deletion, insertion or reordering. Exit code 1 if there is one.

    Without --head a trail whose end was cut off, or that was rewritten as a whole, looks intact.
    """
    if file is not None:
        try:
            with file.open("rb") as lines:
                report = verify_export(lines, head=head)
        except OSError as error:
            raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="FILE") from error
    else:
        from qianhang.core.access import Actor

        from .export import verify_audit

        report = verify_audit(actor=Actor.system("command line"), head=head)
    if as_json:
        typer.echo(json.dumps(asdict(report) | {"intact": report.intact}, ensure_ascii=False))
    else:
        _tell(report, against=head)
    raise typer.Exit(INTACT if report.intact else TAMPERED)


@app.command("head")
def show_head(as_json: AsJson = False) -> None:
    """Seal what can be sealed and print the newest block as number:hash, to be written down somewhere else."""
    from . import queries
    from .chain import seal_audit

    seal_audit()
    block = queries.head()
    if block is None:
        typer.echo("Nothing has been sealed yet.", err=True)
        raise typer.Exit(1)
    facts = {"number": block.number, "hash": bytes(block.hash).hex(), "last_seq": block.last_seq}
    typer.echo(json.dumps(facts) if as_json else f"{facts['number']}:{facts['hash']}")


def _tell(report: Report, *, against: str | None) -> None:
    for finding in report.findings:
        typer.echo(finding)
    verdict = typer.style("intact", fg="green") if report.intact else typer.style("NOT INTACT", fg="red")
    typer.echo(f"{verdict}: {report.entries} entries, {report.blocks} blocks, {report.unsealed} not sealed yet")
    if report.head:
        typer.echo(f"head {report.head}")
    if not against:
        typer.echo("Compare with a head published earlier (--head) to prove that the end was not cut off.")
