"""`qianhang ledger ...`: mounted by wiring, which sets Django up first."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .verification import VerifyReport

app = typer.Typer(name="ledger", help="The books: accounts and transfers.", no_args_is_help=True)


@app.callback()
def _ledger() -> None:
    """Keeps `verify` a sub-command while it is the only one."""


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove the books from the transfers alone. Exit code 1 if anything is not as it must be."""
    from .verification import verify as verify_ledger

    report = verify_ledger()
    typer.echo(_as_json(report) if as_json else describe(report))
    if not report.ok:
        raise typer.Exit(1)


def describe(report: "VerifyReport") -> str:
    """The report in lines a person reads: totals per unit, a line per check, then what was found."""
    from .verification import BALANCED, CHECKS

    lines = [f"{report.accounts:,} accounts, {report.transfers:,} transfers, checked in {report.seconds:.2f} s", ""]
    width = max([len(unit.unit) for unit in report.units], default=4)
    for unit in report.units:
        sign = "=" if unit.balances else "AGAINST"
        posted = f"posted debits {unit.debits_posted:,} {sign} credits {unit.credits_posted:,}"
        pending = f"pending debits {unit.debits_pending:,} {sign} credits {unit.credits_pending:,}"
        lines += [f"  {unit.unit:<{width}}  {posted}", f"  {'':<{width}}  {pending}"]
    failed = {finding.check for finding in report.findings}
    lines += ["", *(f"  {'FAILED' if check in failed else 'ok':<7} {check}" for check in (BALANCED, *CHECKS))]
    lines += ["", *(f"  {finding.check}: {finding.subject}: {finding.detail}" for finding in report.findings)]
    lines.append("The books are right." if report.ok else f"The books are NOT right: {len(report.findings)} findings.")
    return "\n".join(lines)


def _as_json(report: "VerifyReport") -> str:
    return json.dumps({"ok": report.ok, **dataclasses.asdict(report)}, indent=2, ensure_ascii=False)
