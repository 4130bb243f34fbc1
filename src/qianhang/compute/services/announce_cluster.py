import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from qianhang.core.access import Actor

from ..models import Cluster
from .register_cluster import add_cluster


@transaction.atomic
def announce_cluster(
    *,
    actor: Actor,
    organisation_id: uuid.UUID,
    slug: str,
    name: str,
    region: str,
    pools: Sequence[Mapping[str, Any]],
    name_en: str = "",
    pue: Decimal | None = None,
    green_share: Decimal | None = None,
    grid_g_per_kwh: int | None = None,
    is_demo: bool = False,
) -> Cluster:
    """Puts a cluster that is planned but not built on the map: capacity on paper, labelled so, never given a job.

    Raises: Unauthenticated, Forbidden, NotFound, InvalidInput (fields).
    """
    return add_cluster(
        actor=actor,
        organisation_id=organisation_id,
        slug=slug,
        name=name,
        region=region,
        connector="planning",
        state=Cluster.State.ANNOUNCED,
        settings={"pools": [dict(pool) for pool in pools]},
        name_en=name_en,
        pue=pue,
        green_share=green_share,
        grid_g_per_kwh=grid_g_per_kwh,
        is_demo=is_demo,
    )
