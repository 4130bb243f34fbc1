"""A ranking as it is stored: codes and facts, so that it can be shown in any language later."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .rules.offers import Offer
from .rules.placement import Ranked, Ranking, Reason, Rejected


def ranked_record(ranked: Ranked) -> dict[str, Any]:
    """A fitting pool with its prices, which stay the run's prices, and the terms of its score."""
    offer = ranked.offer
    return {
        "cluster_id": str(offer.cluster_id),
        "cluster": offer.slug,
        "cluster_name": offer.cluster_name,
        "cluster_name_en": offer.cluster_name_en,
        "pool_id": str(offer.pool_id),
        "pool": offer.pool,
        "supplier_id": str(offer.supplier_id),
        "region": offer.region,
        "isolation": offer.isolation,
        "score_ppm": ranked.score,
        "cost_micro": ranked.cost_micro,
        "own_micro": ranked.own_micro,
        "card_hour_micro": offer.card_hour_micro,
        "cpu_hour_micro": offer.cpu_hour_micro,
        "terms": [
            {
                "name": term.name,
                "value": term.value,
                "relative_ppm": term.relative_ppm,
                "weight_milli": term.weight,
            }
            for term in ranked.terms
        ],
        "reasons": [reason_record(reason) for reason in ranked.reasons],
    }


def rejected_record(rejected: Rejected) -> dict[str, Any]:
    return {
        "cluster_id": str(rejected.cluster_id),
        "cluster": rejected.slug,
        "cluster_name": rejected.cluster_name,
        "cluster_name_en": rejected.cluster_name_en,
        "pool": rejected.pool,
        "reasons": [reason_record(reason) for reason in rejected.reasons],
    }


def reason_record(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def ranking_record(ranking: Ranking) -> dict[str, Any]:
    return {
        "policy": ranking.policy,
        "fitting": [ranked_record(entry) for entry in (*ranking.best_first, *ranking.later)],
        "rejected": [rejected_record(entry) for entry in ranking.rejected],
    }


def with_quoted_prices(offers: Sequence[Offer], quote: Mapping[str, Any]) -> list[Offer]:
    """The offers with the prices that were quoted to this job: a price that rises later does not reach it."""
    quoted = {entry["pool_id"]: entry for entry in quote.get("fitting", ())}
    return [
        replace(
            offer,
            card_hour_micro=quoted[str(offer.pool_id)]["card_hour_micro"],
            cpu_hour_micro=quoted[str(offer.pool_id)]["cpu_hour_micro"],
        )
        if str(offer.pool_id) in quoted
        else offer
        for offer in offers
    ]
