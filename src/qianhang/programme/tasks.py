"""What the worker does for the programme. Every task and every chore may run twice."""

import logging
import uuid

from procrastinate.contrib.django import app

from qianhang.core.errors import DomainError

from . import deferring, services
from .identity import CLOCKWORK
from .queries.upkeep import series_to_fetch

log = logging.getLogger(__name__)


@app.task(name=deferring.FETCH_SERIES, queue=deferring.QUEUE)
def fetch_series(series_id: str) -> None:
    """What goes wrong outside is kept with the series and shown there; the next turn tries again."""
    try:
        services.fetch_outside_series(actor=CLOCKWORK, series_id=uuid.UUID(series_id))
    except DomainError as refusal:
        log.info("outside series not fetched", extra={"series": series_id, "why": str(refusal)})


def fetch_due_series() -> int:
    """Hands every series whose time has come to the worker, so that a slow server holds up nobody. Returns how many."""
    return sum(deferring.defer_fetch(series_id) for series_id in series_to_fetch())


def observe_today() -> None:
    services.observe(actor=CLOCKWORK)


def remind() -> None:
    services.ask_reminders(actor=CLOCKWORK)


def link_units() -> None:
    services.link_units(actor=CLOCKWORK)
