"""Where jobs go, and why not elsewhere."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.compute.rules.job_spec import JobSpec, Near, Resources, Weights
from qianhang.compute.rules.offers import (
    Amount,
    Card,
    Ending,
    Offer,
    VoucherTerms,
    carbon_mg,
    cost_of,
    expected_wait_s,
    own_part,
)
from qianhang.compute.rules.placement import BALANCED, rank_clusters, reasons_against

YUAN = 1_000_000
ASCEND = Card(vendor="Huawei", model="Ascend 910B", stack="CANN", domestic=True, memory_gib=64, power_w=400)
HOUR = JobSpec(name="job", command="x", time_limit_s=3600, resources=Resources(cpus=2, memory_mib=2048))
CARDS = replace(HOUR, resources=Resources(cards=2, cpus=2, memory_mib=2048))


def offer(slug: str = "a", **facts) -> Offer:
    """A healthy, priced pool of 4 nodes with 8 CPUs, 16 GiB and 4 cards each."""
    base = Offer(
        cluster_id=uuid.uuid5(uuid.NAMESPACE_DNS, slug),
        slug=slug,
        cluster_name=slug.upper(),
        supplier_id=uuid.UUID(int=1),
        pool_id=uuid.uuid5(uuid.NAMESPACE_DNS, f"{slug}/{facts.get('pool', 'main')}"),
        pool="main",
        region="changchun",
        state="active",
        nodes=4,
        node=Amount(cards=4, cpus=8, memory_mib=16_384),
        isolation="L2",
        card=ASCEND,
        card_hour_micro=10 * YUAN,
        cpu_hour_micro=YUAN,
        pue_milli=1200,
        green_milli=500,
        grid_g_per_kwh=600,
        latency_us={"jilin": 3000},
    )
    return replace(base, **facts)


def reasons(spec: JobSpec, **facts) -> list[tuple[str, dict]]:
    ranking = rank_clusters(spec, [offer(**facts)])
    entries = [*ranking.rejected, *ranking.later, *ranking.best_first]
    return [(reason.code, dict(reason.facts)) for reason in entries[0].reasons]


@pytest.mark.parametrize(
    ("spec", "facts", "expected"),
    [
        (HOUR, {"can_run": False}, ("planned_only", {})),
        (HOUR, {"state": "announced"}, ("planned_only", {})),
        (HOUR, {"state": "retired"}, ("retired", {})),
        (HOUR, {"isolation": "L0"}, ("isolation_too_low", {"has": "L0", "needs": "L1"})),
        (HOUR, {"isolation": ""}, ("isolation_too_low", {"has": "L0", "needs": "L1"})),
        (CARDS, {"card": None, "card_hour_micro": None, "node": Amount(0, 8, 16_384)}, ("no_cards", {})),
        (CARDS, {"node": Amount(1, 8, 16_384)}, ("too_few_cards", {"has": 1, "needs": 2})),
        (
            replace(HOUR, resources=Resources(cards=1, vendors=("NVIDIA",))),
            {},
            ("wrong_vendor", {"has": "Huawei", "needs": ["NVIDIA"]}),
        ),
        (
            replace(HOUR, resources=Resources(cards=1, stacks=("CUDA",))),
            {},
            ("wrong_stack", {"has": "CANN", "needs": ["CUDA"]}),
        ),
        (
            replace(HOUR, resources=Resources(cards=1, domestic_only=True)),
            {"card": replace(ASCEND, domestic=False)},
            ("not_domestic", {"has": "Huawei Ascend 910B"}),
        ),
        (
            replace(HOUR, resources=Resources(cards=1, memory_per_card_gib=80)),
            {},
            ("card_memory_too_small", {"has": 64, "needs": 80}),
        ),
        (
            replace(HOUR, resources=Resources(cards=1, memory_per_card_gib=1)),
            {"card": replace(ASCEND, memory_gib=None)},
            ("card_memory_too_small", {"has": None, "needs": 1}),
        ),
        (replace(HOUR, resources=Resources(cpus=9)), {}, ("too_few_cpus", {"has": 8, "needs": 9})),
        (
            replace(HOUR, resources=Resources(memory_mib=16_385)),
            {},
            ("too_little_memory", {"has": 16_384, "needs": 16_385}),
        ),
        (replace(HOUR, resources=Resources(nodes=5)), {}, ("too_few_nodes", {"has": 4, "needs": 5})),
        (
            replace(HOUR, data_location=("jilin",)),
            {},
            ("data_must_stay", {"has": "changchun", "needs": ["jilin"]}),
        ),
        (
            replace(HOUR, near=Near("jilin", 2999)),
            {},
            ("too_far", {"region": "jilin", "limit_us": 2999, "has_us": 3000}),
        ),
        (
            replace(HOUR, near=Near("yanbian", 1)),
            {},
            ("latency_unknown", {"region": "yanbian", "limit_us": 1, "has_us": None}),
        ),
        (replace(HOUR, image="x:1"), {}, ("no_images", {})),
        (replace(HOUR, network=True), {}, ("no_network", {})),
        (HOUR, {"cpu_hour_micro": None}, ("no_price", {})),
        (CARDS, {"card_hour_micro": None}, ("no_price", {})),
    ],
)
def test_a_misfit_is_rejected_with_its_reason(spec, facts, expected):
    assert reasons(spec, **facts) == [expected]
    assert rank_clusters(spec, [offer(**facts)]).best_first == ()


def test_a_vendor_is_matched_whatever_its_letters_case():
    assert reasons(replace(HOUR, resources=Resources(cards=1, vendors=("huawei",)))) == []


def test_a_cluster_over_budget_says_what_it_would_cost():
    ranking = rank_clusters(HOUR, [offer()], limit_micro=2 * YUAN - 1)
    assert ranking.rejected[0].reasons[0].facts == {"cost_micro": 2 * YUAN, "limit_micro": 2 * YUAN - 1}
    assert rank_clusters(HOUR, [offer()], limit_micro=2 * YUAN).rejected == ()


def test_every_reason_is_given_not_only_the_first():
    spec = replace(HOUR, network=True, image="x", resources=Resources(cpus=99))
    assert [code for code, _facts in reasons(spec)] == ["too_few_cpus", "no_images", "no_network"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"state": "offline"}, "offline"), ({"silent_s": 61}, "offline"), ({"state": "draining"}, "draining")],
)
def test_a_cluster_that_will_come_back_is_waited_for(facts, code):
    ranking = rank_clusters(HOUR, [offer(**facts)])
    assert (ranking.best_first, ranking.rejected) == ((), ())
    assert [reason.code for reason in ranking.later[0].reasons] == [code]


def test_a_planned_cluster_never_gets_a_job_however_cheap():
    ranking = rank_clusters(HOUR, [offer("dear"), offer("plan", can_run=False, cpu_hour_micro=0)])
    assert [entry.offer.slug for entry in ranking.best_first] == ["dear"]
    assert [(entry.slug, entry.reasons[0].code) for entry in ranking.rejected] == [("plan", "planned_only")]


def test_the_cheapest_of_two_alike_is_best():
    ranking = rank_clusters(HOUR, [offer("a", cpu_hour_micro=2 * YUAN), offer("b", cpu_hour_micro=YUAN)])
    assert [(entry.offer.slug, entry.cost_micro) for entry in ranking.best_first] == [("b", 2 * YUAN), ("a", 4 * YUAN)]
    price = next(term for term in ranking.best_first[0].terms if term.name == "price")
    assert (price.value, price.relative_ppm, price.weight) == (2 * YUAN, 500_000, 1000)


def test_a_weight_decides_between_price_and_start():
    full = {"used": Amount(0, 32, 0), "endings": (Ending(600, Amount(0, 32, 0)),)}
    offers = [offer("cheap", **full), offer("free", cpu_hour_micro=2 * YUAN)]
    hurry = rank_clusters(replace(HOUR, weights=Weights(price=100, start=1000)), offers)
    thrift = rank_clusters(replace(HOUR, weights=Weights(price=1000, start=100)), offers)
    assert [hurry.best_first[0].offer.slug, thrift.best_first[0].offer.slug] == ["free", "cheap"]


def test_latency_counts_only_when_the_job_names_a_region():
    offers = [offer("near", region="jilin"), offer("far", cpu_hour_micro=YUAN - 1000)]
    assert rank_clusters(HOUR, offers).best_first[0].offer.slug == "far"
    near = replace(HOUR, near=Near("jilin"))
    best = rank_clusters(near, offers).best_first[0]
    assert best.offer.slug == "near"
    assert {term.name: term.value for term in best.terms}["latency"] == 0


def test_an_unknown_figure_counts_as_the_worst():
    ranking = rank_clusters(HOUR, [offer("known"), offer("unknown", pue_milli=None)])
    green = {e.offer.slug: next(t for t in e.terms if t.name == "green") for e in ranking.best_first}
    assert (green["unknown"].value, green["unknown"].relative_ppm) == (None, 1_000_000)
    assert ranking.best_first[0].offer.slug == "known"


def test_only_the_best_pool_of_a_cluster_is_listed():
    ranking = rank_clusters(HOUR, [offer("a", pool="dear", cpu_hour_micro=9 * YUAN), offer("a", pool="cheap")])
    assert [(entry.offer.slug, entry.offer.pool) for entry in ranking.best_first] == [("a", "cheap")]


def test_equals_are_ordered_by_name_whatever_the_order_of_the_offers():
    offers = [offer("c"), offer("a"), offer("b")]
    assert [e.offer.slug for e in rank_clusters(HOUR, offers).best_first] == ["a", "b", "c"]


def test_a_voucher_lowers_the_price_term_by_its_share():
    ranking = rank_clusters(HOUR, [offer()], voucher=VoucherTerms(share_ppm=500_000, available_micro=100 * YUAN))
    assert (ranking.best_first[0].cost_micro, ranking.best_first[0].own_micro) == (2 * YUAN, YUAN)


def test_a_voucher_pays_no_more_than_it_has():
    assert own_part(10 * YUAN, VoucherTerms(share_ppm=500_000, available_micro=3 * YUAN)) == 7 * YUAN
    assert own_part(10 * YUAN, VoucherTerms(share_ppm=500_000, available_micro=-1)) == 10 * YUAN


def test_a_card_job_pays_cards_and_priced_cpus():
    assert cost_of(CARDS, offer()) == 2 * 10 * YUAN + 2 * YUAN
    assert cost_of(CARDS, offer(cpu_hour_micro=None)) == 20 * YUAN


def test_carbon_is_energy_times_pue_times_grid_times_the_brown_share():
    # 2 cards of 400 W and 2 CPUs of 10 W for an hour: 0.82 kWh x 1.2 x 600 g x 0.5 = 295.2 g.
    assert carbon_mg(CARDS, offer(), cpu_w=BALANCED.cpu_w) == 295_200


def test_the_wait_is_until_enough_running_jobs_have_ended():
    busy = offer(used=Amount(0, 30, 0), endings=(Ending(500, Amount(0, 4, 0)), Ending(100, Amount(0, 2, 0))))
    assert expected_wait_s(busy, Amount(0, 2, 0)) == 0
    assert expected_wait_s(busy, Amount(0, 4, 0)) == 100
    assert expected_wait_s(busy, Amount(0, 8, 0)) == 500


def test_who_waits_before_me_closes_the_pool_for_what_he_needs():
    waiting = offer(nodes=1, used=Amount(4, 2, 0), queued=Amount(4, 2, 1024), endings=(Ending(50, Amount(4, 2, 0)),))
    assert expected_wait_s(waiting, Amount(1, 1, 64)) > 0
    # A job without cards takes nothing from one that waits for cards: its CPUs were set aside.
    assert expected_wait_s(waiting, Amount(0, 4, 64)) == 0
    assert expected_wait_s(waiting, Amount(0, 5, 64)) > 0


def test_why_nowhere_names_each_code_once():
    offers = [offer(name, cpu_hour_micro=None) for name in "abc"] + [offer("d", can_run=False)]
    assert [reason.code for reason in reasons_against(rank_clusters(HOUR, offers))] == ["no_price", "planned_only"]


prices = st.none() | st.integers(0, 100 * YUAN)
fleets = st.lists(
    st.builds(
        offer,
        slug=st.sampled_from("abcdefgh"),
        state=st.sampled_from(["active", "draining", "offline", "announced"]),
        cpu_hour_micro=prices,
        card_hour_micro=prices,
        pue_milli=st.none() | st.integers(1000, 3000),
        nodes=st.integers(0, 3),
        used=st.builds(Amount, cpus=st.integers(0, 40)),
        silent_s=st.integers(0, 120),
    ),
    max_size=8,
    unique_by=lambda o: o.slug,
)


@given(fleets, st.randoms(use_true_random=False), st.none() | st.integers(0, 10 * YUAN))
def test_a_ranking_accounts_for_every_cluster_once_and_does_not_depend_on_order(fleet, random, limit):
    ranking = rank_clusters(HOUR, fleet, limit_micro=limit)
    listed = [e.offer.slug for e in (*ranking.best_first, *ranking.later)] + [e.slug for e in ranking.rejected]
    assert sorted(listed) == sorted(o.slug for o in fleet)
    assert all(0 <= entry.score <= 1_000_000 for entry in ranking.best_first)
    assert all(limit is None or entry.cost_micro <= limit for entry in ranking.best_first)
    assert all(rejected.reasons for rejected in ranking.rejected)
    shuffled = random.sample(fleet, len(fleet))
    assert rank_clusters(HOUR, shuffled, limit_micro=limit) == ranking
