"""Numbers that anybody may see, on the public home page: counts without names."""

from dataclasses import dataclass

from ..models import Cluster, Run
from ..rules.states import ENDED


@dataclass(frozen=True, slots=True)
class Totals:
    clusters: int
    """Built and active, so that jobs can run there; announced ones are not counted."""
    announced: int
    runs: int
    """Runs that started and have ended, whatever their result."""


def totals() -> Totals:
    """Three counts over indexes; nothing in them says who ran what."""
    return Totals(
        clusters=Cluster.objects.filter(state=Cluster.State.ACTIVE).count(),
        announced=Cluster.objects.filter(state=Cluster.State.ANNOUNCED).count(),
        runs=Run.objects.filter(state__in=ENDED, started_at__isnull=False).count(),
    )
