"""Writing usage records, once each however often the meter reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from qianhang.core.clock import derived_id
from qianhang.core.errors import DomainError, FieldProblem, InvalidInput

from .models import UsageRecord

_INSERT = """
INSERT INTO metering_usagerecord
    (id, source, key, organisation_id, reference, item, quantity, unit, started_at, ended_at, attributes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (source, key) DO NOTHING
"""
_MAX = 2**63 - 1
_CONTENT = (
    "source",
    "key",
    "organisation_id",
    "reference",
    "item",
    "quantity",
    "unit",
    "started_at",
    "ended_at",
    "attributes",
)
_LONGEST = {"source": 60, "key": 200, "item": 60, "unit": 40}


class UsageConflict(DomainError):
    code, status = "usage_conflict", 409
    message = _("Usage {source}/{key} is recorded already, with another content: {fields}.")


def record_usage(
    *,
    source: str,
    key: str,
    organisation_id: UUID,
    reference: UUID,
    item: str,
    quantity: int,
    unit: str,
    started_at: datetime,
    ended_at: datetime,
    attributes: Mapping[str, Any] | None = None,
) -> UsageRecord:
    """Records `quantity` whole `unit`s of `item`, in the caller's transaction; a repetition returns the first record.

    The id is derived from source and key, so that a charge can name the record before it is written.

    Raises:
        UsageConflict: the same source and key came before with another content; nothing is written.
        InvalidInput: a negative quantity, an end before the start, or a name that is empty or too long.
    """
    record = UsageRecord(
        id=derived_id("usage", source, key),
        source=source,
        key=key,
        organisation_id=organisation_id,
        reference=reference,
        item=item,
        quantity=quantity,
        unit=unit,
        started_at=started_at,
        ended_at=ended_at,
        attributes=dict(attributes or {}),
    )
    if problems := _problems(record):
        raise InvalidInput(problems=problems)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [getattr(record, name) for name in ("id", *_CONTENT[:-1])] + [Jsonb(record.attributes)],
        )
    # The second statement sees what a concurrent writer of the same record has committed meanwhile.
    kept = UsageRecord.objects.get(source=source, key=key)
    different = [name for name in _CONTENT if getattr(kept, name) != getattr(record, name)]
    if different:
        raise UsageConflict(source=source, key=key, fields=", ".join(different))
    return kept


def _problems(record: UsageRecord) -> list[FieldProblem]:
    problems = [
        FieldProblem(name, str(_("Between 1 and {longest} characters.")).format(longest=longest))
        for name, longest in _LONGEST.items()
        if not 1 <= len(getattr(record, name)) <= longest
    ]
    if not 0 <= record.quantity <= _MAX:
        problems.append(FieldProblem("quantity", str(_("A whole number, zero or more."))))
    if record.ended_at < record.started_at:
        problems.append(FieldProblem("ended_at", str(_("Not before the start."))))
    return problems
