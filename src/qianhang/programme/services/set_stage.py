import uuid
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor

from ..access import managed_target
from ..errors import wrong
from ..models import Milestone


@transaction.atomic
def set_stage(*, actor: Actor, target_id: uuid.UUID, deadline: date, value: Decimal | None) -> Milestone | None:
    """Sets what a target should have reached on a day before its deadline; the path goes through it. None removes it.

    Raises: NotFound, Forbidden; InvalidInput for a day at or after the deadline.
    """
    target = managed_target(actor, target_id)
    if target.deadline is not None and deadline >= target.deadline:
        raise wrong("deadline", _("A stage lies before the target's deadline."))
    if value is not None and not (value.is_finite() and abs(value) < Decimal(10) ** 21):
        raise wrong("value", _("This number is too large."))
    there = Milestone.objects.filter(target=target, deadline=deadline).first()
    before = there.value if there else None
    stage = there
    if value is None:
        if there is not None:
            there.delete()
        stage = None
    elif there is not None:
        there.value = value
        there.save(update_fields=["value"])
    else:
        stage = Milestone.objects.create(
            plan=target.plan, target=target, kind="stage", text=target.indicator, deadline=deadline, value=value
        )
    if before != value:
        audit.record(
            actor=actor,
            action="target.stage_set",
            subject="target",
            subject_id=target.id,
            organisation_id=target.plan.organisation_id,
            before={"deadline": deadline, "value": before},
            after={"deadline": deadline, "value": value},
        )
    return stage
