"""What the rooms put on the home page and on the dashboard."""

from collections.abc import Callable, Sequence

from qianhang.compute.portal import dashboard as compute
from qianhang.core.access import Actor
from qianhang.core.people import dashboard as people
from qianhang.funding.portal import dashboard as funding
from qianhang.portal.views import LiveNumber, Panel

DASHBOARD: Sequence[Callable[[Actor], Panel | None]] = (
    people.verification_panel,
    compute.queue_panel,
    compute.work_panel,
    compute.clusters_panel,
    funding.money_panel,
    funding.owed_panel,
    funding.office_panel,
)


def home_numbers() -> Sequence[LiveNumber]:
    """Numbers that anybody may see, each one a query; nothing is shown that is not counted."""
    return ()
