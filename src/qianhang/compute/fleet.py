"""The fleet as placement sees it: every pool with its card, price, load and distance.

What seldom changes (pools, prices, links) is kept in this process for a second; the load is read when it is asked
for. A placement reads the load again under its locks, so an old snapshot can delay a decision but not spoil it.
"""

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.db.models import Q, Sum

from qianhang.core.clock import now

from .connectors import registry
from .models import Job, JobQuerySet, NodePool, Price, Region, RegionLink, Run
from .ports import Capability
from .rules.offers import Amount, Card, Ending, Offer

KEPT_S = 1.0
NEVER_HEARD_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fleet:
    offers: tuple[Offer, ...]
    """Without load."""
    regions: Mapping[str, str]
    """Every spelling of a region (code, Chinese and English name), casefolded, to its code."""

    def region_code(self, text: str) -> str | None:
        return self.regions.get(text.strip().casefold())


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A waiting job's place: jobs before it count as load for it."""

    queue_at: datetime
    job_id: uuid.UUID


class _Kept:
    """What this process remembers, each with the monotonic moment of reading. Assignments are atomic; two threads
    that read at once both do right."""

    fleet: tuple[float, Fleet] | None = None
    load: tuple[float, tuple[Offer, ...]] | None = None
    without_voucher: ClassVar[dict[uuid.UUID, float]] = {}


def forget() -> None:
    """Drops what this process remembers, after a change that the same process must see at once."""
    _Kept.fleet = _Kept.load = None
    _Kept.without_voucher.clear()


def has_no_voucher(organisation_id: uuid.UUID) -> bool:
    """Whether this organisation had no usable voucher less than a second ago."""
    return time.monotonic() - _Kept.without_voucher.get(organisation_id, -KEPT_S) < KEPT_S


def remember_no_voucher(organisation_id: uuid.UUID) -> None:
    if len(_Kept.without_voucher) > 10_000:
        _Kept.without_voucher.clear()
    _Kept.without_voucher[organisation_id] = time.monotonic()


def snapshot() -> Fleet:
    """The fleet without load, at most a second old."""
    moment = time.monotonic()
    kept = _Kept.fleet
    if kept is not None and moment - kept[0] < KEPT_S:
        return kept[1]
    fleet = _read()
    _Kept.fleet = (moment, fleet)
    return fleet


def offers_for_quote() -> Sequence[Offer]:
    """The fleet with load, both at most a second old: good enough to promise a price, not to place."""
    moment = time.monotonic()
    kept = _Kept.load
    if kept is not None and moment - kept[0] < KEPT_S:
        return kept[1]
    loaded = with_load(snapshot().offers)
    _Kept.load = (moment, loaded)
    return loaded


def with_load(offers: Iterable[Offer], *, place: QueuePlace | None = None) -> tuple[Offer, ...]:
    """The same offers with what unfinished runs use and what waiting jobs wait for, read now in two queries.

    With `place`, only jobs before it in the queue count as waiting.
    """
    offers = tuple(offers)
    pools = [offer.pool_id for offer in offers]
    used: dict[uuid.UUID, Amount] = defaultdict(Amount)
    endings: dict[uuid.UUID, list[Ending]] = defaultdict(list)
    moment = now()
    running = Run.objects.unfinished().filter(pool__in=pools)
    for pool_id, since, started, cards, cpus, memory, limit_s in running.values_list(
        "pool_id", "placed_at", "started_at", "job__cards", "job__cpus", "job__memory_mib", "job__time_limit_s"
    ):
        amount = Amount(cards, cpus, memory)
        used[pool_id] += amount
        # The wall clock may have jumped: an estimate below zero or above the limit is cut.
        gone = min(max(int((moment - (started or since)).total_seconds()), 0), limit_s)
        endings[pool_id].append(Ending(limit_s - gone, amount))
    queued = {
        row["waiting_for"]: Amount(row["cards"], row["cpus"], row["memory"])
        for row in _waiting(pools, place)
        .values("waiting_for")
        .order_by()
        .annotate(cards=Sum("cards"), cpus=Sum("cpus"), memory=Sum("memory_mib"))
    }
    return tuple(
        replace(
            offer,
            used=used[offer.pool_id],
            endings=tuple(endings[offer.pool_id]),
            queued=queued.get(offer.pool_id, Amount()),
        )
        for offer in offers
    )


def _waiting(pools: Sequence[uuid.UUID], place: QueuePlace | None) -> JobQuerySet:
    waiting = Job.objects.waiting().filter(waiting_for__in=pools)
    if place is None:
        return waiting
    before = Q(queue_at__lt=place.queue_at) | Q(queue_at=place.queue_at, id__lt=place.job_id)
    return waiting.filter(before)


def _read() -> Fleet:
    moment = now()
    prices = _prices(moment)
    latency = _latencies()
    regions: dict[str, str] = {}
    for code, name, name_en in Region.objects.values_list("code", "name", "name_en"):
        regions |= {text.casefold(): code for text in (name, name_en, code) if text}
    pools = NodePool.objects.select_related("cluster", "accelerator").order_by("cluster__slug", "name")
    return Fleet(
        offers=tuple(_offer(pool, moment=moment, prices=prices[pool.id], latency=latency) for pool in pools),
        regions=regions,
    )


def _offer(
    pool: NodePool, *, moment: datetime, prices: Mapping[str, int], latency: Mapping[str, Mapping[str, int]]
) -> Offer:
    cluster, accelerator = pool.cluster, pool.accelerator
    capabilities = registry.connector_for(cluster).capabilities
    heard = cluster.heartbeat_at
    return Offer(
        cluster_id=cluster.id,
        slug=cluster.slug,
        cluster_name=cluster.name,
        cluster_name_en=cluster.name_en,
        supplier_id=cluster.organisation_id,
        pool_id=pool.id,
        pool=pool.name,
        region=cluster.region_id,
        state=cluster.state,
        nodes=pool.nodes,
        node=Amount(pool.cards_per_node, pool.cpus_per_node, pool.memory_mib_per_node),
        can_run=Capability.RUN in capabilities,
        images=Capability.IMAGES in capabilities,
        network=Capability.NETWORK in capabilities,
        isolation=cluster.isolation,
        silent_s=NEVER_HEARD_S if heard is None else max(int((moment - heard).total_seconds()), 0),
        card=None
        if accelerator is None
        else Card(
            vendor=accelerator.vendor,
            model=accelerator.model,
            stack=accelerator.stack,
            domestic=accelerator.domestic,
            memory_gib=accelerator.memory_gib,
            power_w=accelerator.power_w,
        ),
        card_hour_micro=prices.get(Price.Item.CARD_HOUR),
        cpu_hour_micro=prices.get(Price.Item.CPU_HOUR),
        pue_milli=_milli(cluster.pue),
        green_milli=_milli(cluster.green_share),
        grid_g_per_kwh=cluster.grid_g_per_kwh,
        latency_us=latency.get(cluster.region_id, {}),
    )


def _prices(moment: datetime) -> Mapping[uuid.UUID, Mapping[str, int]]:
    valid = Price.objects.filter(Q(valid_to=None) | Q(valid_to__gt=moment), valid_from__lte=moment)
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for pool_id, item, micro in valid.order_by("valid_from").values_list("pool_id", "item", "micro_yuan"):
        found[pool_id][item] = micro
    return found


def _latencies() -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one, other, round_trip_us in RegionLink.objects.values_list("one_id", "other_id", "round_trip_us"):
        found[one][other] = round_trip_us
        found[other][one] = round_trip_us
    return found


def _milli(share: Decimal | None) -> int | None:
    return None if share is None else int(share * 1000)
