"""How jobs, placements, clusters and receipts look on a terminal. No Django here."""

from collections.abc import Mapping, Sequence
from typing import Any

from qianhang.appliance.problems import ApplianceError
from qianhang.core.web import terminal
from qianhang.core.web.client import Refused
from qianhang.core.web.terminal import moment, pick, yuan
from qianhang.core.web.words import gettext as _
from qianhang.core.web.words import is_chinese
from qianhang.funding.cli import show_receipt

Row = Mapping[str, Any]


def show_jobs(jobs: Sequence[Row]) -> None:
    terminal.show_table(
        (_("Id"), _("Name"), _("State"), _("Cluster"), _("Submitted"), _("Took")),
        [
            (
                job["id"],
                job["name"],
                job["state_label"],
                job["cluster"] or "-",
                moment(job["submitted_at"]),
                _took(job),
            )
            for job in jobs
        ],
        empty=_("No jobs yet. `qianhang run train.py` submits one."),
        right=(5,),
    )


def show_job(detail: Row) -> None:
    job = detail["job"]
    terminal.show_facts(
        [
            (_("Job"), job["id"]),
            (_("Name"), job["name"]),
            (_("State"), job["state_label"]),
            (_("Why"), job["sentence"]),
            (_("Fits nowhere since"), moment(detail["unfit_since"])),
            (_("Ends then as failed"), moment(detail["unfit_until"])),
            (_("Organisation"), job["organisation_name"]),
            (_("By"), job["submitted_by"]),
            (_("Asked for"), asked_for(job)),
            (_("Submitted"), moment(job["submitted_at"])),
            (_("Started"), moment(job["started_at"])),
            (_("Ended"), moment(job["ended_at"])),
            (_("At most"), yuan(job["hold_micro"])),
        ]
    )
    for run in detail["runs"]:
        show_run(run)


def show_run(run: Row) -> None:
    terminal.heading(_("Attempt {number}: {state}").format(number=run["attempt"], state=run["state_label"]))
    terminal.show_facts(
        [
            (_("Cluster"), f"{run['cluster_name']} ({run['cluster']})"),
            (_("Isolation"), run["isolation"]),
            (_("Exit code"), run["exit_code"]),
            (_("Why"), run["sentence"]),
            (_("Started"), moment(run["started_at"])),
            (_("Took"), terminal.duration(run["elapsed_ms"] / 1000 if run["elapsed_ms"] is not None else None)),
            (_("CPU time"), terminal.duration(run["cpu_ms_used"] / 1000)),
            (_("Most memory"), f"{run['peak_memory_mib']} MiB" if run["peak_memory_mib"] else ""),
        ]
    )
    if run["placement"]:
        show_placement(run["placement"])
    if run["receipt"]:
        terminal.show()
        show_receipt(run["receipt"])


def show_placement(placement: Row, *, table: bool = True) -> None:
    """The sentence, the terms of the clusters that fit, and why the others do not."""
    terminal.heading(_("Where, and why"))
    terminal.show(terminal.printable(placement["sentence"]))
    fitting = [placement["chosen"], *placement["others"]]
    if table:
        terms = [term["label"] for term in placement["chosen"]["terms"]]
        terminal.show_table(
            (_("Cluster"), _("Score"), *terms, _("Cost")),
            [
                (
                    entry["cluster_name"],
                    terminal.share(entry["score_ppm"]),
                    *[term["shown"] for term in entry["terms"]],
                    yuan(entry["cost_micro"]),
                )
                for entry in fitting
            ],
            empty="",
            right=range(1, len(terms) + 3),
        )
    for rejected in placement["rejected"]:
        why = " ".join(reason["sentence"] for reason in rejected["reasons"])
        terminal.show(terminal.printable(f"✗ {rejected['cluster_name']}: {why}"))


def fits_nowhere(refused: Refused, wish: Row) -> ApplianceError:
    """Why each cluster is out, as under a placement, and which of the wishes could give way."""
    why = [f"✗ {problem['path']}: {problem['message']}" for problem in refused.problems]
    first = refused.what.splitlines()[0]
    return ApplianceError(
        terminal.printable("\n".join([first, *why])),
        remedy=_("What could help: {ways}. `qianhang clusters` shows what there is.").format(
            ways=", ".join(_ways_out(wish))
        ),
        exit_code=refused.exit_code,
    )


def _ways_out(wish: Row) -> list[str]:
    resources, near = wish.get("resources") or {}, wish.get("near")
    ways = []
    if resources.get("cards"):
        ways.append(_("fewer cards or none (--gpus)"))
    if resources.get("domestic_only"):
        ways.append(_("cards of any make (without --domestic)"))
    if isinstance(near, Mapping) and near.get("max_latency_ms"):
        ways.append(_("another region or more latency (--near, --max-latency)"))
    if wish.get("budget"):
        ways.append(_("a higher budget (--budget)"))
    return [*ways, _("fewer CPUs or less memory (--cpus, --memory)")]


def show_quote(quote: Row) -> None:
    terminal.heading(_("Quote"))
    terminal.show_facts(
        [
            (_("At most"), yuan(quote["hold_micro"])),
            (_("If it runs to the time limit"), yuan(quote["cost_micro"])),
            (_("Voucher pays"), yuan(quote["voucher_micro"]) if quote["voucher_micro"] else ""),
            (_("Wallet pays"), yuan(quote["wallet_micro"])),
            (_("Voucher"), quote["voucher"]["sentence"]),
            (_("Would start"), _("now") if not quote["starts_in_s"] else terminal.duration(quote["starts_in_s"])),
        ]
    )


def show_clusters(clusters: Sequence[Row]) -> None:
    terminal.show_table(
        (
            _("Cluster"),
            _("Name"),
            _("Region"),
            _("State"),
            _("CPUs free"),
            _("Cards free"),
            _("CPU-hour"),
            _("Card-hour"),
        ),
        [
            (
                cluster["slug"],
                pick(cluster, "name_en", "name"),
                _region(cluster),
                cluster["state_label"],
                _free(cluster, "cpus"),
                _free(cluster, "cards"),
                _prices(cluster, "cpu_hour_micro"),
                _prices(cluster, "card_hour_micro"),
            )
            for cluster in clusters
        ],
        empty=_("No clusters yet."),
        right=(4, 5, 6, 7),
    )


def show_cluster(cluster: Row) -> None:
    terminal.show_facts(
        [
            (_("Cluster"), cluster["slug"]),
            (_("Name"), pick(cluster, "name_en", "name")),
            (_("Supplier"), cluster["supplier_name"]),
            (_("State"), cluster["state_label"]),
            (_("Planned"), _("Announced, not built: it never runs a job.") if cluster["planned"] else ""),
            (_("Region"), _region(cluster)),
            (_("Isolation"), cluster["isolation"]),
            (_("PUE"), _milli(cluster["pue_milli"])),
            (_("Green power"), f"{cluster['green_milli'] / 10:.1f} %" if cluster["green_milli"] is not None else ""),
            (_("Last heard"), moment(cluster["heartbeat_at"])),
            (_("Demo"), _("invented, for trying out") if cluster["is_demo"] else ""),
        ]
    )
    terminal.heading(_("Node pools"))
    terminal.show_table(
        (_("Pool"), _("Nodes"), _("CPUs"), _("Memory"), _("Cards"), _("Card"), _("CPU-hour"), _("Card-hour")),
        [
            (
                pool["name"],
                pool["nodes"],
                f"{pool['cpus_free']}/{pool['cpus']}",
                f"{pool['memory_mib_free'] // 1024}/{pool['memory_mib'] // 1024} GiB",
                f"{pool['cards_free']}/{pool['cards']}",
                pool["card"] or "-",
                yuan(pool["cpu_hour_micro"]) or "-",
                yuan(pool["card_hour_micro"]) or "-",
            )
            for pool in cluster["pools"]
        ],
        empty=_("No node pools."),
        right=(1, 2, 3, 4, 6, 7),
    )


def show_outputs(outputs: Sequence[Row]) -> None:
    terminal.show_table(
        (_("File"), _("Size")),
        [(output["path"], terminal.size(output["bytes"])) for output in outputs],
        empty=_("The job brought no files back."),
        right=(1,),
    )


def asked_for(job: Row) -> str:
    parts = [f"{job['cpus']} CPU", f"{job['memory_mib']} MiB"]
    if job["cards"]:
        parts.insert(0, _("{count} cards").format(count=job["cards"]))
    if job["nodes"] > 1:
        parts.append(_("{count} nodes").format(count=job["nodes"]))
    return ", ".join([*parts, terminal.duration(job["time_limit_s"])])


def _took(job: Row) -> str:
    return terminal.duration(terminal.seconds_between(job["started_at"], job["ended_at"]))


def _region(cluster: Row) -> str:
    """Chinese readers get the name; the code is what others can read and type."""
    return cluster["region_name"] if is_chinese() else cluster["region"]


def _free(cluster: Row, what: str) -> str:
    """Free of all; of a cluster that is only planned what it is to have, in brackets."""
    total = sum(pool[what] for pool in cluster["pools"])
    if cluster["planned"]:
        return f"({total})" if total else "-"
    free = sum(pool[f"{what}_free"] for pool in cluster["pools"])
    return f"{free}/{total}" if total else "-"


def _prices(cluster: Row, item: str) -> str:
    """One price, or the range over the pools."""
    prices = sorted({pool[item] for pool in cluster["pools"] if pool[item] is not None})
    if not prices:
        return "-"
    return yuan(prices[0]) if len(prices) == 1 else f"{yuan(prices[0])} - {yuan(prices[-1])}"


def _milli(value: int | None) -> str:
    return "" if value is None else f"{value / 1000:.2f}"
