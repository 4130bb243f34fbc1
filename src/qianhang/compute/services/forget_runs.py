import logging

from django.db import transaction

from qianhang.core.access import Actor
from qianhang.core.clock import now

from ..connectors import registry
from ..models import Run
from ..ports import ConnectorUnavailable
from ..rules.states import ENDED, State

log = logging.getLogger(__name__)


def forget_runs(*, actor: Actor, limit: int = 100) -> int:
    """Tells clusters to free what ended runs left there; returns how many were freed.

    Runs after the end is committed, so that nothing is freed that was not brought home. A cluster that does not
    answer is asked again at the next sweep. A run that was given up while its cluster was silent is cancelled first.
    """
    waiting = Run.objects.visible_to(actor).filter(state__in=ENDED, forgotten_at=None).select_related("cluster")
    freed = 0
    for run in list(waiting.order_by("ended_at")[:limit]):
        connector = registry.connector_for(run.cluster)
        try:
            if run.state == State.LOST or not run.handle:
                connector.cancel(run.id, reason_code="lost")
            connector.forget(run.id)
        except ConnectorUnavailable:
            log.info("cluster does not answer", extra={"cluster": run.cluster.slug, "run": str(run.id)})
            continue
        with transaction.atomic():
            freed += Run.objects.filter(id=run.id, forgotten_at=None).update(forgotten_at=now())
    return freed
