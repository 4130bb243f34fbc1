"""Where a job runs, and why. Pure and deterministic: the same inputs give the same ranking, to the last digit.

Hard filters first, every one of them with its reasons; then a weighted sum of four terms (price, expected start,
latency, carbon), each divided by the worst value among the fitting pools. A figure that is not known counts as the
worst. Reasons and terms are codes with facts; compute/explanations.py turns them into sentences.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .job_spec import JobSpec
from .offers import Amount, Offer, VoucherTerms, carbon_mg, cost_of, expected_wait_s, need_of, own_part

PPM = 1_000_000
# Reasons that pass by themselves: a cluster with only these is waited for, not ruled out.
PASSING = frozenset({"offline", "draining"})
_LEVELS = ("L0", "L1", "L2", "L3", "L4")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decides for everybody. Change a number, change the version."""

    name: str = "balanced"
    version: int = 1
    least_isolation: str = "L1"
    """Jobs of strangers share a machine: below this level a cluster gets none."""
    silent_after_s: int = 60
    cpu_w: int = 10
    """Nominal watts of one busy CPU, for the carbon estimate of jobs without cards."""

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"


BALANCED = Policy()


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a score. `value` in the unit that the name says (None: not known); `relative_ppm` is the value
    divided by the worst among the fitting pools; `weight` in thousandths."""

    name: str
    value: int | None
    relative_ppm: int
    weight: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A pool where the job fits. `score` is 0 (worst) to 1,000,000 (best)."""

    offer: Offer
    score: int
    cost_micro: int
    own_micro: int
    terms: tuple[Term, ...]
    reasons: tuple[Reason, ...] = ()
    """Empty, or what must pass by before it can run here."""


@dataclass(frozen=True, slots=True)
class Rejected:
    cluster_id: uuid.UUID
    slug: str
    cluster_name: str
    pool: str
    reasons: tuple[Reason, ...]
    cluster_name_en: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """`best_first`: one entry per fitting cluster, its best pool. `later`: fits, but for reasons that pass by."""

    policy: str
    best_first: tuple[Ranked, ...]
    later: tuple[Ranked, ...]
    rejected: tuple[Rejected, ...]


def rank_clusters(
    spec: JobSpec,
    offers: Sequence[Offer],
    policy: Policy = BALANCED,
    *,
    limit_micro: int | None = None,
    voucher: VoucherTerms | None = None,
) -> Ranking:
    """Ranks the pools for one job.

    `limit_micro` is what the job may cost at most (its budget, or what was held for it), in micro-yuan.
    """
    misfits = {offer.pool_id: tuple(_misfits(spec, offer, policy, limit_micro)) for offer in offers}
    fitting = [o for o in offers if all(reason.code in PASSING for reason in misfits[o.pool_id])]
    ranked = _score(spec, fitting, policy, voucher, misfits)
    best: dict[uuid.UUID, Ranked] = {}
    for entry in ranked:
        best.setdefault(entry.offer.cluster_id, entry)
    rejected: dict[uuid.UUID, Rejected] = {}
    for offer in sorted(offers, key=lambda o: (o.slug, len(misfits[o.pool_id]), o.pool)):
        if offer.cluster_id not in best and offer.cluster_id not in rejected:
            rejected[offer.cluster_id] = Rejected(
                offer.cluster_id,
                offer.slug,
                offer.cluster_name,
                offer.pool,
                misfits[offer.pool_id],
                offer.cluster_name_en,
            )
    return Ranking(
        policy=policy.label,
        best_first=tuple(entry for entry in best.values() if not entry.reasons),
        later=tuple(entry for entry in best.values() if entry.reasons),
        rejected=tuple(rejected.values()),
    )


def _misfits(spec: JobSpec, offer: Offer, policy: Policy, limit_micro: int | None) -> Iterator[Reason]:
    """Everything that speaks against running `spec` in this pool."""
    yield from _state_misfits(offer, policy)
    yield from _card_misfits(spec, offer)
    yield from _node_misfits(spec, offer)
    yield from _place_misfits(spec, offer)
    if spec.image and not offer.images:
        yield Reason("no_images")
    if spec.network and not offer.network:
        yield Reason("no_network")
    cost = cost_of(spec, offer)
    if cost is None:
        # A pool without cards has no price for them either; the first reason says it all.
        if not spec.resources.cards or offer.node.cards:
            yield Reason("no_price")
    elif limit_micro is not None and cost > limit_micro:
        yield Reason("over_budget", {"cost_micro": cost, "limit_micro": limit_micro})


def _state_misfits(offer: Offer, policy: Policy) -> Iterator[Reason]:
    if not offer.can_run or offer.state == "announced":
        yield Reason("planned_only")
        return
    if offer.state == "retired":
        yield Reason("retired")
    elif offer.state == "draining":
        yield Reason("draining")
    elif offer.state == "offline" or offer.silent_s > policy.silent_after_s:
        yield Reason("offline", {"silent_s": offer.silent_s})
    if _LEVELS.index(offer.isolation or "L0") < _LEVELS.index(policy.least_isolation):
        yield Reason("isolation_too_low", {"has": offer.isolation or "L0", "needs": policy.least_isolation})


def _card_misfits(spec: JobSpec, offer: Offer) -> Iterator[Reason]:
    r, card = spec.resources, offer.card
    if not r.cards:
        return
    if card is None or not offer.node.cards:
        yield Reason("no_cards")
        return
    if r.cards > offer.node.cards:
        yield Reason("too_few_cards", {"has": offer.node.cards, "needs": r.cards})
    if r.vendors and card.vendor.casefold() not in {vendor.casefold() for vendor in r.vendors}:
        yield Reason("wrong_vendor", {"has": card.vendor, "needs": list(r.vendors)})
    if r.stacks and card.stack.casefold() not in {stack.casefold() for stack in r.stacks}:
        yield Reason("wrong_stack", {"has": card.stack, "needs": list(r.stacks)})
    if r.domestic_only and not card.domestic:
        yield Reason("not_domestic", {"has": f"{card.vendor} {card.model}"})
    if r.memory_per_card_gib and (card.memory_gib or 0) < r.memory_per_card_gib:
        yield Reason("card_memory_too_small", {"has": card.memory_gib, "needs": r.memory_per_card_gib})


def _node_misfits(spec: JobSpec, offer: Offer) -> Iterator[Reason]:
    r = spec.resources
    if r.cpus > offer.node.cpus:
        yield Reason("too_few_cpus", {"has": offer.node.cpus, "needs": r.cpus})
    if r.memory_mib > offer.node.memory_mib:
        yield Reason("too_little_memory", {"has": offer.node.memory_mib, "needs": r.memory_mib})
    if r.nodes > offer.nodes:
        yield Reason("too_few_nodes", {"has": offer.nodes, "needs": r.nodes})


def _place_misfits(spec: JobSpec, offer: Offer) -> Iterator[Reason]:
    if spec.data_location and offer.region not in spec.data_location:
        yield Reason("data_must_stay", {"has": offer.region, "needs": list(spec.data_location)})
    if spec.near is not None and spec.near.max_latency_us:
        latency = offer.latency_to(spec.near.region)
        facts = {"region": spec.near.region, "limit_us": spec.near.max_latency_us, "has_us": latency}
        if latency is None:
            yield Reason("latency_unknown", facts)
        elif latency > spec.near.max_latency_us:
            yield Reason("too_far", facts)


def _score(
    spec: JobSpec,
    fitting: Sequence[Offer],
    policy: Policy,
    voucher: VoucherTerms | None,
    misfits: Mapping[uuid.UUID, tuple[Reason, ...]],
) -> list[Ranked]:
    need: Amount = need_of(spec)
    weights = {"price": spec.weights.price, "start": spec.weights.start, "green": spec.weights.green}
    if spec.near is not None:
        weights["latency"] = spec.weights.latency
    values: dict[uuid.UUID, dict[str, int | None]] = {}
    costs: dict[uuid.UUID, int] = {}
    for offer in fitting:
        cost = cost_of(spec, offer) or 0
        costs[offer.pool_id] = cost
        values[offer.pool_id] = {
            "price": own_part(cost, voucher),
            "start": expected_wait_s(offer, need),
            "latency": offer.latency_to(spec.near.region) if spec.near else None,
            "green": carbon_mg(spec, offer, cpu_w=policy.cpu_w),
        }
    worst = {name: max((v[name] or 0 for v in values.values()), default=0) for name in weights}
    ranked = []
    for offer in fitting:
        terms = tuple(
            Term(name, value := values[offer.pool_id][name], _relative(value, worst[name]), weight)
            for name, weight in sorted(weights.items())
        )
        ranked.append(
            Ranked(
                offer=offer,
                score=PPM - sum(t.relative_ppm * t.weight for t in terms) // max(sum(weights.values()), 1),
                cost_micro=costs[offer.pool_id],
                own_micro=values[offer.pool_id]["price"] or 0,
                terms=terms,
                reasons=misfits[offer.pool_id],
            )
        )
    return sorted(ranked, key=lambda r: (bool(r.reasons), -r.score, r.own_micro, r.offer.slug, r.offer.pool))


def _relative(value: int | None, worst: int) -> int:
    if value is None:
        return PPM
    return value * PPM // worst if worst else 0


def reasons_against(ranking: Ranking) -> tuple[Reason, ...]:
    """Every reason that ruled a cluster out, each code once: the short answer to "why nowhere?"."""
    seen: dict[str, Reason] = {}
    for rejected in ranking.rejected:
        for reason in rejected.reasons:
            seen.setdefault(reason.code, reason)
    return tuple(seen.values())
