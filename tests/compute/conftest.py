"""A region with a firm that has money, a supplier with the real local cluster, and the worker's hands."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client

from qianhang.compute import fleet, services
from qianhang.compute.identity import WORKER
from qianhang.compute.models import Cluster, Job, NodePool, Run
from qianhang.compute.models import Region as Place
from qianhang.compute.ports import RunStatus
from qianhang.compute.rules.states import ENDED
from qianhang.core.access import Actor, ActorKind, OrganisationKind, Role, permissions_of
from qianhang.core.clock import now
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User
from qianhang.funding.services import top_up_wallet

YUAN = 1_000_000
SYSTEM = Actor.system("test")
CPU_HOUR = 360_000
"""0.36 yuan: 100 micro-yuan a CPU-second."""


def organisation(kind: str, name: str) -> Organisation:
    return Organisation.objects.create(kind=kind, name=name, state=OrganisationState.ACTIVE)


def member(of: Organisation, role: str = Role.OWNER) -> Actor:
    user, _is_new = User.objects.get_or_create(email=f"{role}@{of.id}.test", defaults={"name": f"{role} of {of.name}"})
    return Actor(
        kind=ActorKind.PERSON,
        user_id=user.id,
        organisation_id=of.id,
        name=user.name,
        permissions=permissions_of(kind=of.kind, role=role),
        confirmed_at=now(),
    )


@dataclass(frozen=True)
class World:
    office: Organisation
    firm: Organisation
    other_firm: Organisation
    supplier: Organisation

    @property
    def official(self) -> Actor:
        return member(self.office)

    @property
    def developer(self) -> Actor:
        return member(self.firm, Role.DEVELOPER)

    @property
    def viewer(self) -> Actor:
        return member(self.firm, Role.VIEWER)

    @property
    def stranger(self) -> Actor:
        return member(self.other_firm, Role.DEVELOPER)

    @property
    def seller(self) -> Actor:
        return member(self.supplier)

    def credit(self, yuan: int, *, to: Organisation | None = None) -> None:
        top_up_wallet(
            actor=SYSTEM,
            organisation_id=(to or self.firm).id,
            amount_micro=yuan * YUAN,
            key=str(uuid.uuid4()),
            reason="test",
        )


@pytest.fixture(autouse=True)
def fresh_fleet() -> Iterator[None]:
    fleet.forget()
    yield
    fleet.forget()


@pytest.fixture
def world(db: None) -> World:
    for code, name, name_en in (("changchun", "长春", "Changchun"), ("jilin", "吉林市", "Jilin City")):
        Place.objects.get_or_create(code=code, defaults={"name": name, "name_en": name_en})
    return World(
        office=organisation(OrganisationKind.PROGRAMME_OFFICE, "Programme office"),
        firm=organisation(OrganisationKind.ENTERPRISE, "Firm"),
        other_firm=organisation(OrganisationKind.ENTERPRISE, "Other firm"),
        supplier=organisation(OrganisationKind.SUPPLIER, "Supplier"),
    )


@pytest.fixture
def runs_dir(tmp_path: Path, settings) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir(mode=0o700)
    settings.RUNS_DIR = folder
    return folder


@pytest.fixture
def local_cluster(world: World, runs_dir: Path) -> Cluster:
    """This machine, really: jobs run in its sandbox."""
    cluster = services.register_cluster(
        actor=world.seller,
        organisation_id=world.supplier.id,
        slug="here",
        name="Here",
        region="changchun",
        connector="local",
    )
    pool = cluster.pools.get()
    services.set_price(actor=world.seller, pool_id=pool.id, item="cpu_hour", micro_yuan=CPU_HOUR)
    return cluster


@pytest.fixture
def pool(local_cluster: Cluster) -> NodePool:
    return local_cluster.pools.get()


def command(text: str, **more: object) -> dict[str, object]:
    return {"command": text, "time_limit": 60, "resources": {"cpus": 1, "memory": 256}, **more}


@pytest.fixture
def finish() -> Callable[..., Job]:
    """finish(job) does what the worker would do until the job has ended (or `until` holds), and returns it."""

    def wait(job: Job, *, until: Callable[[Job], bool] | None = None, within_s: float = 30) -> Job:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            job.refresh_from_db()
            if until(job) if until else job.state in ENDED:
                return job
            work_once()
        raise AssertionError(f"job is still {job.state} ({job.reason_code} {job.reason})")

    return wait


def work_once() -> list[RunStatus]:
    """One round of the worker: place what waits, hand over what was placed, look at what runs, end what ended."""
    services.place_waiting(actor=WORKER)
    for run_id in Run.objects.unfinished().filter(handle="").values_list("id", flat=True):
        services.start_run(actor=WORKER, run_id=run_id)
    ended = []
    for cluster in Cluster.objects.filter(state="active", connector="local"):
        result = services.sync_runs(actor=WORKER, cluster_id=cluster.id)
        for status in result.ended:
            services.finish_run(actor=WORKER, run_id=status.run_id, status=status)
            ended.append(status)
    return ended


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """signed_in(organisation, role): a browser of that person, in English, so that words can be compared."""

    def sign_in(of: Organisation, role: str = Role.DEVELOPER) -> Client:
        user = User.objects.get(id=member(of, role).user_id)
        Membership.objects.get_or_create(user=user, organisation=of, defaults={"role": role})
        client = Client()
        client.force_login(user)
        client.cookies["qianhang_language"] = "en"
        return client

    return sign_in


@pytest.fixture
def developer(world: World, signed_in) -> Client:
    return signed_in(world.firm)


@pytest.fixture
def planned_cluster(world: World) -> Cluster:
    return services.announce_cluster(
        actor=world.seller,
        organisation_id=world.supplier.id,
        slug="someday",
        name="Someday",
        region="jilin",
        pools=[{"name": "main", "nodes": 4, "cpus_per_node": 64, "memory_mib_per_node": 262_144}],
    )
