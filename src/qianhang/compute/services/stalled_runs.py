import uuid

from django.db.models import Q

from qianhang.core.access import Actor
from qianhang.core.clock import now

from ..models import Run
from ..rules.states import State
from .start_run import LEASE


def stalled_runs(*, actor: Actor, limit: int = 100) -> list[uuid.UUID]:
    """Runs that were placed but not handed to their cluster, and whose starter's lease is over: its worker died, or
    the cluster did not answer. A lease further ahead than any lease can be was set before the clock went back."""
    moment = now()
    over = Q(lease_until=None) | Q(lease_until__lt=moment) | Q(lease_until__gt=moment + 2 * LEASE)
    waiting = Run.objects.visible_to(actor).filter(over, state__in=[State.PLACED, State.STARTING], handle="")
    return list(waiting.order_by("placed_at").values_list("id", flat=True)[:limit])
