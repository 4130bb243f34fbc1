"""Commands about money. They talk to a server over its API; no Django here, so they start at once."""

import uuid
from typing import Annotated

import typer

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import terminal
from qianhang.core.web.client import Client
from qianhang.core.web.terminal import AsJson, moment, pick, share, yuan
from qianhang.core.web.words import gettext as _

app = typer.Typer()
MONEY = _("Look at money")
CNY = "CNY.micro"

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)]


@app.command(rich_help_panel=MONEY, help=_("Show what the organisation has, holds and has spent."))
def wallet(*, as_json: AsJson = False) -> None:
    with Client() as client:
        found = client.get("/wallet")
    if as_json:
        terminal.show_json(found)
        return
    terminal.show_facts(
        [
            (_("Available"), yuan(found["available_micro"], places=2)),
            (_("Held for jobs"), yuan(found["held_micro"], places=2)),
            (_("Spent"), yuan(found["spent_micro"], places=2)),
            (_("Paid in"), yuan(found["credited_micro"], places=2)),
        ]
    )


@app.command(rich_help_panel=MONEY, help=_("List the organisation's vouchers with what is left on each."))
def vouchers(*, limit: Limit = 50, as_json: AsJson = False) -> None:
    with Client() as client:
        found = list(client.pages("/vouchers", limit=limit))
    if as_json:
        terminal.show_json(found)
        return
    terminal.show_table(
        (_("Number"), _("Programme"), _("State"), _("Pays"), _("Available"), _("Held"), _("Spent"), _("Expires")),
        [
            (
                voucher["number"],
                pick(voucher, "programme_name_en", "programme_name"),
                _states().get(voucher["state"], voucher["state"]),
                share(voucher["share_ppm"]),
                *[_amount(voucher[name], voucher["unit"]) for name in ("available", "held", "spent")],
                moment(voucher["expires_at"]),
            )
            for voucher in found
        ],
        empty=_("No vouchers. The programme office issues them."),
        right=(3, 4, 5, 6),
    )


@app.command(rich_help_panel=MONEY, help=_("List receipts, newest first."))
def receipts(*, limit: Limit = 20, as_json: AsJson = False) -> None:
    with Client() as client:
        found = list(client.pages("/receipts", limit=limit))
    if as_json:
        terminal.show_json(found)
        return
    terminal.show_table(
        (_("Number"), _("Issued"), _("Paid by"), _("To"), _("Total"), _("Voucher paid"), _("Wallet paid")),
        [
            (
                one["number"],
                moment(one["issued_at"]),
                one["organisation_name"],
                one["supplier_name"],
                *[yuan(one[f"{part}_micro"]) for part in ("total", "voucher", "wallet")],
            )
            for one in found
        ],
        empty=_("No receipts yet. A job that has run gets one."),
        right=(4, 5, 6),
    )


@app.command(rich_help_panel=MONEY, help=_("Show one receipt, line by line."))
def receipt(
    receipt: Annotated[str, typer.Argument(help=_("Its number, such as R20261121-000123, or its id."))],
    *,
    as_json: AsJson = False,
) -> None:
    with Client() as client:
        found = client.get(f"/receipts/{_receipt_id(client, receipt)}")
    if as_json:
        terminal.show_json(found)
    else:
        show_receipt(found)


def show_receipt(found: dict) -> None:
    """What was charged and who paid; every figure opens to the usage record it came from."""
    terminal.show_facts(
        [
            (_("Receipt"), found["number"]),
            (_("Issued"), moment(found["issued_at"])),
            (_("Paid by"), found["organisation_name"]),
            (_("To"), found["supplier_name"]),
        ]
    )
    terminal.show()
    terminal.show_table(
        (_("Item"), _("Hours"), _("Price an hour"), _("Amount"), _("Usage record")),
        [
            (
                _items().get(line["item"], line["item"]),
                f"{line['quantity'] / 3_600_000:.9f}",
                yuan(line["price_micro"]),
                yuan(line["amount_micro"]),
                line["usage_record"],
            )
            for line in found["lines"]
        ],
        empty=_("Nothing was used."),
        right=(1, 2, 3),
    )
    terminal.show()
    terminal.show_facts(
        [
            (_("Rounding"), yuan(found["rounding_micro"]) if found["rounding_micro"] else ""),
            (_("Not charged"), yuan(found["waived_micro"]) if found["waived_micro"] else ""),
            (_("Total"), yuan(found["total_micro"])),
            (_("Voucher paid"), _by_voucher(found)),
            (_("Wallet paid"), yuan(found["wallet_micro"])),
            (_("Set free again"), yuan(found["released_micro"])),
        ]
    )


def _receipt_id(client: Client, text: str) -> str:
    """The id behind a number that people read."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        number = text.strip().upper()
    for one in client.pages("/receipts", limit=1, number=number):
        return str(one["id"])
    raise ApplianceError(
        _("There is no receipt {number}.").format(number=number),
        remedy=_("`qianhang receipts` lists them."),
        exit_code=ExitCode.REFUSED,
    )


def _by_voucher(found: dict) -> str:
    return f"{yuan(found['voucher_micro'])} ({found['voucher_number']})" if found["voucher_number"] else ""


def _amount(value: int, unit: str) -> str:
    return yuan(value, places=2) if unit == CNY else f"{value:,} {unit}"


def _items() -> dict[str, str]:
    return {"cpu_hour": _("CPU-hours"), "card_hour": _("Card-hours")}


def _states() -> dict[str, str]:
    return {"active": _("Active"), "frozen": _("Frozen"), "revoked": _("Revoked"), "expired": _("Expired")}
