from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id

from ..errors import wrong
from ..measures import all_measures, measure
from ..observing import observe_measure, today


@dataclass(frozen=True, slots=True)
class Observed:
    """Codes of the measures that got a new value, of those that are as they were, and of those that say nothing."""

    day: date
    new: Sequence[str]
    same: Sequence[str]
    silent: Sequence[str]


def observe(*, actor: Actor, day: date | None = None, codes: Sequence[str] = ()) -> Observed:
    """Counts the measures for a day, today by default, and keeps what they say; twice is once.

    Without `codes` all measures: of a day that is over, those that can still be counted for it.
    Raises: Unauthenticated, Forbidden; UnknownMeasure; NotRecomputable; InvalidInput for a day to come.
    """
    authorize(actor, Permission.PLAN_MANAGE)
    day = day or today()
    if day > today():
        raise wrong("day", _("This day has not come yet."))
    chosen = [measure(code) for code in codes] or [
        one for one in all_measures().values() if one.of_any_day or day == today()
    ]
    outcome: dict[str, list[str]] = {"new": [], "same": [], "silent": []}
    with transaction.atomic():
        # In one order, because each series is locked: two observers must not wait for each other.
        for one in sorted(chosen, key=lambda one: one.code):
            written = observe_measure(one, day)
            outcome["silent" if written is None else "new" if written.is_new else "same"].append(one.code)
        if outcome["new"]:
            audit.record(
                actor=actor,
                action="measures.observed",
                subject="observations",
                subject_id=derived_id("observations", day),
                after={"day": day, "measures": outcome["new"]},
            )
    return Observed(day=day, **outcome)
