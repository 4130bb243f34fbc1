"""The demo region's plan: invented as the region is, read and counted like any other.

Its numbers are targets, not results: what the scoreboard shows beside them is counted from what has really run here.
"""

import uuid
from pathlib import Path

from django.db import transaction

from qianhang.core.access import Actor
from qianhang.programme.models import Finding, FindingState, Plan, Target
from qianhang.programme.services import accept_findings, bind_target, import_plan, observe

SYSTEM = Actor.system("demo")
NOTE = "demo region"
# What the reading is this sure of, and has no doubt about, is taken as it stands; the rest waits for a person.
CLEAR = 0.8
# Targets of examples/plan.txt and the measures that count them. Others are left to be bound by whoever tries it.
BINDINGS = (
    ("全地区智能算力规模", "compute.fleet_pflops"),
    ("统一调度的算力集群", "compute.clusters"),
    ("公共算力累计完成计算任务", "compute.jobs_finished"),
    ("算力券惠及企业", "funding.organisations_helped"),
)


def seed_plan(*, file: Path, organisation_id: uuid.UUID) -> bool:
    """Imports the plan, accepts its clear findings, binds targets to measures and observes them: all of it or nothing.

    Once in the life of an installation, so that what people change afterwards stays. Returns whether it did.
    """
    if not file.is_file() or Plan.objects.filter(is_demo=True).exists():
        return False
    with transaction.atomic():
        imported = import_plan(
            actor=SYSTEM, data=file.read_bytes(), filename=file.name, organisation_id=organisation_id, is_demo=True
        )
        accept_findings(actor=SYSTEM, plan_id=imported.plan_id, finding_ids=clear_findings(imported.plan_id), note=NOTE)
        targets = dict(Target.objects.filter(plan=imported.plan_id, is_active=True).values_list("indicator", "id"))
        for indicator, measure in BINDINGS:
            if indicator in targets:
                bind_target(actor=SYSTEM, target_id=targets[indicator], measure=measure)
        observe(actor=SYSTEM)
    return True


def clear_findings(plan_id: uuid.UUID) -> list[uuid.UUID]:
    """Proposals of the reading without a doubt, in the order of the plan."""
    found = Finding.objects.filter(
        plan=plan_id, state=FindingState.PROPOSED, is_gone=False, confidence__gte=CLEAR, flags=[]
    )
    return list(found.order_by("position", "id").values_list("id", flat=True))
