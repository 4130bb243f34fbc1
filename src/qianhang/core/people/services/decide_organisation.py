"""What the four decisions of the programme office share: state, reason, audit entry, news."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import new_id
from qianhang.core.errors import FieldProblem, InvalidInput

from ..errors import NotThisState
from ..models import Organisation, OrganisationState
from ..rules.organisation_states import Decision


@transaction.atomic
def decide_organisation(*, actor: Actor, organisation_id: UUID, decision: Decision, reason: str) -> Organisation:
    """Carries out one of rules.organisation_states' decisions. Fronts call the four services that name them.

    Raises:
        Forbidden, NotFound: no organisation.verify, or no such organisation.
        InvalidInput: a refusal without a reason, or a reason over 500 characters.
        NotThisState: the organisation is not in a state this decision starts from; perhaps someone decided first.
    """
    authorize(actor, Permission.ORGANISATION_VERIFY)
    organisation = Organisation.objects.select_for_update().fetch(actor, pk=organisation_id)
    reason = reason.strip()
    if (decision.needs_reason and not reason) or len(reason) > 500:
        raise InvalidInput(problems=[FieldProblem("reason", _("Give the reason in 1 to 500 characters."), "length")])
    before = organisation.state
    if before not in decision.before:
        raise NotThisState(before=OrganisationState(before).label, after=OrganisationState(decision.after).label)
    organisation.state, organisation.state_reason = decision.after, reason
    organisation.save(update_fields=["state", "state_reason"])
    audit.record(
        actor=actor,
        action=decision.action,
        subject="organisation",
        subject_id=organisation.pk,
        organisation_id=organisation.pk,
        before={"state": before},
        after={"state": decision.after},
        reason=reason,
    )
    payload = {"organisation": str(organisation.pk), "state": decision.after, "reason": reason}
    events.announce(name=decision.action, key=str(new_id()), stream=str(organisation.pk), payload=payload)
    return organisation
