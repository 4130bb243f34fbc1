import uuid
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.people.models import Organisation

from ..access import managed_target
from ..errors import wrong
from ..models import Target


@transaction.atomic
def edit_target(
    *,
    actor: Actor,
    target_id: uuid.UUID,
    owner_id: uuid.UUID | None = None,
    baseline: Decimal | None = None,
    baseline_on: date | None = None,
) -> Target:
    """Sets who owns a target and where its way begins; what is None is taken away. The target's own words are its
    finding's: see edit_finding.

    Raises: NotFound, Forbidden; InvalidInput for a baseline without a day, or after the deadline.
    """
    target = managed_target(actor, target_id)
    if (baseline is None) != (baseline_on is None):
        raise wrong("baseline_on", _("A baseline is a value and its day."))
    if baseline_on is not None and target.deadline is not None and baseline_on >= target.deadline:
        raise wrong("baseline_on", _("The baseline lies before the deadline."))
    if baseline is not None and not (baseline.is_finite() and abs(baseline) < Decimal(10) ** 21):
        raise wrong("baseline", _("This number is too large."))
    owner = None if owner_id is None else Organisation.objects.fetch(actor, id=owner_id)
    before = {"owner": target.owner_id, "baseline": target.baseline, "baseline_on": target.baseline_on}
    target.owner, target.baseline, target.baseline_on = owner, baseline, baseline_on
    target.save(update_fields=["owner", "baseline", "baseline_on"])
    audit.record(
        actor=actor,
        action="target.edited",
        subject="target",
        subject_id=target.id,
        organisation_id=target.plan.organisation_id,
        before=before,
        after={"owner": owner_id, "baseline": baseline, "baseline_on": baseline_on},
    )
    return target
