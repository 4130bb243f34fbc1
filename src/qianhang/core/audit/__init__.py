"""The audit trail: append-only entries, sealed into a hash chain off the hot path.

    from qianhang.core import audit
    audit.record(actor=actor, action="job.submitted", subject="job", subject_id=job.id, after={...})

Nothing here loads Django until an entry is written, so that `verify` runs where there is no installation.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from qianhang.core.access import Actor

__all__ = ["record"]


def record(
    *,
    actor: "Actor",
    action: str,
    subject: str,
    subject_id: UUID | str,
    organisation_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """See `qianhang.core.audit.entries.record`."""
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
