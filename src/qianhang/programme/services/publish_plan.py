import uuid
from collections.abc import Sequence

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.errors import NotFound

from ..access import managed_plan
from ..models import Plan, Target


@transaction.atomic
def publish_plan(*, actor: Actor, plan_id: uuid.UUID, target_ids: Sequence[uuid.UUID]) -> Plan:
    """Shows a plan with its tasks and systems to everybody, and of its targets these and no others.

    Raises: NotFound (also for a target that is not this plan's), Forbidden.
    """
    plan = managed_plan(actor, plan_id, lock=True)
    targets = list(Target.objects.active().filter(plan=plan))
    wanted = set(target_ids)
    if not wanted <= {target.id for target in targets}:
        raise NotFound(what=Target._meta.verbose_name)
    before = {target.id for target in targets if target.published_at} if plan.published_at else None
    moment = now()
    Target.objects.filter(plan=plan, published_at=None, id__in=wanted).update(published_at=moment)
    Target.objects.filter(plan=plan).exclude(id__in=wanted).update(published_at=None)
    if plan.published_at is None:
        plan.published_at = moment
        plan.save(update_fields=["published_at"])
    if before != wanted:
        audit.record(
            actor=actor,
            action="plan.published",
            subject="plan",
            subject_id=plan.id,
            organisation_id=plan.organisation_id,
            before={"targets": before},
            after={"targets": wanted},
        )
    return plan
