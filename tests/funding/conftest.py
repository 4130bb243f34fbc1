"""People with money: a programme office, a firm with a wallet and a voucher, a supplier."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from qianhang.core import metering
from qianhang.core.access import Actor, ActorKind, OrganisationKind, Role, permissions_of
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation, OrganisationState
from qianhang.funding.rules.rating import ChargeLine
from qianhang.funding.services import (
    create_voucher_programme,
    fund_voucher_programme,
    issue_voucher,
    top_up_wallet,
)

YUAN = 1_000_000
SYSTEM = Actor.system("test")


def organisation(kind: str, name: str, *, state: str = OrganisationState.ACTIVE) -> Organisation:
    return Organisation.objects.create(kind=kind, name=name, state=state)


def member(of: Organisation, role: str = Role.OWNER, *, confirmed: bool = False) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        user_id=new_id(),
        organisation_id=of.id,
        name=f"{role} of {of.name}",
        permissions=permissions_of(kind=of.kind, role=role),
        confirmed_at=now() if confirmed else None,
    )


@dataclass(frozen=True)
class Region:
    office: Organisation
    firm: Organisation
    other_firm: Organisation
    supplier: Organisation

    @property
    def official(self) -> Actor:
        return member(self.office, confirmed=True)

    @property
    def developer(self) -> Actor:
        return member(self.firm, Role.DEVELOPER)

    @property
    def stranger(self) -> Actor:
        return member(self.other_firm, Role.DEVELOPER)

    @property
    def seller(self) -> Actor:
        return member(self.supplier)


@pytest.fixture
def region(db: None) -> Region:
    return Region(
        office=organisation(OrganisationKind.PROGRAMME_OFFICE, "Programme office"),
        firm=organisation(OrganisationKind.ENTERPRISE, "Firm"),
        other_firm=organisation(OrganisationKind.ENTERPRISE, "Other firm"),
        supplier=organisation(OrganisationKind.SUPPLIER, "Supplier"),
    )


@pytest.fixture
def credit(region: Region) -> Callable[..., None]:
    """credit(yuan) puts money into the firm's wallet."""

    def put(yuan: int, *, key: str = "first") -> None:
        top_up_wallet(
            actor=region.official,
            organisation_id=region.firm.id,
            amount_micro=yuan * YUAN,
            key=key,
            reason="test",
        )

    return put


@pytest.fixture
def programme(region: Region) -> uuid.UUID:
    """Pays half, at most 100 yuan a voucher, for 30 days; 250 yuan in the pool."""
    made = create_voucher_programme(
        actor=region.official,
        organisation_id=region.office.id,
        slug="half",
        name="Half",
        share_ppm=500_000,
        cap=100 * YUAN,
        valid_days=30,
    )
    fund_voucher_programme(
        actor=region.official, programme_id=made.id, amount=250 * YUAN, key="2026", reason="budget 2026"
    )
    return made.id


@pytest.fixture
def voucher(region: Region, programme: uuid.UUID) -> uuid.UUID:
    """The firm's voucher over 100 yuan."""
    return issue_voucher(actor=region.official, programme_id=programme, organisation_id=region.firm.id, key="one").id


@pytest.fixture
def metered(region: Region) -> Callable[..., ChargeLine]:
    """metered(reference, ms, price) records use and returns the line that charges it."""

    def record(reference: uuid.UUID, quantity_ms: int, price: int, *, item: str = "card_hour") -> ChargeLine:
        moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
        used = metering.record_usage(
            source="test",
            key=f"{reference}:{item}",
            organisation_id=region.firm.id,
            reference=reference,
            item=item,
            quantity=quantity_ms,
            unit="card_ms",
            started_at=moment,
            ended_at=moment,
        )
        return ChargeLine(used.id, item, quantity_ms, price)

    return record
