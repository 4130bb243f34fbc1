import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from .. import fleet
from ..errors import ClusterBusy, ClusterStateRefused
from ..models import Cluster, Run

_S = Cluster.State
# An announced cluster is registered anew when it is built; what is retired stays retired.
_NEXT = {
    _S.ANNOUNCED: {_S.RETIRED},
    _S.ACTIVE: {_S.DRAINING, _S.OFFLINE, _S.RETIRED},
    _S.DRAINING: {_S.ACTIVE, _S.OFFLINE, _S.RETIRED},
    _S.OFFLINE: {_S.ACTIVE, _S.DRAINING, _S.RETIRED},
    _S.RETIRED: set(),
}


@transaction.atomic
def set_cluster_state(*, actor: Actor, cluster_id: uuid.UUID, state: str, reason: str = "") -> Cluster:
    """Opens, drains, closes or retires a cluster. Running jobs go on; only an empty cluster can be retired.

    Raises: Unauthenticated, Forbidden, NotFound, ClusterStateRefused, ClusterBusy.
    """
    cluster = Cluster.objects.select_for_update(of=("self",), no_key=True).fetch(actor, id=cluster_id)
    authorize(
        actor, Permission.CLUSTER_MANAGE, organisation_id=cluster.organisation_id, what=str(Cluster._meta.verbose_name)
    )
    before = cluster.state
    if state == before:
        return cluster
    if state not in _NEXT[_S(before)]:
        raise ClusterStateRefused(before=before, after=state)
    unfinished = Run.objects.unfinished().filter(cluster=cluster).count()
    if state == _S.RETIRED and unfinished:
        raise ClusterBusy(runs=unfinished)
    cluster.state = state
    cluster.save(update_fields=["state"])
    audit.record(
        actor=actor,
        action="cluster.state_set",
        subject="cluster",
        subject_id=cluster.id,
        organisation_id=cluster.organisation_id,
        before={"state": before},
        after={"state": state},
        reason=reason,
    )
    fleet.forget()
    return cluster
