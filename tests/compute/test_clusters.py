"""Clusters, their prices and their cards: what suppliers may say, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from qianhang.compute import queries, services
from qianhang.compute.errors import ClusterBusy, ClusterStateRefused, NoClusterFits, PricePeriodsOverlap, SparseFigure
from qianhang.compute.identity import WORKER
from qianhang.compute.models import Accelerator, Cluster, NodePool, Price
from qianhang.core.access import Actor
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated

from .conftest import SYSTEM, command

pytestmark = pytest.mark.django_db(transaction=True)

PLANNED = [{"name": "a", "nodes": 10, "cpus_per_node": 64, "memory_mib_per_node": 262_144}]


def register(world, **facts) -> Cluster:
    facts = {"slug": "mine", "name": "Mine", "region": "changchun", "connector": "local"} | facts
    return services.register_cluster(actor=world.seller, organisation_id=world.supplier.id, **facts)


def test_a_registered_cluster_brings_its_inventory_and_its_isolation(world, runs_dir):
    cluster = register(world)
    pool = cluster.pools.get()
    assert (cluster.state, pool.nodes, cluster.isolation in {"L0", "L1", "L2"}) == ("active", 1, True)
    assert pool.cpus_per_node > 0
    assert cluster.heartbeat_at is not None
    assert register(world).id == cluster.id
    assert AuditEntry.objects.filter(action="cluster.registered").count() == 1


@pytest.mark.parametrize(("language", "region"), [("en", "Changchun"), ("zh-hans", "长春")])
def test_a_cluster_names_its_region_in_the_readers_language(world, runs_dir, language, region):
    cluster = register(world)
    with translation.override(language):
        assert queries.cluster(actor=world.seller, slug=cluster.slug).region_name == region


def test_nobody_registers_a_cluster_for_somebody_else(world, runs_dir):
    with pytest.raises(NotFound):
        services.register_cluster(
            actor=world.seller, organisation_id=world.firm.id, slug="x", name="X", region="changchun", connector="local"
        )
    with pytest.raises(Forbidden):
        services.register_cluster(
            actor=world.developer,
            organisation_id=world.firm.id,
            slug="x",
            name="X",
            region="changchun",
            connector="local",
        )
    assert Cluster.objects.count() == 0


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"region": "atlantis"}, "region"),
        ({"connector": "magic"}, "connector"),
        ({"connector": "planning"}, "connector"),
        ({"pue": Decimal("0.9")}, "pue"),
        ({"green_share": Decimal("1.1")}, "green_share"),
    ],
)
def test_a_bad_fact_is_named_and_nothing_is_registered(world, runs_dir, facts, path):
    with pytest.raises(InvalidInput) as refused:
        register(world, **facts)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert Cluster.objects.count() == 0


def test_an_announced_cluster_is_on_the_map_and_never_gets_a_job(world, runs_dir):
    cluster = services.announce_cluster(
        actor=world.seller, organisation_id=world.supplier.id, slug="plan", name="Plan", region="jilin", pools=PLANNED
    )
    services.set_price(actor=world.seller, pool_id=cluster.pools.get().id, item="cpu_hour", micro_yuan=1)
    with pytest.raises(NoClusterFits) as refused:
        services.quote_job(actor=world.developer, spec=command("x"))
    assert [(p.path, p.code) for p in refused.value.problems] == [("plan", "planned_only")]
    assert queries.cluster(actor=world.developer, slug="plan").planned is True


def test_a_pool_that_is_gone_keeps_its_row_and_has_no_nodes(world, runs_dir):
    cluster = services.announce_cluster(
        actor=world.seller, organisation_id=world.supplier.id, slug="plan", name="Plan", region="jilin", pools=PLANNED
    )
    cluster.settings = {"pools": [PLANNED[0] | {"name": "b"}]}
    cluster.save()
    assert services.refresh_inventory(actor=WORKER, cluster_id=cluster.id) is True
    assert dict(cluster.pools.values_list("name", "nodes")) == {"a": 0, "b": 10}
    assert services.refresh_inventory(actor=WORKER, cluster_id=cluster.id) is False


def prices(pool: NodePool) -> list[tuple[int, bool]]:
    rows = Price.objects.filter(pool=pool, item="cpu_hour").order_by("valid_from")
    return [(row.micro_yuan, row.valid_to is None) for row in rows]


def test_a_new_price_ends_the_one_before(world, pool):
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=500_000)
    assert prices(pool) == [(360_000, False), (500_000, True)]
    first, second = Price.objects.filter(pool=pool).order_by("valid_from")
    assert first.valid_to == second.valid_from
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=500_000)
    assert len(prices(pool)) == 2


def test_periods_of_one_item_never_overlap(world, pool):
    tomorrow = now() + timedelta(days=1)
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=1, valid_from=tomorrow)
    with pytest.raises(PricePeriodsOverlap):
        services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=2)
    with pytest.raises(PricePeriodsOverlap):
        services.set_price(
            actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=2, valid_to=tomorrow + timedelta(days=1)
        )
    assert prices(pool) == [(360_000, False), (1, True)]


@pytest.mark.parametrize(
    ("facts", "path"),
    [({"item": "moon_hour"}, "item"), ({"micro_yuan": -1}, "micro_yuan"), ({"micro_yuan": 10**12}, "micro_yuan")],
)
def test_a_bad_price_is_refused(world, pool, facts, path):
    with pytest.raises(InvalidInput) as refused:
        services.set_price(**({"actor": world.seller, "pool_id": pool.id, "item": "cpu_hour", "micro_yuan": 5} | facts))
    assert [problem.path for problem in refused.value.problems] == [path]
    assert prices(pool) == [(360_000, True)]


def test_only_the_supplier_sets_its_prices(world, pool):
    for actor, refusal in ((world.stranger, NotFound), (Actor.anonymous(), Unauthenticated)):
        with pytest.raises(refusal):
            services.set_price(actor=actor, pool_id=pool.id, item="cpu_hour", micro_yuan=1)
    assert prices(pool) == [(360_000, True)]


def test_a_draining_cluster_takes_no_new_job_but_is_waited_for(world, local_cluster):
    world.credit(10)
    services.set_cluster_state(actor=world.seller, cluster_id=local_cluster.id, state="draining")
    job = services.submit_job(actor=world.developer, spec=command("true"))
    assert services.place_job(actor=WORKER, job_id=job.id) is None
    services.set_cluster_state(actor=world.seller, cluster_id=local_cluster.id, state="active")
    assert services.place_job(actor=WORKER, job_id=job.id) is not None


def test_a_cluster_with_unfinished_runs_cannot_be_retired_and_a_retired_one_stays_so(world, local_cluster):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("true"))
    services.place_job(actor=WORKER, job_id=job.id)
    with pytest.raises(ClusterBusy):
        services.set_cluster_state(actor=world.seller, cluster_id=local_cluster.id, state="retired")
    services.cancel_job(actor=world.developer, job_id=job.id)
    services.set_cluster_state(actor=world.seller, cluster_id=local_cluster.id, state="retired")
    with pytest.raises(ClusterStateRefused):
        services.set_cluster_state(actor=world.seller, cluster_id=local_cluster.id, state="active")


def test_a_sparse_figure_is_refused_and_the_dense_one_stays(world):
    card = {"vendor": "NVIDIA", "model": "test H100", "evidence": "vendor"}
    services.register_accelerator(actor=SYSTEM, **card, fp16_dense_gflops=989_000)
    with pytest.raises(SparseFigure) as refused:
        services.register_accelerator(actor=SYSTEM, **card, fp16_dense_gflops=1_979_000)
    assert refused.value.problems[0].code == "twice_the_dense"
    with pytest.raises(SparseFigure):
        services.register_accelerator(actor=SYSTEM, **card, fp16_dense_gflops=1_979_000, figure="sparse")
    assert Accelerator.objects.get(model="test H100").fp16_dense_gflops == 989_000
