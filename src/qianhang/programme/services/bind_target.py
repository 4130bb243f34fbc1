import uuid
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor

from ..access import managed_target
from ..bindings import offered_by, wanted_by
from ..errors import AlreadyBound, UnitsDiffer, wrong
from ..measures import measure as find_measure
from ..models import Binding, ManualSeries, OutsideSeries, Source, Target
from ..rules.binding import factor_between
from ..rules.figures import rounded
from ..rules.keys import plain


@transaction.atomic
def bind_target(
    *,
    actor: Actor,
    target_id: uuid.UUID,
    measure: str = "",
    manual_id: uuid.UUID | None = None,
    outside_id: uuid.UUID | None = None,
    factor: Decimal | None = None,
) -> Binding:
    """Says what feeds a target: exactly one of a measure, a manual series, an outside series.

    `factor` is how many of the target's units make one of the source's; found by the units where it is not given.
    Binding again to the same source changes nothing.

    Raises: NotFound, Forbidden; UnknownMeasure; UnitsDiffer; AlreadyBound; InvalidInput.
    """
    target = managed_target(actor, target_id)
    if sum(map(bool, (measure, manual_id, outside_id))) != 1:
        raise wrong("measure", _("Name exactly one: a measure, a manual series or an outside series."))
    wish = Binding(target=target, bound_by_id=actor.user_id)
    if measure:
        found = find_measure(measure)
        wish.source, wish.measure = Source.MEASURE, found.code
        name, unit, by_units = found.name, found.unit, factor_between(wanted_by(target), offered_by(found))
    elif manual_id is not None:
        manual = ManualSeries.objects.fetch(actor, id=manual_id)
        wish.source, wish.manual = Source.MANUAL, manual
        name, unit, by_units = manual.name, manual.unit, _same_unit(target, manual.unit)
    else:
        outside = OutsideSeries.objects.fetch(actor, id=outside_id)
        wish.source, wish.outside = Source.OUTSIDE, outside
        name, unit, by_units = outside.name, outside.unit, _same_unit(target, outside.unit)
    used = factor if factor is not None else by_units
    if used is None:
        raise UnitsDiffer(source=name, unit=unit or "—", wanted=target.unit or "—")
    wish.factor = rounded(used, 30) if used.is_finite() else Decimal(0)
    if not 0 < wish.factor < Decimal(10) ** 30:
        raise wrong("factor", _("A factor is a number above zero."))
    return _bind(actor, target, wish)


def _bind(actor: Actor, target: Target, wish: Binding) -> Binding:
    there = Binding.objects.filter(target=target, ended_at=None).first()
    if there is not None:
        if there.series == wish.series and there.factor == wish.factor:
            return there
        raise AlreadyBound
    try:
        with transaction.atomic():
            wish.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyBound from error
    audit.record(
        actor=actor,
        action="target.bound",
        subject="target",
        subject_id=target.id,
        organisation_id=target.plan.organisation_id,
        after={"series": wish.series, "factor": str(wish.factor), "indicator": target.indicator},
    )
    return wish


def _same_unit(target: Target, unit: str) -> Decimal | None:
    return Decimal(1) if plain(target.unit) == plain(unit) else None
