"""What the style guide shows, and the rooms that the home page lists. Specimens are labelled as such on the page."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qianhang.core.clock import now
from qianhang.core.errors import FieldProblem

from .charts import Series, Tick
from .states import SHAPES, described_states


@dataclass(frozen=True, slots=True)
class Room:
    name: str | Promise
    official: str | Promise
    line: str | Promise
    exists: bool


ROOMS = (
    Room(
        _("Compute"),
        _("compute scheduling platform"),
        _("Clusters of many suppliers behind one entry: placed, run and metered, each decision explained."),
        exists=True,
    ),
    Room(
        _("Funding"),
        _("compute vouchers, settlement"),
        _("Vouchers, wallets, receipts and what suppliers are owed, in one double-entry ledger."),
        exists=True,
    ),
    Room(
        pgettext_lazy("room", "Programme"),
        _("targets, tasks, scoreboard"),
        _("The plan imported; its targets counted from what happens in the rooms."),
        exists=True,
    ),
    Room(
        _("Data"),
        _("catalogue, data space, labelling"),
        _("Datasets under contract, with quality scores and shares by contribution."),
        exists=False,
    ),
    Room(
        _("Models"),
        _("model service and evaluation"),
        _("A registry, one gateway, tuning and evaluation as jobs."),
        exists=False,
    ),
    Room(
        _("Agents"),
        _("agent platform"),
        _("Knowledge bases and assistants for government services, with sources."),
        exists=False,
    ),
    Room(
        _("Scenarios"),
        _("opportunities and capabilities"),
        _("Demands matched with those who can meet them."),
        exists=False,
    ),
    Room(_("Industry"), _("AI + sectors"), _("A few strong engines and many sector packs."), exists=False),
    Room(_("Governance"), _("risk, filing, audit"), _("Risk tiers, filings, incidents and proof."), exists=False),
)


def for_styleguide() -> dict[str, Any]:
    """Invented values, the same on every visit except for the times."""
    wave = [0.4, 0.9, 1.6, 1.9, 1.95, 1.9, 1.98, 1.7, 1.92, 1.99, 1.4, 0.6]
    return {
        "states": described_states(),
        "shapes": list(SHAPES),
        "at": now() - timedelta(minutes=42),
        "wave": wave,
        "series": [
            Series(name="CPU", points=[(i * 5, value) for i, value in enumerate(wave)]),
            Series(name="RSS", points=[(i * 5, round(0.3 + value / 3, 2)) for i, value in enumerate(wave)]),
        ],
        "ticks": [Tick(at=seconds, label=f"{seconds} s") for seconds in (0, 15, 30, 45, 55)],
        "micro": 1_234_567_890_000,
        "problems": [
            FieldProblem("resources.cpus", str(_("Enter an amount above zero."))),
            FieldProblem("", str(_("There is a problem"))),
        ],
    }
