import uuid

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now

from ..errors import wrong
from ..models import Evidence, NamedSystem
from ..rules.states import SystemState


@transaction.atomic
def mark_system(
    *,
    actor: Actor,
    system_id: uuid.UUID,
    state: str,
    address: str = "",
    note: str = "",
    evidence_id: uuid.UUID | None = None,
) -> NamedSystem:
    """Says how far a named system is built, where it is found, and what proves it.

    What is live says where: its address, or evidence for an institution that has none.
    Raises: Unauthenticated, Forbidden, NotFound; InvalidInput.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    rows = NamedSystem.objects.select_for_update(of=("self",), no_key=True).select_related("plan")
    system = rows.fetch(actor, id=system_id, is_active=True)
    if state not in list(SystemState):
        raise wrong("state", _("This is not one of the choices."))
    address = address.strip()
    if address:
        try:
            URLValidator(schemes=["http", "https"])(address)
        except ValidationError as error:
            raise wrong("address", _("An address begins with https:// or http://.")) from error
    evidence = None if evidence_id is None else Evidence.objects.fetch(actor, id=evidence_id)
    is_served = system.room != "outside"
    if state == SystemState.LIVE and not (address or evidence or is_served):
        raise wrong("address", _("Say where it is found, or what proves that it is live."))
    before = {"state": system.state, "address": system.address}
    system.state, system.address, system.note = state, address[:500], note.strip()[:1000]
    system.evidence, system.changed_at = evidence, now()
    system.save(update_fields=["state", "address", "note", "evidence", "changed_at"])
    audit.record(
        actor=actor,
        action="system.marked",
        subject="system",
        subject_id=system.id,
        organisation_id=system.plan.organisation_id,
        before=before,
        after={"state": state, "address": address, "evidence": evidence_id},
        reason=note,
    )
    return system
