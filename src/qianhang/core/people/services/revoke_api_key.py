"""Revoke an API key: the next request that uses it is refused."""

from uuid import UUID

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now

from ..errors import KeyRevokedAlready
from ..models import ApiKey


@transaction.atomic
def revoke_api_key(*, actor: Actor, key_id: UUID, reason: str = "") -> ApiKey:
    """One's own key, or with members.manage any key of the organisation. Needs no step-up: revoking must be easy.

    Raises: NotFound (absent, foreign or another's), Forbidden (no keys.manage), KeyRevokedAlready.
    """
    key = ApiKey.objects.select_for_update().fetch(actor, pk=key_id)
    authorize(actor, Permission.KEYS_MANAGE, organisation_id=key.organisation_id)
    if key.revoked_at is not None:
        raise KeyRevokedAlready
    key.revoked_at = now()
    key.save(update_fields=["revoked_at"])
    audit.record(
        actor=actor,
        action="api_key.revoked",
        subject="api_key",
        subject_id=key.pk,
        organisation_id=key.organisation_id,
        before={"name": key.name, "prefix": key.prefix, "user": key.user_id},
        reason=reason,
    )
    events.announce(name="api_key.revoked", key=str(key.pk), payload={"organisation": str(key.organisation_id)})
    return key
