import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import now

from ..connectors import registry
from ..models import Accelerator, Cluster, NodePool
from ..ports import Inventory, PoolInventory


def refresh_inventory(*, actor: Actor, cluster_id: uuid.UUID) -> bool:
    """Asks a cluster what it has and notes that it was heard: capacity, isolation, heartbeat.

    A pool that is gone keeps its row with no nodes, because runs and prices point to it. Returns whether anything
    but the heartbeat changed. Raises: Unauthenticated, Forbidden, NotFound, ConnectorUnavailable.
    """
    cluster = Cluster.objects.fetch(actor, id=cluster_id)
    authorize(
        actor, Permission.CLUSTER_MANAGE, organisation_id=cluster.organisation_id, what=str(Cluster._meta.verbose_name)
    )
    inventory = registry.connector_for(cluster).inventory()
    return _write(actor, cluster_id, inventory)


@transaction.atomic
def _write(actor: Actor, cluster_id: uuid.UUID, inventory: Inventory) -> bool:
    cluster = Cluster.objects.select_for_update(of=("self",), no_key=True).get(id=cluster_id)
    before = {pool.name: _facts(pool) for pool in cluster.pools.all()}
    for seen in inventory.pools:
        if before.get(seen.name) != _seen(seen):
            NodePool.objects.update_or_create(cluster=cluster, name=seen.name, defaults=_fields(seen))
    gone = set(before) - {seen.name for seen in inventory.pools}
    cluster.pools.filter(name__in=gone).exclude(nodes=0).update(nodes=0)
    after = {pool.name: _facts(pool) for pool in cluster.pools.all()}
    changed = after != before or cluster.isolation != inventory.isolation
    if changed:
        audit.record(
            actor=actor,
            action="cluster.inventory_changed",
            subject="cluster",
            subject_id=cluster.id,
            organisation_id=cluster.organisation_id,
            before={"pools": before, "isolation": cluster.isolation},
            after={"pools": after, "isolation": inventory.isolation},
        )
    cluster.heartbeat_at, cluster.isolation = now(), inventory.isolation
    cluster.save(update_fields=["heartbeat_at", "isolation"])
    return changed


def _facts(pool: NodePool) -> list[int | str]:
    accelerator = str(pool.accelerator) if pool.accelerator else ""
    return [pool.nodes, pool.cpus_per_node, pool.memory_mib_per_node, pool.cards_per_node, accelerator]


def _seen(pool: PoolInventory) -> list[int | str]:
    card = f"{pool.card_vendor} {pool.card_model}" if pool.cards_per_node else ""
    return [pool.nodes, pool.cpus_per_node, pool.memory_mib_per_node, pool.cards_per_node, card]


def _fields(pool: PoolInventory) -> dict[str, object]:
    return {
        "nodes": pool.nodes,
        "cpus_per_node": pool.cpus_per_node,
        "memory_mib_per_node": pool.memory_mib_per_node,
        "cards_per_node": pool.cards_per_node,
        "accelerator": _accelerator(pool) if pool.cards_per_node else None,
    }


def _accelerator(pool: PoolInventory) -> Accelerator:
    """A card that nobody has described yet is kept without figures: unknown stays unknown."""
    accelerator, _is_new = Accelerator.objects.get_or_create(
        vendor=pool.card_vendor, model=pool.card_model, defaults={"evidence": Accelerator.Evidence.UNVERIFIED}
    )
    return accelerator
