"""Money over REST: what is answered, to whom, and that nothing is spent twice."""

import uuid

import pytest
from django.test import Client

from qianhang.core.access import Role
from qianhang.core.clock import new_id, now
from qianhang.core.ledger.models import Transfer
from qianhang.funding.models import Receipt, Voucher
from qianhang.funding.services import place_hold, settle_hold
from tests.core.actors import bearer, make_organisation, make_person, make_secret

from .conftest import SYSTEM, YUAN

pytestmark = pytest.mark.django_db


class Api:
    """One caller with a key of its own."""

    def __init__(self, kind: str, role: str = Role.OWNER) -> None:
        _user, self.organisation, self.actor = make_person(kind, role)
        self.headers = bearer(make_secret(self.actor))
        self.client = Client()

    def get(self, path: str, **params: object):
        return self.client.get(f"/api/v1{path}", params, headers=self.headers)

    def post(self, path: str, body: object, *, key: str | None = None):
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def office() -> Api:
    return Api("programme_office")


@pytest.fixture
def firm() -> Api:
    return Api("enterprise", Role.DEVELOPER)


def programme(office: Api, **changes: object) -> dict:
    wish = {"slug": "half", "name": "Half", "share_ppm": 500_000, "cap": 100 * YUAN, "valid_days": 30} | changes
    made = office.post("/voucher-programmes", wish)
    assert made.status_code == 201, made.content
    funded = office.post(
        f"/voucher-programmes/{made.json()['id']}/appropriations",
        {"amount": 250 * YUAN, "key": "2026", "reason": "budget", "payer": "Province"},
    )
    assert funded.status_code == 201, funded.content
    return funded.json()


def spend(firm: Api, metered, *, voucher: uuid.UUID | None = None) -> Receipt:
    """A run of one card-hour at 12 yuan."""
    reference = new_id()
    place_hold(
        actor=firm.actor,
        reference=reference,
        organisation_id=firm.organisation.id,
        amount_micro=20 * YUAN,
        voucher_id=voucher,
    )
    settle_hold(
        actor=SYSTEM,
        reference=reference,
        supplier_id=make_organisation("supplier").id,
        lines=[metered(reference, 3_600_000, 12 * YUAN)],
        occurred_at=now(),
    )
    return Receipt.objects.get(reference=reference)


def top_up(office: Api, firm: Api, yuan: int = 50, *, key: str = "bank-1"):
    body = {"amount_micro": yuan * YUAN, "key": key, "reason": "transfer"}
    return office.post(f"/wallets/{firm.organisation.id}/top-ups", body)


def test_the_office_credits_a_wallet_and_its_owner_sees_it(office, firm):
    answer = top_up(office, firm)
    assert answer.status_code == 201
    expected = {
        "organisation_id": str(firm.organisation.id),
        "credited_micro": 50 * YUAN,
        "spent_micro": 0,
        "held_micro": 0,
        "available_micro": 50 * YUAN,
    }
    assert answer.json() == firm.get("/wallet").json() == expected


def test_a_repeated_request_spends_once_whichever_key_it_repeats(office, firm):
    body = {"amount_micro": 50 * YUAN, "key": "bank-1", "reason": "transfer"}
    path = f"/wallets/{firm.organisation.id}/top-ups"
    first = office.post(path, body, key="k1")
    assert office.post(path, body, key="k1").content == first.content
    assert office.post(path, body, key="k2").status_code == 201
    assert Transfer.objects.filter(code="top_up").count() == 1


def test_nobody_but_the_office_credits_a_wallet(office, firm):
    body = {"amount_micro": YUAN, "key": "k", "reason": "r"}
    assert firm.post(f"/wallets/{firm.organisation.id}/top-ups", body).status_code == 403
    other = Api("enterprise")
    assert other.post(f"/wallets/{firm.organisation.id}/top-ups", body).status_code == 404
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize("amount", [0, -1, 1, 10**16, 1.5, "1", True, None])
def test_an_amount_that_is_no_amount_is_a_problem_with_its_field(office, firm, amount):
    body = {"amount_micro": amount, "key": "k", "reason": "r"}
    answer = office.post(f"/wallets/{firm.organisation.id}/top-ups", body)
    assert answer.status_code == 422
    assert [problem["path"] for problem in answer.json()["errors"]] == ["amount_micro"]


def test_a_voucher_goes_from_budget_to_holder(office, firm):
    made = programme(office)
    assert (made["budget"], made["available"], made["issued"]) == (250 * YUAN, 250 * YUAN, 0)
    body = {"programme_id": made["id"], "organisation_id": str(firm.organisation.id), "key": "case-7"}
    issued = office.post("/vouchers", body)
    assert issued.status_code == 201
    (seen,) = firm.get("/vouchers").json()["items"]
    assert seen == issued.json() == firm.get(f"/vouchers/{seen['id']}").json()
    assert (seen["face"], seen["available"], seen["state"]) == (100 * YUAN, 100 * YUAN, "active")
    assert Api("enterprise").get(f"/vouchers/{seen['id']}").status_code == 404
    assert Api("enterprise").get("/vouchers").json()["items"] == []


def test_a_voucher_is_frozen_thawed_and_revoked_with_a_reason(office, firm):
    made = programme(office)
    body = {"programme_id": made["id"], "organisation_id": str(firm.organisation.id), "key": "case-7"}
    voucher = office.post("/vouchers", body).json()["id"]
    assert office.post(f"/vouchers/{voucher}/freeze", {"reason": ""}).status_code == 422
    assert office.post(f"/vouchers/{voucher}/freeze", {"reason": "check"}).json()["state"] == "frozen"
    assert firm.post(f"/vouchers/{voucher}/unfreeze", {"reason": "please"}).status_code == 403
    assert office.post(f"/vouchers/{voucher}/unfreeze", {"reason": "checked"}).json()["state"] == "active"
    assert office.post(f"/vouchers/{voucher}/revoke", {"reason": "ineligible"}).json()["returned"] == 100 * YUAN
    refused = office.post(f"/vouchers/{voucher}/unfreeze", {"reason": "mercy"})
    assert (refused.status_code, refused.json()["code"]) == (409, "voucher_state")
    assert Voucher.objects.get(id=voucher).state == "revoked"


def test_a_programme_with_wrong_fields_is_refused_with_all_of_them(office):
    body = {"slug": "two words", "name": "x", "share_ppm": 1, "cap": YUAN, "valid_days": 1, "unit": "a:b", "extra": 1}
    answer = office.post("/voucher-programmes", body)
    assert answer.status_code == 422
    assert [problem["path"] for problem in answer.json()["errors"]] == ["extra"]
    del body["extra"]
    answer = office.post("/voucher-programmes", body)
    assert [problem["path"] for problem in answer.json()["errors"]] == ["slug", "unit"]


def test_an_empty_pool_refuses_to_issue(office, firm):
    made = programme(office)
    for number in range(2):
        body = {"programme_id": made["id"], "organisation_id": str(firm.organisation.id), "key": f"case-{number}"}
        assert office.post("/vouchers", body).status_code == 201
    refused = office.post("/vouchers", body | {"key": "case-3"})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_funds")


def test_a_receipt_shows_its_lines_to_payer_and_to_no_other(office, firm, metered, region):
    top_up(office, firm)
    receipt = spend(firm, metered)
    seen = firm.get(f"/receipts/{receipt.id}").json()
    assert (seen["total_micro"], seen["wallet_micro"], seen["released_micro"]) == (12 * YUAN, 12 * YUAN, 8 * YUAN)
    assert [(line["quantity"], line["unit"], line["amount_micro"]) for line in seen["lines"]] == [
        (3_600_000, "card_ms", 12 * YUAN)
    ]
    assert firm.get("/receipts", number=receipt.number).json()["items"][0]["id"] == str(receipt.id)
    assert Api("enterprise").get(f"/receipts/{receipt.id}").status_code == 404
    assert Api("supplier").get(f"/receipts/{receipt.id}").status_code == 404


def test_receipts_are_paged_without_gap_or_repetition(office, firm, metered, region):
    top_up(office, firm, 500)
    numbers = [spend(firm, metered).number for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = firm.get("/receipts", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["number"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == numbers[::-1]


def test_a_key_never_pays_out(office, firm, metered, region):
    top_up(office, firm)
    supplier = spend(firm, metered).supplier_id
    assert office.get(f"/suppliers/{supplier}/statement").json()["owed_micro"] == 12 * YUAN
    body = {"amount_micro": YUAN, "bank_reference": "bank 7", "key": "p1"}
    refused = office.post(f"/suppliers/{supplier}/payouts", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert office.get(f"/suppliers/{supplier}/statement").json()["paid_micro"] == 0


@pytest.mark.parametrize("path", ["/wallet", "/vouchers", "/receipts", "/voucher-programmes"])
def test_without_a_key_nothing_is_shown(path):
    answer = Client().get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
