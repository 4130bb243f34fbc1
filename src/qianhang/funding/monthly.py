"""What a supplier earned, month by month, read off one index.

Grouping every receipt by its month computes a calendar month for each of them: 100,000 receipts take four times as
long as looking up where each month begins and adding up what lies between.
"""

import uuid

from django.db import connection
from django.utils import timezone

from .shapes import StatementMonth

_BY_MONTH = """
    WITH RECURSIVE month (first) AS (
        (SELECT date_trunc('month', issued_at, %(zone)s) FROM funding_receipt
         WHERE supplier_id = %(supplier)s ORDER BY issued_at DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT date_trunc('month', issued_at, %(zone)s) FROM funding_receipt
                WHERE supplier_id = %(supplier)s AND issued_at < month.first ORDER BY issued_at DESC LIMIT 1)
        FROM month WHERE month.first IS NOT NULL
    )
    SELECT to_char(month.first AT TIME ZONE %(zone)s, 'YYYY-MM'), receipts, earned
    FROM month CROSS JOIN LATERAL (
        SELECT count(*) AS receipts, sum(total_micro)::bigint AS earned FROM funding_receipt
        WHERE supplier_id = %(supplier)s AND issued_at >= month.first
          AND issued_at < (month.first AT TIME ZONE %(zone)s + interval '1 month') AT TIME ZONE %(zone)s
    ) AS sums
    WHERE month.first IS NOT NULL ORDER BY month.first DESC
"""


def earned_by_month(*, supplier_id: uuid.UUID) -> tuple[StatementMonth, ...]:
    """Months of the installation's time zone in which something was earned, newest first; amounts in micro-yuan."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_MONTH, {"supplier": supplier_id, "zone": timezone.get_current_timezone_name()})
        return tuple(
            StatementMonth(month=month, receipts=receipts, earned_micro=earned)
            for month, receipts, earned in cursor.fetchall()
        )
