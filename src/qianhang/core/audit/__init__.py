"""The audit trail: append-only entries, sealed into a hash chain off the hot path.

from qianhang.core import audit
audit.record(actor=actor, action="job.submitted", subject="job", subject_id=job.id, after={...})
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from qianhang.core.access import Actor


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: UUID | str,
    organisation_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """See `qianhang.core.audit.entries.record`, loaded late because Django imports this package before its models."""
    from .entries import record as write

    write(
        actor=actor,
        action=action,
        subject=subject,
        subject_id=subject_id,
        organisation_id=organisation_id,
        before=before,
        after=after,
        reason=reason,
    )


__all__ = ["record"]
