import uuid

from qianhang.core.access import Actor

from ..connectors import registry
from ..models import Run
from ..rules.states import ENDED


def cancel_run(*, actor: Actor, run_id: uuid.UUID) -> bool:
    """Tells a run's cluster to stop it, or never to start it. Safe to repeat; the end is written when it is seen.

    Returns False when there is nothing to cancel. Raises: ConnectorUnavailable (try again).
    """
    run = Run.objects.visible_to(actor).select_related("cluster").filter(id=run_id).first()
    if run is None or run.state in ENDED:
        return False
    registry.connector_for(run.cluster).cancel(run.id)
    return True
