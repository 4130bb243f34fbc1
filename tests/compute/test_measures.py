"""What compute counts for the scoreboard, exactly, and that each number opens to what it counted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from qianhang.compute.models import Accelerator, Cluster, Job, NodePool, Region, Run
from qianhang.compute.queries.measures import MEASURES
from qianhang.core.clock import now
from qianhang.core.people.models import Organisation

from .conftest import World

D = Decimal
BY_CODE = {measure.code: measure for measure in MEASURES}


def count(code: str, *, ago: timedelta = timedelta(0)) -> Decimal | None:
    return BY_CODE[code].count(now() - ago).value


def card(model: str, gflops: int | None, *, domestic: bool, watts: int | None) -> Accelerator:
    return Accelerator.objects.create(
        vendor="Test", model=model, fp16_dense_gflops=gflops, domestic=domestic, power_w=watts, evidence="vendor"
    )


def pool(of: Organisation, slug: str, accelerator: Accelerator | None, *, state: str, nodes: int, **facts) -> NodePool:
    cluster = Cluster.objects.create(
        organisation=of, slug=slug, name=slug, connector="planning", state=state,
        region=Region.objects.get(code="changchun"), **facts,
    )  # fmt: skip
    return NodePool.objects.create(
        cluster=cluster, name="p", nodes=nodes, cpus_per_node=10, memory_mib_per_node=1024,
        accelerator=accelerator, cards_per_node=8 if accelerator else 0,
    )  # fmt: skip


@pytest.fixture
def fleet(world: World) -> dict[str, NodePool]:
    home, abroad = card("home", 300_000, domestic=True, watts=400), card("abroad", 1_000_000, domestic=False, watts=800)
    unknown = card("unknown", None, domestic=True, watts=None)
    return {
        "home": pool(world.supplier, "home", home, state="active", nodes=10, pue=D("1.2"), green_share=D("0.5")),
        "abroad": pool(world.supplier, "abroad", abroad, state="draining", nodes=5, pue=D("1.4")),
        "unknown": pool(world.supplier, "unknown", unknown, state="active", nodes=3, pue=D("3")),
        "cpu": pool(world.supplier, "cpu", None, state="active", nodes=2, green_share=D(1)),
        "announced": pool(world.supplier, "announced", home, state="announced", nodes=1000),
    }


def run(world: World, of: Organisation, where: NodePool, *, state: str, cards: int = 0, cpus: int = 1) -> Run:
    moment = now() - timedelta(hours=1)
    job = Job.objects.create(
        organisation=of, name="secret name", spec={}, state=state, time_limit_s=60, budget_micro=0, cards=cards,
        cpus=cpus, ended_at=moment if state == "succeeded" else None,
    )  # fmt: skip
    return Run.objects.create(
        job=job, attempt=1, cluster=where.cluster, pool=where, state=state, started_at=moment - timedelta(minutes=5)
    )


def test_only_built_clusters_with_known_cards_make_up_the_fleet(fleet):
    # 80 cards of 0.3 and 40 of 1 PFLOPS; what is announced or of unknown make is not counted.
    assert count("compute.fleet_pflops") == D(24) + D(40)
    assert count("compute.domestic_pflops") == D(24)
    assert count("compute.domestic_share") == D("37.5")
    assert count("compute.clusters") == 4


def test_pue_and_green_power_weigh_what_the_cards_weigh(fleet):
    # Both draw 32 kW; the one that states no green share does not weigh in its mean.
    assert count("compute.pue") == D("1.3")
    assert count("compute.green_share") == D(50)


def test_an_empty_fleet_says_nothing_about_shares(world):
    assert [count(f"compute.{code}") for code in ("pue", "green_share", "domestic_share", "card_utilisation")] == [
        None, None, None, None,
    ]  # fmt: skip
    assert count("compute.fleet_pflops") == 0


def test_use_is_what_unfinished_runs_hold_of_the_built_fleet(world, fleet):
    run(world, world.firm, fleet["home"], state="running", cards=36, cpus=40)
    run(world, world.firm, fleet["home"], state="succeeded", cards=80, cpus=80)
    # 144 cards: 80 + 40 + 24; 200 CPUs: 100 + 50 + 30 + 20.
    assert count("compute.card_utilisation") == D(25)
    assert count("compute.cpu_utilisation") == D(20)


def test_jobs_and_their_organisations_are_counted_by_the_moment_and_open_to_the_job(world, fleet):
    first = run(world, world.firm, fleet["home"], state="succeeded")
    run(world, world.firm, fleet["home"], state="succeeded")
    run(world, world.other_firm, fleet["home"], state="failed")
    assert (count("compute.jobs_finished"), count("compute.users_served")) == (2, 2)
    earlier = timedelta(hours=2)
    assert (count("compute.jobs_finished", ago=earlier), count("compute.users_served", ago=earlier)) == (0, 0)
    rows = BY_CODE["compute.jobs_finished"].evidence(world.official, now(), 10)
    assert {row.kind for row in rows} == {"job"}
    assert str(first.job_id) in {row.reference for row in rows}
    # What a job is called is its owner's business.
    assert all("secret" not in row.label for row in rows)
    assert [row.value for row in BY_CODE["compute.users_served"].evidence(world.official, now(), 1)] == [1]


def test_evidence_is_scoped_to_who_asks(world, fleet):
    run(world, world.firm, fleet["home"], state="succeeded")
    for measure in MEASURES:
        rows = measure.evidence(world.stranger, now(), 10)
        assert all(row.kind == "cluster" for row in rows), measure.code


def test_every_measure_answers_in_a_fixed_number_of_questions(world, fleet, django_assert_max_num_queries):
    for measure in MEASURES:
        with django_assert_max_num_queries(2):
            measure.count(now())
