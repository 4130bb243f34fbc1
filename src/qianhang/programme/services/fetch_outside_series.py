import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import DomainError
from qianhang.core.outgoing import FetchFailed, OutgoingClient

from ..errors import NothingToFetch
from ..models import OutsideSeries
from ..outside import read_values, take_values

OK = 200


def fetch_outside_series(*, actor: Actor, series_id: uuid.UUID, client: OutgoingClient | None = None) -> int:
    """Fetches a series and keeps what is new. Returns how many values that are; twice is once.

    What goes wrong is kept with the series, for the page that shows it, and raised.
    Raises: Unauthenticated, Forbidden, NotFound; NothingToFetch; AddressRefused, FetchFailed; SeriesUnreadable.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    series = OutsideSeries.objects.fetch(actor, id=series_id)
    if not series.url:
        raise NothingToFetch(name=series.name)
    try:
        # No lock and no transaction while a stranger's server takes its time.
        body = _fetch(series.url, client)
        values = read_values(series, body)
    except DomainError as refusal:
        OutsideSeries.objects.filter(id=series.id).update(tried_at=now(), problem=str(refusal)[:500])
        raise
    with transaction.atomic():
        series = OutsideSeries.objects.select_for_update(no_key=True).get(id=series.id)
        new = take_values(series, values, body)
        series.tried_at = series.fetched_at = now()
        series.problem = ""
        series.save(update_fields=["tried_at", "fetched_at", "problem"])
        if new:
            audit.record(
                actor=actor,
                action="outside_series.fetched",
                subject="outside_series",
                subject_id=series.id,
                organisation_id=series.organisation_id,
                after={"new": new},
            )
    return new


def _fetch(url: str, client: OutgoingClient | None) -> bytes:
    if client is None:
        with OutgoingClient() as own:
            return _fetch(url, own)
    answer = client.get(url, headers={"Accept": "text/csv, application/json"})
    if answer.status != OK:
        raise FetchFailed(url=url.partition("?")[0][:200], why=f"HTTP {answer.status}")
    return answer.body
