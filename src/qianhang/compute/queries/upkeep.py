"""What the worker asks to know what to do next. Not for people: nothing here is scoped."""

import uuid
from datetime import timedelta

from qianhang.core.clock import now

from ..models import Cluster, Run

# The first word to the cluster goes out with the request itself; this is for when it was lost on the way.
CANCEL_AGAIN_AFTER = timedelta(seconds=15)


def clusters_with_unfinished_runs() -> list[uuid.UUID]:
    """Clusters with runs that were handed over and have not ended."""
    handed_over = Run.objects.unfinished().exclude(handle="")
    return list(handed_over.order_by("cluster_id").values_list("cluster_id", flat=True).distinct())


def clusters_to_refresh() -> list[uuid.UUID]:
    """Clusters whose inventory is worth asking for: all but the retired."""
    return list(Cluster.objects.exclude(state=Cluster.State.RETIRED).values_list("id", flat=True))


def runs_to_cancel_again() -> list[uuid.UUID]:
    """Unfinished runs whose cancellation was asked for a while ago."""
    since = now() - CANCEL_AGAIN_AFTER
    return list(Run.objects.unfinished().filter(job__cancel_requested_at__lt=since).values_list("id", flat=True))
