"""On which days an owner is reminded of a task."""

from datetime import date

BEFORE = (30, 14, 7, 3, 1, 0)
AFTER_EVERY = 7


def reminder_reason(due_on: date | None, today: date) -> str | None:
    """`due_soon` on some days before, `overdue` the day after and then weekly; None on all other days."""
    if due_on is None:
        return None
    left = (due_on - today).days
    if left in BEFORE:
        return "due_soon"
    return "overdue" if left < 0 and (-left - 1) % AFTER_EVERY == 0 else None
