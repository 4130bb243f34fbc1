import uuid
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import NotFound

from ..access import reportable_task
from ..errors import wrong
from ..models import Evidence, Milestone
from ..observing import today


@transaction.atomic
def reach_milestone(
    *, actor: Actor, milestone_id: uuid.UUID, reached_on: date | None, evidence_id: uuid.UUID | None = None
) -> Milestone:
    """Says when a milestone was reached and what proves it; None for not reached after all.

    By who may report on its task, or the programme office. Raises: Unauthenticated, Forbidden, NotFound; InvalidInput.
    """
    authorize(actor, Permission.TASK_REPORT)
    rows = Milestone.objects.select_for_update(of=("self",), no_key=True).select_related("plan")
    milestone = rows.filter(id=milestone_id, is_active=True).first()
    if milestone is None:
        raise NotFound(what=Milestone._meta.verbose_name)
    if not (actor.is_system or actor.may(Permission.PLAN_MANAGE)):
        if milestone.task_id is None:
            raise NotFound(what=Milestone._meta.verbose_name)
        reportable_task(actor, milestone.task_id)
    if reached_on is not None and reached_on > today():
        raise wrong("reached_on", _("This day has not come yet."))
    before = milestone.reached_on
    milestone.reached_on = reached_on
    milestone.evidence = None if evidence_id is None else Evidence.objects.fetch(actor, id=evidence_id)
    milestone.save(update_fields=["reached_on", "evidence"])
    audit.record(
        actor=actor,
        action="milestone.reached" if reached_on else "milestone.reopened",
        subject="milestone",
        subject_id=milestone.id,
        organisation_id=milestone.plan.organisation_id,
        before={"reached_on": before},
        after={"reached_on": reached_on, "evidence": evidence_id},
    )
    return milestone
