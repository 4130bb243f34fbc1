"""Targets and measures as the rules of binding see them."""

from qianhang.core.measures import Measure

from .models import Target
from .rules.binding import Offered, Wanted


def wanted_by(target: Target) -> Wanted:
    return Wanted(
        indicator=target.indicator,
        unit=target.unit,
        value=target.value,
        canonical_value=target.canonical_value,
        canonical_unit=target.canonical_unit,
    )


def offered_by(measure: Measure) -> Offered:
    return Offered(
        code=measure.code,
        unit=measure.unit,
        base_unit=measure.base_unit,
        base_factor=measure.base_factor,
        words=measure.words,
    )
