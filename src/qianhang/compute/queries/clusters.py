"""Clusters with what they have, what is free and what it costs."""

from collections import defaultdict
from collections.abc import Mapping

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import NotFound, Unauthenticated
from qianhang.core.web.language import in_reader_language

from .. import fleet
from ..cluster_shapes import AcceleratorView, ClusterView, PoolView
from ..connectors import registry
from ..models import Accelerator, Cluster, Region
from ..ports import Capability
from ..rules.offers import Offer


def clusters(*, actor: Actor) -> tuple[ClusterView, ...]:
    """Every cluster, planned ones too, with capacity, free capacity and prices as of this second.

    Raises Unauthenticated, Forbidden.
    """
    authorize(actor, Permission.CLUSTER_VIEW)
    pools: Mapping[object, list[Offer]] = _by_cluster()
    rows = Cluster.objects.visible_to(actor).select_related("organisation", "region").order_by("slug")
    return tuple(_view(row, pools[row.id]) for row in rows)


def cluster(*, actor: Actor, slug: str) -> ClusterView:
    """Raises Unauthenticated, Forbidden, NotFound."""
    authorize(actor, Permission.CLUSTER_VIEW)
    row = Cluster.objects.select_related("organisation", "region").fetch(actor, slug=slug)
    return _view(row, _by_cluster()[row.id])


def cluster_regions(*, actor: Actor) -> list[tuple[str, str, str]]:
    """Code, Chinese and English name of every region."""
    if actor.is_anonymous:
        raise Unauthenticated
    return list(Region.objects.values_list("code", "name", "name_en"))


def accelerators(*, actor: Actor) -> list[AcceleratorView]:
    """Every card model that somebody described. What is unknown is None."""
    if actor.is_anonymous:
        raise NotFound(what=Accelerator._meta.verbose_name)
    return [
        AcceleratorView(
            id=row.id,
            vendor=row.vendor,
            model=row.model,
            stack=row.stack,
            domestic=row.domestic,
            memory_gib=row.memory_gib,
            fp16_dense_gflops=row.fp16_dense_gflops,
            measured_gflops=row.measured_gflops,
            power_w=row.power_w,
            evidence=row.evidence,
            note=row.note,
        )
        for row in Accelerator.objects.all()
    ]


def _by_cluster() -> Mapping[object, list[Offer]]:
    found: dict[object, list[Offer]] = defaultdict(list)
    for offer in fleet.offers_for_quote():
        found[offer.cluster_id].append(offer)
    return found


def _view(row: Cluster, offers: list[Offer]) -> ClusterView:
    planned = Capability.RUN not in registry.connector_for(row).capabilities
    return ClusterView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        name_en=row.name_en,
        supplier_id=row.organisation_id,
        supplier_name=in_reader_language(row.organisation.name, row.organisation.name_en),
        connector=row.connector,
        state=row.state,
        state_label=row.get_state_display(),
        planned=planned,
        region=row.region_id,
        region_name=in_reader_language(row.region.name, row.region.name_en),
        isolation=row.isolation,
        heartbeat_at=row.heartbeat_at,
        pue_milli=None if row.pue is None else int(row.pue * 1000),
        green_milli=None if row.green_share is None else int(row.green_share * 1000),
        grid_g_per_kwh=row.grid_g_per_kwh,
        is_demo=row.is_demo,
        pools=tuple(_pool(offer, planned=planned) for offer in offers),
    )


def _pool(offer: Offer, *, planned: bool) -> PoolView:
    total, free = offer.total, offer.free
    return PoolView(
        id=offer.pool_id,
        name=offer.pool,
        nodes=offer.nodes,
        cpus_per_node=offer.node.cpus,
        memory_mib_per_node=offer.node.memory_mib,
        cards_per_node=offer.node.cards,
        card=f"{offer.card.vendor} {offer.card.model}" if offer.card else "",
        cards=total.cards,
        cpus=total.cpus,
        memory_mib=total.memory_mib,
        cards_free=0 if planned else max(free.cards, 0),
        cpus_free=0 if planned else max(free.cpus, 0),
        memory_mib_free=0 if planned else max(free.memory_mib, 0),
        card_hour_micro=offer.card_hour_micro,
        cpu_hour_micro=offer.cpu_hour_micro,
    )
