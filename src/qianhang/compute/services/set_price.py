import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now
from qianhang.core.errors import FieldProblem, InvalidInput, NotFound

from .. import fleet
from ..errors import PricePeriodsOverlap
from ..models import NodePool, Price

# 100,000 yuan an hour: above any real price, below any overflow.
MOST_MICRO = 100_000 * 1_000_000


@transaction.atomic
def set_price(
    *,
    actor: Actor,
    pool_id: uuid.UUID,
    item: str,
    micro_yuan: int,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Price:
    """Sets what an hour of `item` in a pool costs, from now or `valid_from` on. The price that held until then ends
    there; quoted and running jobs keep the price they were promised. The price that holds already is left alone.

    Raises: Unauthenticated, Forbidden, NotFound, InvalidInput, PricePeriodsOverlap (with a later price).
    """
    pool = NodePool.objects.select_related("cluster").filter(id=pool_id).first()
    if pool is None:
        raise NotFound(what=str(NodePool._meta.verbose_name))
    authorize(
        actor,
        Permission.CLUSTER_MANAGE,
        organisation_id=pool.cluster.organisation_id,
        what=str(NodePool._meta.verbose_name),
    )
    # One at a time per pool, so that two prices cannot both find the period free.
    NodePool.objects.select_for_update(no_key=True).get(id=pool.id)
    start = valid_from or now()
    _check(item=item, micro_yuan=micro_yuan, start=start, end=valid_to)
    if valid_from is None and valid_to is None and (same := _same_open(pool, item, micro_yuan, start)) is not None:
        return same
    before = _end_current(pool, item=item, start=start, end=valid_to)
    price = Price.objects.create(pool=pool, item=item, micro_yuan=micro_yuan, valid_from=start, valid_to=valid_to)
    audit.record(
        actor=actor,
        action="price.set",
        subject="price",
        subject_id=price.id,
        organisation_id=pool.cluster.organisation_id,
        before=None if before is None else {"micro_yuan": before.micro_yuan},
        after={"pool": str(pool.id), "item": item, "micro_yuan": micro_yuan, "from": start, "to": valid_to},
    )
    fleet.forget()
    return price


def _same_open(pool: NodePool, item: str, micro_yuan: int, moment: datetime) -> Price | None:
    holding = Price.objects.filter(pool=pool, item=item, valid_to=None, valid_from__lte=moment)
    return holding.filter(micro_yuan=micro_yuan).first()


def _check(*, item: str, micro_yuan: int, start: datetime, end: datetime | None) -> None:
    problems = []
    if item not in Price.Item.values:
        problems.append(FieldProblem("item", f"One of {', '.join(Price.Item.values)}.", "unknown"))
    if not 0 <= micro_yuan <= MOST_MICRO:
        problems.append(FieldProblem("micro_yuan", "Between 0 and 100,000 yuan an hour.", "out_of_range"))
    if end is not None and end <= start:
        problems.append(FieldProblem("valid_to", "The end must come after the beginning.", "empty_period"))
    if problems:
        raise InvalidInput(problems=problems)


def _end_current(pool: NodePool, *, item: str, start: datetime, end: datetime | None) -> Price | None:
    """Ends the open price that holds at `start`; refuses when a dated or later period is in the way."""
    overlapping = Price.objects.filter(Q(valid_to=None) | Q(valid_to__gt=start), pool=pool, item=item)
    if end is not None:
        overlapping = overlapping.filter(valid_from__lt=end)
    current = None
    for price in overlapping.order_by("valid_from"):
        if price.valid_from < start and price.valid_to is None:
            current = price
        else:
            raise PricePeriodsOverlap(other=f"{price.valid_from:%Y-%m-%d %H:%M}")
    if current is not None:
        current.valid_to = start
        current.save(update_fields=["valid_to"])
    return current
