"""What the rooms put on the home page and on the dashboard."""

from collections.abc import Callable, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from qianhang.compute import queries as compute_queries
from qianhang.compute.portal import dashboard as compute
from qianhang.core.access import Actor, Permission
from qianhang.core.people import dashboard as people
from qianhang.core.people import queries as people_queries
from qianhang.funding.portal import dashboard as funding
from qianhang.portal.views import LiveNumber, Panel
from qianhang.programme.portal import wall_dashboard as programme

DASHBOARD: Sequence[Callable[[Actor], Panel | None]] = (
    people.standing_panel,
    people.verification_panel,
    programme.plan_panel,
    programme.department_panel,
    compute.queue_panel,
    compute.work_panel,
    compute.clusters_panel,
    funding.money_panel,
    funding.owed_panel,
    funding.office_panel,
)


def home_numbers() -> Sequence[LiveNumber]:
    """Numbers that anybody may see, each one a query; nothing is shown that is not counted."""
    of_compute = compute_queries.totals()
    announced = _("{n} more announced, not built").format(n=of_compute.announced) if of_compute.announced else ""
    return (
        LiveNumber(_("Verified organisations"), f"{people_queries.count_active():,}"),
        LiveNumber(_("Clusters that run jobs"), f"{of_compute.clusters:,}", note=announced),
        LiveNumber(_("Runs so far"), f"{of_compute.runs:,}", note=_("each metered and settled once")),
    )


def home_stations(actor: Actor) -> Mapping[str, str]:
    """Where the upper stations of the main line lead: into the programme, or for the public to what is published."""
    if actor.may(Permission.PLAN_VIEW):
        return {"plan": reverse("plan_list"), "scoreboard": reverse("wall")}
    published = reverse("public_list")
    return {"plan": published, "scoreboard": published}
