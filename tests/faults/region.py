"""Run inside the installation under test: makes a firm with money, a key and a priced local cluster, or reads books.

python -m tests.faults.region make      prints {"key": ..., "wallet": ...}
python -m tests.faults.region books FILE    prints {"breaches": [...], "runs": ..., ...}
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import django

PAID_IN = 1_000_000_000_000
"""One million yuan, in micro-yuan."""
CPU_HOUR = 3_600_000_000
"""3,600 yuan: one yuan a CPU-second, so that the shortest job costs something."""


def make() -> dict[str, str]:
    from qianhang.compute import services as compute
    from qianhang.core.access import Actor, ActorKind, OrganisationKind, Permission, Role, permissions_of
    from qianhang.core.clock import now
    from qianhang.core.people.models import Membership, Organisation, OrganisationState, User
    from qianhang.core.people.services.create_api_key import create_api_key
    from qianhang.funding import accounts
    from qianhang.funding.services import top_up_wallet

    system = Actor.system("test")
    firm, supplier = (
        Organisation.objects.create(kind=kind, name=kind, state=OrganisationState.ACTIVE)
        for kind in (OrganisationKind.ENTERPRISE, OrganisationKind.SUPPLIER)
    )
    user = User.objects.create_user("dev@firm.test", None, name="Developer", current_organisation=firm)
    Membership.objects.create(user=user, organisation=firm, role=Role.DEVELOPER)
    person = Actor(
        kind=ActorKind.PERSON,
        user_id=user.id,
        organisation_id=firm.id,
        name=user.name,
        permissions=permissions_of(kind=firm.kind, role=Role.DEVELOPER),
        confirmed_at=now(),
    )
    top_up_wallet(actor=system, organisation_id=firm.id, amount_micro=PAID_IN, key="start", reason="fault run")
    compute.register_region(actor=system, code="changchun", name="长春", name_en="Changchun")
    cluster = compute.register_cluster(
        actor=system, organisation_id=supplier.id, slug="here", name="Here", region="changchun", connector="local"
    )
    compute.set_price(actor=system, pool_id=cluster.pools.get().id, item="cpu_hour", micro_yuan=CPU_HOUR)
    scopes = [Permission.JOB_SUBMIT, Permission.JOB_VIEW, Permission.WALLET_VIEW]
    key = create_api_key(actor=person, name="fault run", scopes=scopes, expires_at=now() + timedelta(days=1))
    return {"key": key.secret, "wallet": accounts.wallet(firm.id)}


def books(asked: dict[str, object]) -> dict[str, object]:
    from tests.faults.books import read

    return read(**asked)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "make":
        answer: dict[str, object] = dict(make())
    else:
        answer = books(json.loads(Path(sys.argv[2]).read_text("utf-8")))
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
