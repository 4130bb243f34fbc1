"""How things stand now, for a scraper: what waits, what runs, what is not yet delivered, sealed or settled."""

import logging
from collections.abc import Iterator

from django.db import Error as DatabaseError
from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from qianhang.compute.models import Job, Run
from qianhang.compute.rules.states import ENDED, WAITING
from qianhang.core.audit.models import AuditBlock, AuditEntry
from qianhang.core.events.models import OutboxEvent
from qianhang.core.ledger.models import Account

log = logging.getLogger(__name__)


def _named(states: frozenset[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


# One statement, each part by an index of the rows that are still open: no part grows with what is over. A job that
# does not wait stands as its run stands.
_QUERY = f"""
SELECT 'jobs', state, count(*)::float8 FROM {Job._meta.db_table} WHERE state IN ({_named(WAITING)}) GROUP BY state
UNION ALL
SELECT 'jobs', state, count(*) FROM {Run._meta.db_table} WHERE NOT state IN ({_named(ENDED)}) GROUP BY state
UNION ALL
SELECT 'outbox', '', count(*) FROM {OutboxEvent._meta.db_table} WHERE state = 'pending'
UNION ALL
SELECT 'unsealed', '', coalesce(greatest(extract(epoch FROM clock_timestamp() - (
    SELECT at FROM {AuditEntry._meta.db_table}
    WHERE seq > (SELECT coalesce(max(last_seq), 0) FROM {AuditBlock._meta.db_table}) ORDER BY seq LIMIT 1
)), 0), 0)
UNION ALL
SELECT 'held', '', coalesce(sum(credits_pending), 0) FROM {Account._meta.db_table}
WHERE code LIKE 'clearing:%' AND unit = 'CNY'
"""  # noqa: S608 -- names of our own tables and states
_STATES = ("queued", "requeued", "placed", "starting", "running")


class Standing(Collector):
    """Asks the database at each scrape; when it does not answer, these numbers are left out."""

    def collect(self) -> Iterator[Metric]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_QUERY)
                found = {(name, state): float(number) for name, state, number in cursor.fetchall()}
        except DatabaseError as silent:
            log.warning("no gauges without the database", extra={"why": str(silent)})
            return
        jobs = GaugeMetricFamily("qianhang_jobs", "Jobs that are not over, by state.", labels=["state"])
        for state in _STATES:
            jobs.add_metric([state], found.get(("jobs", state), 0))
        yield jobs
        waiting = sum(found.get(("jobs", state), 0) for state in WAITING)
        yield GaugeMetricFamily("qianhang_queue_length", "Jobs that wait for a place.", value=waiting)
        yield GaugeMetricFamily("qianhang_outbox_pending", "Events not yet delivered.", value=found["outbox", ""])
        yield GaugeMetricFamily(
            "qianhang_audit_unsealed_seconds",
            "Age of the oldest audit entry that is not sealed; 0 when all are.",
            value=found["unsealed", ""],
        )
        yield GaugeMetricFamily(
            "qianhang_ledger_held_yuan", "Money that open holds set aside.", value=found.get(("held", ""), 0) / 1e6
        )
