"""The one way to write an audit entry: a single INSERT inside the caller's transaction."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from qianhang.core import rows
from qianhang.core.access import Actor

from .models import AuditEntry


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
    """Writes who did what. Commits or rolls back with the change it describes.

    `action` is `<subject>.<past participle>`, such as `job.submitted`; `organisation_id` is the organisation the
    subject belongs to. Never pass secrets: an entry can be read by every supervisor and cannot be removed.
    """
    entry = AuditEntry(
        actor_kind=actor.kind,
        actor_user=actor.user_id,
        actor_organisation=actor.organisation_id,
        actor_key=actor.api_key_id,
        actor_name=_text(actor.name)[:120],
        action=action,
        subject=subject,
        subject_id=str(subject_id),
        organisation_id=organisation_id,
        before=None if before is None else _plain(before),
        after=None if after is None else _plain(after),
        reason=_text(reason)[:1000],
        request_id=actor.request_id[:64],
    )
    rows.insert(entry)


def _plain(value: Any) -> Any:
    """JSON that PostgreSQL accepts and gives back unchanged: no floats, so that a digest never depends on one."""
    match value:
        case Enum():
            plain = _plain(value.value)
        case None | bool() | int():
            plain = value
        case Mapping():
            plain = {_text(str(key)): _plain(item) for key, item in value.items()}
        case set() | frozenset():
            plain = [_plain(item) for item in sorted(value, key=str)]
        case list() | tuple():
            plain = [_plain(item) for item in value]
        case datetime() | date():
            plain = value.isoformat()
        case _:
            plain = _text(str(value))
    return plain


def _text(value: str) -> str:
    """PostgreSQL text holds neither NUL nor half of a surrogate pair."""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
