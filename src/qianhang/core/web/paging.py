"""Lists by cursor: the next page begins after the last row seen, so inserts neither repeat nor skip a row.

page = paginate(Job.objects.visible_to(actor), key="created_at", newest_first=True, cursor=cursor, limit=limit)
return {"items": page.items, "next": page.next}
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from ninja import Field, Schema

from .errors import BadCursor

LIMIT = 50
MAX_LIMIT = 200

Row = TypeVar("Row", bound=models.Model)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    next: str | None


class PageQuery(Schema):
    """The two parameters of every list; use as `page: Query[PageQuery]`."""

    cursor: Annotated[str | None, Field(max_length=500, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = LIMIT


class PageOf(Schema, Generic[Item]):
    """The shape of every list: `PageOf[JobOut]`."""

    items: list[Item]
    next: str | None = None


def paginate(
    rows: models.QuerySet[Row], *, key: str, newest_first: bool = True, cursor: str | None, limit: int = LIMIT
) -> Page[Row]:
    """One page of `rows` in the order of (`key`, primary key), starting after `cursor`.

    `key` is a non-null, indexed column that never changes, such as `created_at`, or `pk` alone. Raises BadCursor.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    pk = rows.model._meta.pk.name
    columns = [pk] if key in {"pk", pk} else [key, pk]
    if cursor:
        after = _read(rows.model, columns, cursor)
        rows = rows.filter(_beyond(columns, after, "lt" if newest_first else "gt"))
    sign = "-" if newest_first else ""
    found = list(rows.order_by(*(sign + name for name in columns))[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(items=found, next=_write(found[-1], columns) if more else None)


def _beyond(columns: list[str], after: list[Any], step: str) -> Q:
    """(a, b) < (x, y) written so that the index on `a` is used: a <= x and (a < x or b < y)."""
    if len(columns) == 1:
        return Q(**{f"{columns[0]}__{step}": after[0]})
    first, second = columns
    beyond = Q(**{f"{first}__{step}": after[0]}) | Q(**{f"{second}__{step}": after[1]})
    return Q(**{f"{first}__{step}e": after[0]}) & beyond


def _write(row: models.Model, columns: list[str]) -> str:
    values = [row._meta.get_field(name).value_to_string(row) for name in columns]  # type: ignore[union-attr]
    raw = json.dumps([columns[0], *values], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read(model: type[models.Model], columns: list[str], cursor: str) -> list[Any]:
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, *values = json.loads(raw)
        if name != columns[0] or len(values) != len(columns) or not all(isinstance(v, str) for v in values):
            raise BadCursor
        return [_value(model._meta.get_field(column), text) for column, text in zip(columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, ValidationError, FieldDoesNotExist) as error:
        raise BadCursor from error


def _value(field: Any, text: str) -> Any:
    if "\x00" in text:
        raise BadCursor
    value = field.to_python(text)
    if isinstance(field, models.IntegerField) and not -(2**63) <= value < 2**63:
        raise BadCursor
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise BadCursor
        # PostgreSQL reads no offset beyond 15:59.
        return value.astimezone(UTC)
    return value
