import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor

from ..access import managed_plan
from ..models import Plan


@transaction.atomic
def unpublish_plan(*, actor: Actor, plan_id: uuid.UUID, reason: str = "") -> Plan:
    """Takes a plan off the public page, with all that belongs to it. Raises: NotFound, Forbidden."""
    plan = managed_plan(actor, plan_id, lock=True)
    if plan.published_at is None:
        return plan
    plan.published_at = None
    plan.save(update_fields=["published_at"])
    audit.record(
        actor=actor,
        action="plan.unpublished",
        subject="plan",
        subject_id=plan.id,
        organisation_id=plan.organisation_id,
        reason=reason,
    )
    return plan
