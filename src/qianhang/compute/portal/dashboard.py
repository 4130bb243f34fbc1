"""What compute says on a person's dashboard."""

from qianhang.core.access import Actor, Permission
from qianhang.portal.views import Panel

from .. import overviews


def work_panel(actor: Actor) -> Panel | None:
    """The organisation's own jobs: what runs and waits, what ended lately, or the first step."""
    if not actor.may(Permission.JOB_VIEW) or actor.may(Permission.QUEUE_VIEW) or actor.may(Permission.STATEMENT_VIEW):
        return None
    work = overviews.work_of(actor=actor)
    return Panel("compute/dashboard_work.html", {"work": work, "may_submit": actor.may(Permission.JOB_SUBMIT)})


def queue_panel(actor: Actor) -> Panel | None:
    """The queue as the programme office sees it."""
    if not actor.may(Permission.QUEUE_VIEW):
        return None
    return Panel("compute/dashboard_queue.html", {"queue": overviews.queue_numbers(actor=actor)})


def clusters_panel(actor: Actor) -> Panel | None:
    """A supplier's own clusters and what runs there."""
    if not actor.may(Permission.STATEMENT_VIEW):
        return None
    return Panel("compute/dashboard_clusters.html", {"clusters": overviews.supplied_clusters(actor=actor)})
