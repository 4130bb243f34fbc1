import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import FieldProblem, InvalidInput
from qianhang.core.people.models import Organisation

from .. import fleet
from ..connectors import registry
from ..models import Cluster, Region
from ..ports import Capability
from .refresh_inventory import refresh_inventory


@transaction.atomic
def register_cluster(
    *,
    actor: Actor,
    organisation_id: uuid.UUID,
    slug: str,
    name: str,
    region: str,
    connector: str,
    settings: Mapping[str, Any] | None = None,
    name_en: str = "",
    pue: Decimal | None = None,
    green_share: Decimal | None = None,
    grid_g_per_kwh: int | None = None,
    is_demo: bool = False,
) -> Cluster:
    """Connects a supplier's cluster that can run jobs, and takes its inventory. It is active at once, but gets no job
    before it has a price. The same slug of the same supplier again returns the first.

    Raises: Unauthenticated, Forbidden, NotFound, InvalidInput (fields), ConnectorUnavailable.
    """
    return add_cluster(
        actor=actor,
        organisation_id=organisation_id,
        slug=slug,
        name=name,
        region=region,
        connector=connector,
        settings=dict(settings or {}),
        name_en=name_en,
        pue=pue,
        green_share=green_share,
        grid_g_per_kwh=grid_g_per_kwh,
        is_demo=is_demo,
        state=Cluster.State.ACTIVE,
    )


def add_cluster(
    *, actor: Actor, organisation_id: uuid.UUID, slug: str, region: str, connector: str, state: str, **facts: Any
) -> Cluster:
    """What connecting and announcing have in common; part of the caller's transaction."""
    authorize(
        actor, Permission.CLUSTER_MANAGE, organisation_id=organisation_id, what=str(Organisation._meta.verbose_name)
    )
    first = Cluster.objects.filter(slug=slug).first()
    if first is not None:
        if first.organisation_id != organisation_id:
            raise InvalidInput(problems=[FieldProblem("slug", "This name is taken.", "taken")])
        return first
    cluster = Cluster(
        organisation_id=organisation_id, slug=slug, region_id=region, connector=connector, state=state, **facts
    )
    _check(cluster, can_run=state != Cluster.State.ANNOUNCED)
    try:
        with transaction.atomic():
            cluster.save(force_insert=True)
    except IntegrityError as twice:
        raise InvalidInput(problems=[FieldProblem("slug", "This name is taken.", "taken")]) from twice
    audit.record(
        actor=actor,
        action=f"cluster.{'announced' if state == Cluster.State.ANNOUNCED else 'registered'}",
        subject="cluster",
        subject_id=cluster.id,
        organisation_id=organisation_id,
        after={"slug": slug, "connector": connector, "region": region, "state": state},
    )
    refresh_inventory(actor=actor, cluster_id=cluster.id)
    fleet.forget()
    cluster.refresh_from_db()
    return cluster


def _check(cluster: Cluster, *, can_run: bool) -> None:
    problems = []
    if not Region.objects.filter(code=cluster.region_id).exists():
        problems.append(FieldProblem("region", f"There is no region {cluster.region_id!r}.", "unknown"))
    if cluster.connector not in registry.names():
        known = ", ".join(registry.names())
        problems.append(FieldProblem("connector", f"Known connectors: {known}.", "unknown"))
    else:
        try:
            capabilities = registry.connector_for(cluster).capabilities
            if (Capability.RUN in capabilities) != can_run:
                problems.append(FieldProblem("connector", "This connector does not fit: runs jobs, or not.", "unfit"))
        except ValueError as error:
            problems.append(FieldProblem("settings", str(error), "invalid"))
    if cluster.pue is not None and not 1 <= cluster.pue <= 3:
        problems.append(FieldProblem("pue", "A PUE is between 1 and 3.", "out_of_range"))
    if cluster.green_share is not None and not 0 <= cluster.green_share <= 1:
        problems.append(FieldProblem("green_share", "A share is between 0 and 1.", "out_of_range"))
    if problems:
        raise InvalidInput(problems=problems)
