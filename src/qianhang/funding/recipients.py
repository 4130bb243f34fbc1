"""Who may be given money, vouchers or a payout."""

import uuid

from qianhang.core.access import Actor
from qianhang.core.people.models import Organisation, OrganisationState

from .errors import NotActive


def active_organisation(actor: Actor, organisation_id: uuid.UUID) -> Organisation:
    """Raises NotFound when there is none that `actor` may see, NotActive while it is not verified or is suspended."""
    organisation = Organisation.objects.fetch(actor, id=organisation_id)
    if organisation.state != OrganisationState.ACTIVE:
        raise NotActive(name=organisation.name)
    return organisation
