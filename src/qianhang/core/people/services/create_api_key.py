"""Create an API key: it acts as its person in their current organisation, cut down to its scopes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from qianhang.core import audit, events
from qianhang.core.access import Actor, Permission, authorize, require_step_up
from qianhang.core.clock import new_id, now
from qianhang.core.errors import FieldProblem, InvalidInput

from ..models import ApiKey
from ..rules.keys import PREFIX, hash_secret, key_problems


@dataclass(frozen=True, slots=True)
class NewApiKey:
    key: ApiKey
    secret: str
    """Shown once: only its hash is kept."""


@transaction.atomic
def create_api_key(*, actor: Actor, name: str, scopes: Sequence[str], expires_at: datetime) -> NewApiKey:
    """Makes a key for `actor` and returns it with its secret.

    Raises:
        Forbidden: no keys.manage, or no organisation.
        StepUpRequired: the person has not proved who they are within ten minutes; a key never can.
        InvalidInput: no name, a scope the person does not hold, an expiry in the past or beyond a year.
    """
    authorize(actor, Permission.KEYS_MANAGE, organisation_id=actor.organisation_id)
    require_step_up(actor)
    problems = key_problems(name=name, scopes=scopes, held=actor.permissions, expires_at=expires_at, at=now())
    if problems:
        raise InvalidInput(problems=[FieldProblem(*problem) for problem in problems])
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        id=new_id(),
        organisation_id=actor.home,
        user_id=actor.person,
        name=name.strip(),
        prefix=secret[:8],
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    facts = {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "expires_at": key.expires_at}
    audit.record(
        actor=actor,
        action="api_key.created",
        subject="api_key",
        subject_id=key.id,
        organisation_id=key.organisation_id,
        after=facts,
    )
    events.announce(name="api_key.created", key=str(key.id), payload={"organisation": str(key.organisation_id)})
    return NewApiKey(key=key, secret=secret)
