"""What placement decides on: the pools of the fleet as they are now, and what a job could pay with."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from qianhang.funding.rules.rating import QuoteLine, quote_cost
from qianhang.funding.rules.split import split_charge

from .job_spec import JobSpec

MS = 1000


@dataclass(frozen=True, slots=True)
class Amount:
    """Resources of a job or a pool, on all nodes together. Memory in MiB."""

    cards: int = 0
    cpus: int = 0
    memory_mib: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.cards + other.cards, self.cpus + other.cpus, self.memory_mib + other.memory_mib)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.cards - other.cards, self.cpus - other.cpus, self.memory_mib - other.memory_mib)

    def holds(self, need: "Amount") -> bool:
        """Whether `need` fits. What is not needed does not count: a job without cards may pass one that waits for
        cards, because what that one needs of the rest was taken off before."""
        return all(
            wanted == 0 or there >= wanted
            for there, wanted in (
                (self.cards, need.cards),
                (self.cpus, need.cpus),
                (self.memory_mib, need.memory_mib),
            )
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """A running job's resources, and in how many seconds its time limit gives them back at the latest."""

    in_s: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Card:
    vendor: str
    model: str
    stack: str
    domestic: bool
    memory_gib: int | None
    power_w: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One node pool of one cluster. Prices in micro-yuan per hour; None: no price is set. Shares in thousandths."""

    cluster_id: uuid.UUID
    slug: str
    cluster_name: str
    supplier_id: uuid.UUID
    pool_id: uuid.UUID
    pool: str
    region: str
    state: str
    nodes: int
    node: Amount
    """What one node has."""
    cluster_name_en: str = ""
    can_run: bool = True
    """False for a cluster that is announced but not built."""
    images: bool = False
    network: bool = False
    isolation: str = ""
    silent_s: int = 0
    """Seconds since the cluster was last heard."""
    card: Card | None = None
    card_hour_micro: int | None = None
    cpu_hour_micro: int | None = None
    pue_milli: int | None = None
    green_milli: int | None = None
    grid_g_per_kwh: int | None = None
    used: Amount = Amount()
    endings: tuple[Ending, ...] = ()
    queued: Amount = Amount()
    """What earlier jobs wait for in this pool."""
    latency_us: Mapping[str, int] = field(default_factory=dict)
    """Round-trip time to other regions."""

    @property
    def total(self) -> Amount:
        return Amount(self.node.cards * self.nodes, self.node.cpus * self.nodes, self.node.memory_mib * self.nodes)

    @property
    def free(self) -> Amount:
        return self.total - self.used

    def latency_to(self, region: str) -> int | None:
        return 0 if region == self.region else self.latency_us.get(region)


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What a voucher would pay: its share in millionths, and what is left on it in micro-yuan."""

    share_ppm: int
    available_micro: int


def need_of(spec: JobSpec) -> Amount:
    return Amount(spec.total_cards, spec.total_cpus, spec.total_memory_mib)


def quote_lines(spec: JobSpec, offer: Offer) -> list[QuoteLine] | None:
    """The priced items of the whole time limit, or None if the pool has no price for what the job needs.

    A job with cards needs a card price; CPUs are then charged only if the pool prices them too. A job without cards
    needs a CPU price.
    """
    ms = spec.time_limit_s * MS
    lines = []
    if spec.total_cards:
        if offer.card_hour_micro is None:
            return None
        lines.append(QuoteLine("card_hour", spec.total_cards * ms, offer.card_hour_micro))
    elif offer.cpu_hour_micro is None:
        return None
    if offer.cpu_hour_micro is not None:
        lines.append(QuoteLine("cpu_hour", spec.total_cpus * ms, offer.cpu_hour_micro))
    return lines


def cost_of(spec: JobSpec, offer: Offer) -> int | None:
    """What to set aside for the whole time limit, in micro-yuan, rounded up to a whole fen; None without a price."""
    lines = quote_lines(spec, offer)
    return None if lines is None else quote_cost(lines)


def own_part(cost_micro: int, voucher: VoucherTerms | None) -> int:
    """What the wallet pays of a cost, in micro-yuan."""
    if voucher is None:
        return cost_micro
    return split_charge(
        total_micro=cost_micro,
        share_ppm=voucher.share_ppm,
        voucher_limit_micro=max(voucher.available_micro, 0),
    ).wallet_micro


def expected_wait_s(offer: Offer, need: Amount) -> int:
    """Seconds until `need` is free at the latest, if running jobs use their whole time limit and earlier waiting
    jobs go first; 0 when there is room now."""
    room = offer.free - offer.queued
    if room.holds(need):
        return 0
    wait = 0
    for ending in sorted(offer.endings, key=lambda e: e.in_s):
        room, wait = room + ending.amount, max(ending.in_s, 1)
        if room.holds(need):
            return wait
    # Earlier jobs' own time is not known here; what is left of the current ones is the honest lower bound.
    return max(wait, 1)


def energy_mj(spec: JobSpec, offer: Offer, *, cpu_w: int) -> int | None:
    """Millijoules of IT energy for the whole time limit at nominal power; None if a card's power is not known."""
    if spec.total_cards and (offer.card is None or offer.card.power_w is None):
        return None
    card_w = spec.total_cards * (offer.card.power_w or 0) if offer.card else 0
    return (card_w + spec.total_cpus * cpu_w) * spec.time_limit_s * 1000


def carbon_mg(spec: JobSpec, offer: Offer, *, cpu_w: int) -> int | None:
    """Milligrams of CO2: IT energy x PUE x grid intensity x (1 - green share); None if a factor is not known."""
    energy = energy_mj(spec, offer, cpu_w=cpu_w)
    if energy is None or offer.pue_milli is None or offer.grid_g_per_kwh is None:
        return None
    brown = 1000 - (offer.green_milli or 0)
    # mJ / 3.6e9 = kWh; x PUE/1000 x g/kWh x brown/1000 x 1000 mg/g.
    return energy * offer.pue_milli * offer.grid_g_per_kwh * brown // (3_600_000_000 * 1000)
