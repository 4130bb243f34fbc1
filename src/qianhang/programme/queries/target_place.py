"""Where the finding behind a target stands in the review of its plan."""

import uuid

from django.db.models import Q

from qianhang.core.access import Actor, Permission

from ..models import Finding, Target


def place_in_review(*, actor: Actor, target_id: uuid.UUID) -> int | None:
    """The number it has on the review page; None for who may not open that page. Raises NotFound. Two queries."""
    finding = Target.objects.select_related("finding").fetch(actor, id=target_id).finding
    if not actor.may(Permission.PLAN_OVERSEE):
        return None
    before = Q(position__lt=finding.position) | Q(position=finding.position, id__lt=finding.id)
    rows = Finding.objects.filter(plan=finding.plan_id)
    # What the newest wording does not have any more comes after what it has.
    earlier = rows.filter(before, is_gone=finding.is_gone).count()
    return 1 + earlier + (rows.filter(is_gone=False).count() if finding.is_gone else 0)
