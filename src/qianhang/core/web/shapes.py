"""The base of every API input and output."""

from datetime import UTC, datetime
from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict


class Strict(Schema):
    """An input: an unknown field is refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


def _in_utc(moment: datetime) -> datetime:
    """Offsets that ISO 8601 can write and PostgreSQL cannot read (beyond 15:59) end here."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(_("This date lies beyond the calendar.")) from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A date and time as an input: it must carry an offset, and arrives in UTC."""
