import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.clock import now

from ..access import managed_target
from ..errors import NotBound
from ..models import Binding


@transaction.atomic
def unbind_target(*, actor: Actor, target_id: uuid.UUID, reason: str = "") -> Binding:
    """Ends what feeds a target; what was observed stays. Raises: NotFound, Forbidden; NotBound."""
    target = managed_target(actor, target_id)
    binding = Binding.objects.select_for_update(no_key=True).filter(target=target, ended_at=None).first()
    if binding is None:
        raise NotBound
    binding.ended_at = now()
    binding.save(update_fields=["ended_at"])
    audit.record(
        actor=actor,
        action="target.unbound",
        subject="target",
        subject_id=target.id,
        organisation_id=target.plan.organisation_id,
        before={"series": binding.series},
        reason=reason,
    )
    return binding
