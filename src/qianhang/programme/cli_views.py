"""How plans, targets and comparisons look on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from qianhang.core.web import terminal
from qianhang.core.web.words import gettext as _

SHOWN = 12
SIGNS = {"eq": "=", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "approx": "≈", "range": ""}


def wanted(target: Mapping[str, Any]) -> str:
    """`> 5000 PFLOPS`."""
    value = f"{target['value']}–{target['value_max']}" if target.get("value_max") is not None else target["value"]
    return f"{SIGNS.get(target['comparator'], '')} {value} {target['unit'] or ''}".strip()


def show_reading(found: Mapping[str, Any]) -> None:
    meta = found["meta"]
    terminal.show_facts(
        [
            (_("Title"), meta["title"] or meta["title_inferred"]),
            (_("Issuer"), meta["issuer"]),
            (_("Number"), meta["doc_number"]),
            (_("Date"), meta["date"]),
            (_("Region"), meta["region"]),
        ]
    )
    terminal.heading(_("Targets: {n}").format(n=len(found["targets"])))
    terminal.show_table(
        (_("Indicator"), _("Target"), _("By"), _("Section")),
        [(one["indicator"], wanted(one), one["deadline"], one["section"]) for one in found["targets"]],
        empty=_("No target was found."),
        right=(1,),
    )
    terminal.heading(_("Tasks: {n}").format(n=len(found["tasks"])))
    owners = {one["task"]: _owners(one) for one in found["responsibilities"]}
    terminal.show_table(
        (_("Path"), _("Task"), _("Owners")),
        [(one["path"], one["title"], owners.get(one["path"], "")) for one in found["tasks"]],
        empty=_("No task was found."),
    )
    terminal.heading(_("Systems: {n}").format(n=len(found["systems"])))
    terminal.show_table(
        (_("Name"), _("Kind")),
        [(one["name"], one["type"]) for one in found["systems"]],
        empty=_("No system was found."),
    )


def show_targets(board: Mapping[str, Any]) -> None:
    terminal.show(terminal.printable(board["plan"]["title"]))
    terminal.show_table(
        (_("Indicator"), _("Target"), _("By"), _("Now"), "%", _("Standing"), _("Fed by")),
        [
            (
                one["indicator"],
                wanted(one),
                one["deadline"],
                _latest(one),
                one["progress_percent"],
                one["light_label"],
                one["binding"]["name"] if one["binding"] else "",
            )
            for one in board["targets"]
        ],
        empty=_("No target is accepted yet. Review what was found first."),
        right=(1, 3, 4),
    )


def show_comparison(found: Mapping[str, Any]) -> None:
    plans = found["plans"]
    heads = _heads(plans)
    ids = [one["id"] for one in plans]
    terminal.heading(_("Targets"))
    terminal.show_table(
        (_("Indicator"), *heads),
        [(row["name"], *[_stated(row["plans"].get(one, ())) for one in ids]) for row in found["targets"]],
        empty=_("No target was found."),
    )
    for kind, title in (("tasks", _("Tasks")), ("systems", _("Systems"))):
        terminal.heading(title)
        shared = sum(len(row["plans"]) == len(plans) for row in found[kind])
        terminal.show_facts([(_("In all of them"), shared)])
        for one, head in zip(ids, heads, strict=True):
            alone = [row["name"] for row in found[kind] if list(row["plans"]) == [one]]
            more = f" … +{len(alone) - SHOWN}" if len(alone) > SHOWN else ""
            terminal.show_facts([(_("Only {plan}").format(plan=head), "、".join(alone[:SHOWN]) + more)])


def _heads(plans: Sequence[Mapping[str, Any]]) -> list[str]:
    """The regions; two plans of one region are told apart by their year, or else by their place in the row."""
    regions = [one["region"] or one["title"][:SHOWN] for one in plans]
    dated = [
        f"{name} {one['dated'][:4]}" if regions.count(name) > 1 and one.get("dated") else name
        for name, one in zip(regions, plans, strict=True)
    ]
    return [f"{name} ({place})" if dated.count(name) > 1 else name for place, name in enumerate(dated, start=1)]


def _latest(target: Mapping[str, Any]) -> str:
    return "" if target["latest"] is None else f"{target['latest']['value']} {target['unit']}".strip()


def _stated(stated: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{wanted(one)} ({(one['deadline'] or '—')[:4]})" for one in stated)


def _owners(one: Mapping[str, Any]) -> str:
    names = [*one["lead"], *one["cooperating"], *one["responsible"]]
    return "、".join(names) or one["generic"] or ""
