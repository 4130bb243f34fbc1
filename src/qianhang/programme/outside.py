"""Taking what an outside series says into observations."""

import hashlib
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .errors import SeriesUnreadable
from .models import OutsideSeries, OutsideValue, Source
from .models.series import series_name
from .observing import keep, today
from .rules.outside import Unreadable, Value, read_series

WHY: dict[str, Promise] = {
    "encoding": _("it is neither UTF-8 nor GB18030 text."),
    "json": _("it is not JSON: {what}"),
    "shape": _("it is neither a table with a header line nor a list of objects."),
    "columns": _("row {row} has no such columns; it has {what}."),
    "day": _("row {row} has no date: {what}"),
    "number": _("row {row} has no number: {what}"),
    "rows": _("it has more than 20,000 rows."),
    "empty": _("it has no values."),
}


def read_values(series: OutsideSeries, data: bytes) -> Sequence[Value]:
    """Raises SeriesUnreadable with the row and what is wrong there."""
    try:
        return read_series(data, date_column=series.date_column, value_column=series.value_column)
    except Unreadable as wrong:
        why = str(WHY[wrong.code]).format(row=wrong.row, what=wrong.what)
        raise SeriesUnreadable(name=series.name, why=why) from wrong


def take_values(series: OutsideSeries, values: Sequence[Value], data: bytes) -> int:
    """Keeps what is new or says another number than before; days to come are left out. Returns how many.

    The series is locked by the caller.
    """
    digest = hashlib.sha256(data).hexdigest()
    latest: dict = {}
    stored = OutsideValue.objects.filter(series=series).order_by("came_at", "id")
    for day, value in stored.values_list("day", "value"):
        latest[day] = value
    new = [one for one in values if one.day <= today() and latest.get(one.day) != one.value]
    OutsideValue.objects.bulk_create(
        [OutsideValue(series=series, day=one.day, value=one.value, sha256=digest) for one in new], batch_size=1000
    )
    name = series_name(Source.OUTSIDE, str(series.id))
    for one in new:
        keep(name, one.day, one.value, unit=series.unit, reference=digest)
    return len(new)
