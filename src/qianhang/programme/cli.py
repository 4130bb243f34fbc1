"""Commands about plans. `plan read` and comparing files work without a server and without Django; the rest ask one."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import terminal
from qianhang.core.web.client import Client
from qianhang.core.web.terminal import AsJson
from qianhang.core.web.words import gettext as _

from . import cli_reading, cli_views

app = typer.Typer()
plan = typer.Typer(no_args_is_help=True, help=_("Read, import and compare action plans."))
PROGRAMME = _("Run the programme")
app.add_typer(plan, name="plan", rich_help_panel=PROGRAMME)

PlanRef = Annotated[str, typer.Argument(help=_("A plan: its id, the beginning of it, or part of its title."))]
File = Annotated[Path, typer.Argument(help=_("Text, web page, .docx or PDF; - reads standard input."))]


@plan.command(
    "read",
    help=_("Read a plan and print what is found: targets, tasks, owners, systems. Needs no server and no database."),
)
def read(file: File, *, as_json: AsJson = False) -> None:
    found = cli_reading.read_document(file)
    if as_json:
        terminal.show_json(found)
    else:
        cli_views.show_reading(found)


@plan.command("import", help=_("Send a plan to the server; what is found in it waits there for review."))
def import_(
    file: Annotated[Path, typer.Argument(help=_("Text, web page, .docx or PDF."))],
    *,
    of: Annotated[str, typer.Option("--plan", help=_("The plan that this is the next wording of."))] = "",
    as_json: AsJson = False,
) -> None:
    if not file.is_file():
        raise cli_reading.no_such_file(file)
    with Client() as client:
        where = f"/plans?plan_id={plan_id(client, of)}" if of else "/plans"
        with terminal.progress_bar(file.name) as progress:
            done = client.upload(where, file, name=file.name, progress=progress)
    if as_json:
        terminal.show_json(done)
        return
    if not done["is_new"]:
        terminal.show(_("This very document is there already, as wording {version}.").format(version=done["version"]))
    terminal.show_facts(
        [
            (_("Plan"), done["plan_id"]),
            (_("Wording"), done["version"]),
            (_("New findings"), done["new"]),
            (_("Found again"), done["again"]),
            (_("Gone"), done["gone"]),
        ]
    )


@plan.command("list", help=_("List plans, newest first."))
def list_(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50, *, as_json: AsJson = False
) -> None:
    with Client() as client:
        found = list(client.pages("/plans", limit=limit))
    if as_json:
        terminal.show_json(found)
        return
    terminal.show_table(
        (_("Id"), _("Title"), _("Region"), _("Targets"), _("Tasks"), _("To review")),
        [(one["id"][:13], one["title"], one["region"], one["targets"], one["tasks"], one["waiting"]) for one in found],
        empty=_("No plans yet. `qianhang plan import FILE` brings one in."),
        right=(3, 4, 5),
    )


@plan.command("compare", help=_("Put plans side by side: files, or plans on the server."))
def compare(
    plans: Annotated[list[str], typer.Argument(help=_("Two to five files, or plans on the server."))],
    *,
    as_json: AsJson = False,
) -> None:
    if not 2 <= len(plans) <= 5:
        raise ApplianceError(_("Name two to five plans."), remedy="qianhang plan compare A B", exit_code=ExitCode.USAGE)
    if all(Path(one).is_file() for one in plans):
        found = cli_reading.compare_files([Path(one) for one in plans])
    else:
        with Client() as client:
            found = client.get("/compare", plan_id=[plan_id(client, one) for one in plans])
    if as_json:
        terminal.show_json(found)
    else:
        cli_views.show_comparison(found)


@app.command(rich_help_panel=PROGRAMME, help=_("Show where the targets of a plan stand."))
def targets(
    plan: PlanRef,
    *,
    live: Annotated[bool, typer.Option("--live", help=_("Count now what feeds a target."))] = False,
    as_json: AsJson = False,
) -> None:
    with Client() as client:
        board = client.get(f"/plans/{plan_id(client, plan)}/board", live="true" if live else None)
    if as_json:
        terminal.show_json(board)
    else:
        cli_views.show_targets(board)


@app.command(rich_help_panel=PROGRAMME, help=_("Count measures for a day and keep what they say; twice is once."))
def observe(
    measures: Annotated[list[str] | None, typer.Argument(help=_("Codes of measures. Default: all."))] = None,
    *,
    day: Annotated[str, typer.Option("--day", help=_("Such as 2026-11-21. Default: today."))] = "",
    as_json: AsJson = False,
) -> None:
    with Client() as client:
        done = client.post("/observations", {"day": day or None, "codes": measures or []})
    if as_json:
        terminal.show_json(done)
        return
    terminal.show_facts(
        [
            (_("Day"), done["day"]),
            (_("New values"), ", ".join(done["new"]) or "0"),
            (_("Unchanged"), len(done["same"])),
            (_("Nothing to say"), ", ".join(done["silent"])),
        ]
    )


def plan_id(client: Client, wish: str) -> str:
    """The id of the one plan that is meant. Raises ApplianceError when there is none, or more than one."""
    try:
        return str(uuid.UUID(wish))
    except ValueError:
        pass
    found: list[Any] = [
        one for one in client.pages("/plans", limit=1000) if one["id"].startswith(wish) or wish in one["title"]
    ]
    if len(found) == 1:
        return str(found[0]["id"])
    what = _("No plan is called {wish}.") if not found else _("More than one plan is meant by {wish}.")
    raise ApplianceError(
        what.format(wish=wish), remedy=_("`qianhang plan list` shows them."), exit_code=ExitCode.REFUSED
    )
