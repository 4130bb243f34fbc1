"""One object of every kind that an address can name, with an owner, a foreign organisation and people in every role."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from tests.core.actors import actor_for, join, make_organisation, make_secret, make_user
from tests.programme.world import document as plan_document

from qianhang.compute.models import Cluster, Job, NodePool, Output, Region, Run
from qianhang.core import metering
from qianhang.core.access import Actor, OrganisationKind, Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import ApiKey, Membership, Organisation, User
from qianhang.core.people.services.invite_member import invite_member
from qianhang.funding.rules.rating import ChargeLine
from qianhang.funding.services import (
    create_voucher_programme,
    fund_voucher_programme,
    issue_voucher,
    place_hold,
    settle_hold,
    top_up_wallet,
)
from qianhang.programme.models import Finding, Milestone, Plan
from qianhang.programme.services import (
    accept_findings,
    open_manual_series,
    open_outside_series,
    publish_plan,
    record_manual_value,
    store_evidence,
)
from qianhang.programme.taking import open_plan, take_document

YUAN = 1_000_000
FIRM, SUPPLIER, OFFICE = "firm", "supplier", "office"
KINDS = {
    FIRM: OrganisationKind.ENTERPRISE,
    SUPPLIER: OrganisationKind.SUPPLIER,
    OFFICE: OrganisationKind.PROGRAMME_OFFICE,
}
SYSTEM = Actor.system("test")


@dataclass(frozen=True)
class World:
    organisations: Mapping[str, Organisation]
    foreign: Mapping[str, Organisation]
    people: Mapping[tuple[str, str], User]
    """By (organisation, role); the foreign organisations' owners and viewers under "foreign <organisation>"."""
    samples: Mapping[str, str]
    """What stands for each parameter of an address, by its name."""
    sessions: dict[uuid.UUID, str] = field(default_factory=dict)
    """Of the people who have signed in, by person."""

    def actor(self, of: str, role: str) -> Actor:
        return actor_for(self.people[of, role])


@transaction.atomic
def build() -> World:
    """In one transaction, as the services that it imitates work."""
    organisations = {name: make_organisation(kind) for name, kind in KINDS.items()}
    foreign = {FIRM: make_organisation(KINDS[FIRM]), SUPPLIER: make_organisation(KINDS[SUPPLIER])}
    people = {}
    for name, organisation in organisations.items():
        for role in Role:
            people[name, role] = _person(organisation, role)
    for name, organisation in foreign.items():
        for role in Role:
            people[f"foreign {name}", role] = _person(organisation, role)
    samples = _samples(organisations, people)
    return World(organisations=organisations, foreign=foreign, people=people, samples=samples)


def _person(organisation: Organisation, role: str) -> User:
    user = make_user()
    join(user, organisation, role)
    return user


def _samples(organisations: Mapping[str, Organisation], people: Mapping[tuple[str, str], User]) -> dict[str, str]:
    firm, supplier, office = (organisations[name] for name in (FIRM, SUPPLIER, OFFICE))
    official, owner = actor_for(people[OFFICE, Role.OWNER]), actor_for(people[FIRM, Role.OWNER])
    top_up_wallet(actor=official, organisation_id=firm.pk, amount_micro=100 * YUAN, key="w", reason="test")
    top_up_wallet(actor=official, organisation_id=supplier.pk, amount_micro=100 * YUAN, key="s", reason="test")
    programme = create_voucher_programme(
        actor=official, organisation_id=office.pk, slug="half", name="Half", share_ppm=500_000, cap=YUAN, valid_days=9
    )
    fund_voucher_programme(actor=official, programme_id=programme.id, amount=50 * YUAN, key="f", reason="test")
    voucher = issue_voucher(actor=official, programme_id=programme.id, organisation_id=firm.pk, key="v")
    cluster, run, output = _run(firm, supplier)
    receipt = _receipt(firm, supplier, run.pk)
    plan = _plan(office, official)
    extra = _person(firm, Role.VIEWER)
    make_secret(owner, ["job.view"])
    invitation = invite_member(actor=owner, email="guest@example.cn", role=Role.VIEWER)
    found: dict[str, Any] = {
        "organisation_id": firm.pk,
        "supplier_id": supplier.pk,
        "membership_id": Membership.objects.get(user=extra).pk,
        "invitation_id": invitation.invitation.pk,
        "token": invitation.token,
        "key_id": ApiKey.objects.get(organisation=firm).pk,
        "programme_id": programme.id,
        "voucher_id": voucher.id,
        "receipt_id": receipt,
        "job_id": run.job_id,
        "output_id": output.pk,
        "plan_id": plan.pk,
        "finding_id": Finding.objects.filter(plan=plan, state="proposed")[0].pk,
        **_programme_samples(official, plan),
        "code": "compute.jobs_finished",
        "form": "csv",
        "slug": cluster.slug,
        "seq": AuditEntry.objects.order_by("seq").values_list("seq", flat=True)[0],
    }
    return {name: str(value) for name, value in found.items()}


def _plan(office: Organisation, official: Actor) -> Plan:
    """A plan that was read and waits for review."""
    read = plan_document()
    plan = open_plan(office, read, is_demo=False)
    take_document(official, plan, read)
    return plan


def _programme_samples(official: Actor, plan: Plan) -> dict[str, Any]:
    """What hangs on the plan once most of it is accepted, a published plan, and a series of each kind."""
    found = [one.pk for one in Finding.objects.filter(plan=plan)]
    accept_findings(actor=official, plan_id=plan.pk, finding_ids=found[:-1])
    read = plan_document()
    public = open_plan(plan.organisation, read, is_demo=False)
    take_document(official, public, read)
    publish_plan(actor=official, plan_id=public.pk, target_ids=[])
    evidence = store_evidence(actor=official, name="proof.txt", data=b"x")
    series = open_manual_series(actor=official, name="Revenue")
    value = record_manual_value(
        actor=official, series_id=series.pk, day=date(2026, 1, 31), value=Decimal(1), evidence_id=evidence.pk
    )
    return {
        "public_id": public.pk,
        "target_id": plan.targets.all()[0].pk,
        "task_id": plan.tasks.all()[0].pk,
        "system_id": plan.systems.all()[0].pk,
        "milestone_id": Milestone.objects.filter(plan=plan)[0].pk,
        "evidence_id": evidence.pk,
        "series_id": series.pk,
        "value_id": value.pk,
        "outside_id": open_outside_series(actor=official, name="Statistics").pk,
    }


def _run(firm: Organisation, supplier: Organisation) -> tuple[Cluster, Run, Output]:
    """A job that has run, with an output in the store, on the supplier's cluster."""
    region = Region.objects.get_or_create(code="changchun", defaults={"name": "长春", "name_en": "Changchun"})[0]
    cluster = Cluster.objects.create(
        organisation=supplier, slug="here", name="Here", connector="local", state="active", region=region
    )
    pool = NodePool.objects.create(cluster=cluster, name="cpu", nodes=1, cpus_per_node=4, memory_mib_per_node=4096)
    job = Job.objects.create(
        organisation=firm, name="train", spec={"command": "true"}, state="succeeded", time_limit_s=60,
        budget_micro=YUAN, ended_at=now(),
    )  # fmt: skip
    run = Run.objects.create(
        job=job, attempt=1, cluster=cluster, pool=pool, state="succeeded", started_at=now(), ended_at=now()
    )
    stored = default_storage.save(f"outputs/{run.pk}/a", ContentFile(b"result"))
    output = Output.objects.create(run=run, path="a", stored_as=stored, bytes=6, sha256="0" * 64)
    return cluster, run, output


def _receipt(firm: Organisation, supplier: Organisation, reference: uuid.UUID) -> uuid.UUID:
    place_hold(actor=SYSTEM, reference=reference, organisation_id=firm.pk, amount_micro=YUAN)
    ended = now()
    used = metering.record_usage(
        source="test",
        key=str(new_id()),
        organisation_id=firm.pk,
        reference=reference,
        item="cpu_hour",
        quantity=3_600_000,
        unit="cpu_ms",
        started_at=ended - timedelta(hours=1),
        ended_at=ended,
    )
    line = ChargeLine(used.id, "cpu_hour", 3_600_000, 200_000)
    return settle_hold(actor=SYSTEM, reference=reference, supplier_id=supplier.pk, lines=[line], occurred_at=ended).id
