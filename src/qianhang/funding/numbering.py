"""Numbers that people read and type: `R20261121-000123`. Unique by a sequence; gaps are possible and mean nothing."""

from typing import Any

from django.utils import timezone

# Letter -> sequence; made in migration 0002.
SEQUENCES = {"R": "funding_receipt_number", "V": "funding_voucher_number"}


def next_number(connection: Any, letter: str) -> str:
    """The next number for a receipt (R) or a voucher (V), with today's date in the platform's time zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [SEQUENCES[letter]])
        (count,) = cursor.fetchone()
    return f"{letter}{timezone.localdate():%Y%m%d}-{count:06d}"
