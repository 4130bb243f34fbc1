"""Commands about who one is: sign in to a server, see keys. No Django here, so they start at once."""

import sys
from typing import Annotated

import typer

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import profiles, terminal
from qianhang.core.web.client import Client
from qianhang.core.web.profiles import Profile
from qianhang.core.web.terminal import AsJson, moment
from qianhang.core.web.words import gettext as _

app = typer.Typer()
IDENTITY = _("Sign in")

keys_app = typer.Typer(invoke_without_command=True, help=_("List the organisation's API keys, or revoke one."))
app.add_typer(keys_app, name="keys", rich_help_panel=IDENTITY)


@app.command(rich_help_panel=IDENTITY, help=_("Sign in to a server with an API key, and use it from now on."))
def login(
    server: Annotated[str, typer.Argument(help=_("Such as https://qianhang.example.org."))] = "http://127.0.0.1:8600",
) -> None:
    address = profiles.clean_server(server)
    key = _read_key(address)
    with Client(Profile(address, key, "login")) as client:
        me = client.get("/me")
    file = profiles.save_profile(server=address, api_key=key)
    terminal.show(_("Signed in to {server} as {name}.").format(server=address, name=terminal.printable(me["name"])))
    terminal.note(_("The key is kept in {file}, readable by you alone.").format(file=file))


@app.command(rich_help_panel=IDENTITY, help=_("Forget the key of a server. The key itself stays valid: revoke it."))
def logout(server: Annotated[str, typer.Argument(help=_("Default: the current one."))] = "") -> None:
    forgotten = profiles.forget_profile(server or None)
    if not forgotten:
        terminal.show(_("There was nothing to forget."))
    for one in forgotten:
        terminal.show(_("The key of {server} is forgotten.").format(server=one))


@app.command(rich_help_panel=IDENTITY, help=_("Show which server is used, as whom, and where the key comes from."))
def whoami(*, as_json: AsJson = False) -> None:
    with Client() as client:
        me = client.get("/me")
    profile = client.profile
    if as_json:
        terminal.show_json({"server": profile.server, "key_from": profile.origin, **me})
        return
    organisation = next((one for one in me["organisations"] if one["is_current"]), None)
    terminal.show_facts(
        [
            (_("Server"), profile.server),
            (_("Key from"), _origins().get(profile.origin, profile.origin)),
            (_("Person"), me["name"]),
            (_("Organisation"), organisation["name"] if organisation else ""),
            (_("Role"), organisation["role"] if organisation else ""),
            (_("May"), ", ".join(me["permissions"])),
        ]
    )


@keys_app.callback()
def keys(context: typer.Context, *, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with Client() as client:
        found = list(client.pages("/keys", limit=200))
    if as_json:
        terminal.show_json(found)
        return
    terminal.show_table(
        (_("Id"), _("Name"), _("Begins with"), _("Expires"), _("Last used"), _("Revoked")),
        [
            (
                key["id"],
                key["name"],
                key["prefix"],
                moment(key["expires_at"]),
                moment(key["last_used_at"]),
                moment(key["revoked_at"]),
            )
            for key in found
        ],
        empty=_("No keys. Make one on the page Keys, in the browser."),
    )


@keys_app.command(help=_("Revoke a key: the next request that uses it is refused."))
def revoke(key: Annotated[str, typer.Argument(help=_("Its id, from `qianhang keys`."))]) -> None:
    with Client() as client:
        gone = client.delete(f"/keys/{key}")
    terminal.show(_("The key {name} is revoked.").format(name=terminal.printable(gone["name"])))


def _read_key(server: str) -> str:
    """From the keyboard without showing it, or from a pipe."""
    if sys.stdin.isatty():
        terminal.note(_("Make a key in the browser: {server}, page Keys.").format(server=server))
        key = typer.prompt(_("API key"), hide_input=True, err=True).strip()
    else:
        key = sys.stdin.readline().strip()
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        raise ApplianceError(_("This is not an API key."), remedy=_("It begins with qh_."), exit_code=ExitCode.USAGE)
    return key


def _origins() -> dict[str, str]:
    return {
        "environment": _("QIANHANG_API_KEY in the environment"),
        "login": _("qianhang login"),
        "local": _("the demo installation on this machine"),
    }
