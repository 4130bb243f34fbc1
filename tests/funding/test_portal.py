"""Funding's pages: what an organisation has, what it was charged, and the programme office's desk."""

import csv
import io
import re
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.core.access import Role
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Membership, Organisation, User
from qianhang.funding import queries
from qianhang.funding.cli import show_receipt
from qianhang.funding.models import Payout, Receipt, Voucher, VoucherProgramme
from qianhang.funding.services import place_hold, settle_hold

from .conftest import SYSTEM, YUAN, Region, member


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """signed_in(organisation, role): a browser of that person, in English; `confirmed`: by password, just now."""

    def sign_in(of: Organisation, role: str = Role.DEVELOPER, *, confirmed: bool = False) -> Client:
        user, _is_new = User.objects.get_or_create(
            email=f"{role}@{of.id}.test", defaults={"name": f"{role} of {of.name}"}
        )
        Membership.objects.get_or_create(user=user, organisation=of, defaults={"role": role})
        client = Client()
        if confirmed:
            user.set_password("a long password of today")
            user.save()
            client.post(reverse("account_login"), {"login": user.email, "password": "a long password of today"})
        else:
            client.force_login(user)
        client.cookies["qianhang_language"] = "en"
        return client

    return sign_in


@pytest.fixture
def settled(region: Region, metered) -> Callable[..., Receipt]:
    """settled(hours, price) holds, uses and settles; returns the receipt."""

    def settle(hours: int = 1, price: int = YUAN, *, voucher: uuid.UUID | None = None) -> Receipt:
        reference = new_id()
        place_hold(
            actor=SYSTEM,
            reference=reference,
            organisation_id=region.firm.id,
            amount_micro=20 * YUAN,
            voucher_id=voucher,
        )
        line = metered(reference, hours * 3_600_000, price)
        settle_hold(actor=SYSTEM, reference=reference, supplier_id=region.supplier.id, lines=[line], occurred_at=now())
        return Receipt.objects.get(reference=reference)

    return settle


def text_of(response: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# ── what an organisation sees ────────────────────────────────────────────────────────────────────────────────────


def test_the_wallet_shows_what_is_there_set_aside_and_charged(region, credit, voucher, settled, signed_in):
    credit(50)
    settled(hours=2, voucher=voucher)
    place_hold(actor=SYSTEM, reference=new_id(), organisation_id=region.firm.id, amount_micro=5 * YUAN)

    seen = text_of(signed_in(region.firm).get(reverse("wallet")))

    assert "Available 44.00 yuan" in seen  # 50 - 1 (half of 2 by the voucher) - 5 set aside.
    assert "Set aside 5.00 yuan" in seen
    assert "Charged in 30 days 2.00 yuan 1.00 yuan of it by vouchers" in seen
    assert "99.00 left of 100.00 yuan" in seen
    assert "pays 50% of each job" in seen


def test_a_receipt_adds_up_to_the_last_micro_yuan(region, credit, voucher, settled, signed_in):
    credit(50)
    receipt = settled(hours=1, price=1_234_567, voucher=voucher)

    seen = text_of(signed_in(region.firm).get(reverse("receipt", args=[receipt.id])))

    assert "Card-hours 1.0000 1.234567 1.234567" in seen
    assert "Rounding" not in seen
    assert "Total 1.234567" in seen
    assert re.search(r"paid by voucher V[\d-]+ 0.617283 ", seen)
    assert "paid from the wallet 0.617284 " in seen
    assert "20.00 yuan had been set aside; 18.765433 yuan of it is free again." in seen


def test_a_supplier_is_told_what_it_is_owed_and_not_who_paid_how(region, credit, voucher, settled, signed_in):
    credit(50)
    receipt = settled(hours=1, price=1_234_567, voucher=voucher)
    number = receipt.hold.voucher.number
    supplier = signed_in(region.supplier, Role.OWNER)

    page = supplier.get(reverse("receipt", args=[receipt.id]))
    seen = text_of(page)
    assert "Card-hours 1.0000 1.234567 1.234567" in seen
    assert "Total 1.234567" in seen
    one = supplier.get(f"/api/v1/receipts/{receipt.id}").json()
    listed = supplier.get("/api/v1/receipts").json()["items"][0]
    statement = supplier.get(f"/api/v1/suppliers/{region.supplier.id}/statement")
    assert statement.json()["owed_micro"] == 1_234_567
    for answer in (one, listed):
        assert (answer["total_micro"], answer["supplier_id"]) == (1_234_567, str(region.supplier.id))
        untold = ("organisation_id", "voucher_id", "voucher_micro", "wallet_micro", "released_micro")
        assert {name: answer[name] for name in untold} == dict.fromkeys(untold)
        assert (answer["organisation_name"], answer["voucher_number"]) == ("", "")
    months = b"".join(supplier.get(reverse("supplier") + "?export=csv"))
    account = supplier.get(reverse("supplier")).content
    bodies = (page.content, statement.content, months, account, supplier.get(reverse("wallet")).content)
    for body in bodies:
        assert number.encode() not in body
        assert str(region.firm.id).encode() not in body
        assert ">Firm<" not in body.decode()
    assert "paid by voucher" not in seen
    assert "paid from the wallet" not in seen
    assert "Firm" not in seen

    told = signed_in(region.office, Role.VIEWER).get(f"/api/v1/receipts/{receipt.id}").json()
    assert (told["organisation_name"], told["voucher_number"], told["wallet_micro"]) == ("Firm", number, 617_284)


def test_the_command_line_shows_a_supplier_its_receipt_without_the_payer(region, credit, settled, signed_in, capsys):
    credit(50)
    receipt = settled()
    address = f"/api/v1/receipts/{receipt.id}"
    show_receipt(signed_in(region.supplier, Role.OWNER).get(address).json())
    owed = capsys.readouterr().out
    show_receipt(signed_in(region.firm).get(address).json())
    paid = capsys.readouterr().out
    assert receipt.number in owed
    assert "1.00" in owed
    for told in ("Firm", "19.00"):  # who paid, and what was freed of 20 yuan
        assert (told in owed, told in paid) == (False, True)


def test_a_supplier_that_is_also_the_payer_sees_how_it_paid(region, credit, settled):
    credit(50)
    row = settled()
    owner = member(region.firm)
    assert row.shows_payer_to(owner)
    assert not row.shows_payer_to(member(region.supplier))
    assert not row.shows_payer_to(member(region.firm, Role.VIEWER))  # has no wallet.view
    own = queries.receipt(actor=owner, receipt_id=row.id)
    assert (own.shows_payer, own.wallet_micro, own.held_micro) == (True, YUAN, 20 * YUAN)
    owed = queries.receipt(actor=member(region.supplier), receipt_id=row.id)
    assert (owed.shows_payer, owed.wallet_micro, owed.held_micro, owed.total_micro) == (False, None, None, YUAN)


def test_a_receipt_is_seen_by_payer_supplier_and_office_and_by_nobody_else(region, credit, settled, signed_in):
    credit(50)
    url = reverse("receipt", args=[settled().id])
    for organisation, role in (
        (region.firm, Role.DEVELOPER),
        (region.supplier, Role.OWNER),
        (region.office, Role.VIEWER),
    ):
        assert signed_in(organisation, role).get(url).status_code == 200
    assert signed_in(region.other_firm, Role.OWNER).get(url).status_code == 404
    assert signed_in(region.firm, Role.VIEWER).get(url).status_code == 404


def test_the_statement_lists_every_movement_of_the_ledger(region, credit, settled, signed_in):
    credit(50)
    settled(hours=3)
    lines = [
        " ".join(re.sub(r"<[^>]+>", " ", row).split())
        for row in re.findall(
            r"<tr>(.*?)</tr>", signed_in(region.firm).get(reverse("wallet_statement")).content.decode(), re.S
        )
    ]
    assert [re.sub(r"^[\d-]+ [\d:]+ ", "", line) for line in lines[1:]] == [
        f"A job settled {Receipt.objects.get().number} -20.00 -3.00",
        f"Set aside for a job {Receipt.objects.get().number} +20.00 –",
        "Money paid in – – + 50.00",
    ]


def test_receipts_are_exported_whole_and_filtered_by_date(region, credit, settled, signed_in, monkeypatch):
    credit(90)
    numbers = {settled().number for _each in range(3)}
    monkeypatch.setattr("qianhang.funding.portal.wallet.CSV_CHUNK", 2)
    client = signed_in(region.firm)

    body = b"".join(client.get(reverse("wallet"), {"export": "csv"})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert {row[0] for row in rows[1:]} == numbers
    assert rows[1][3] == "1"
    nothing = client.get(reverse("wallet"), {"until": "2000-01-01"}).content.decode()
    assert not any(number in nothing for number in numbers)


def test_an_empty_wallet_says_what_will_be_here(region, signed_in):
    seen = text_of(signed_in(region.firm).get(reverse("wallet")))
    assert "Available 0.00 yuan" in seen
    assert "No vouchers" in seen
    assert "No receipts yet" in seen
    assert "Nothing has moved yet" in text_of(signed_in(region.firm).get(reverse("wallet_statement")))


def test_the_wallet_asks_as_much_for_many_receipts_as_for_one(region, credit, settled, signed_in):
    credit(500)
    client = signed_in(region.firm)
    settled()
    with CaptureQueriesContext(connection) as for_one:
        client.get(reverse("wallet"))
    for _more in range(9):
        settled()
    with CaptureQueriesContext(connection) as for_ten:
        client.get(reverse("wallet"))
    assert len(for_ten) == len(for_one) <= 14


# ── the office's desk ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_click_credits_a_wallet_once(region, signed_in):
    office = signed_in(region.office, Role.FINANCE)
    filled = {"key": "k1", "organisation_id": str(region.firm.id), "amount_micro": "1,200.50", "reason": "bank 4711"}
    for _click in range(2):
        response = office.post(reverse("top_up"), filled, follow=True)
        assert "it now has 1,200.50 yuan" in text_of(response)
    assert queries.wallet_of(actor=SYSTEM, organisation_id=region.firm.id).credited_micro == 1_200_500_000


def test_a_wrong_amount_stands_beside_its_field_and_moves_nothing(region, signed_in):
    office = signed_in(region.office, Role.FINANCE)
    for amount in ("a lot", "-5", "0", "0.001", "1e400", "2000000000"):
        filled = {"key": "k", "organisation_id": str(region.firm.id), "amount_micro": amount, "reason": "r"}
        response = office.post(reverse("top_up"), filled)
        assert response.status_code == 422, amount
        assert f'value="{amount}"' in response.content.decode()
    assert queries.wallet_of(actor=SYSTEM, organisation_id=region.firm.id).credited_micro == 0


def test_nobody_but_the_office_reaches_its_desk(region, programme, signed_in):
    pages = [
        reverse("office_money"),
        reverse("programme_list"),
        reverse("programme_new"),
        reverse("programme", args=[programme]),
    ]
    posts = [
        reverse("top_up"), reverse("payout"), reverse("programme_fund", args=[programme]),
        reverse("voucher_issue", args=[programme]),
    ]  # fmt: skip
    for organisation in (region.firm, region.supplier):
        client = signed_in(organisation, Role.OWNER)
        assert [client.get(url).status_code for url in pages] == [403] * 4
        assert {client.post(url, {"key": "k"}).status_code for url in posts} <= {403, 404, 422}
    assert (Voucher.objects.count(), Payout.objects.count(), VoucherProgramme.objects.count()) == (0, 0, 1)
    assert queries.programme_of(actor=SYSTEM, programme_id=programme).budget == 250 * YUAN


def test_a_payout_asks_who_it_is_first_keeps_what_was_filled_in_and_is_recorded_once(
    region, credit, settled, signed_in
):
    credit(50)
    settled(hours=7)
    filled = {"key": "p1", "supplier_id": str(region.supplier.id), "amount_micro": "5", "bank_reference": "B-1"}

    stale = signed_in(region.office, Role.FINANCE)
    asked = stale.post(reverse("payout"), filled, headers={"Referer": "http://testserver" + reverse("office_money")})
    assert asked.status_code == 302
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert Payout.objects.count() == 0

    back = stale.get(reverse("office_money")).content.decode()
    assert all(f'value="{filled[name]}"' in back for name in ("key", "amount_micro", "bank_reference"))
    assert f'<option value="{region.supplier.id}" selected>' in back
    assert 'value="B-1"' not in stale.get(reverse("office_money")).content.decode()

    fresh = signed_in(region.office, Role.FINANCE, confirmed=True)
    for _click in range(2):
        assert fresh.post(reverse("payout"), filled).status_code == 302
    assert [payout.amount_micro for payout in Payout.objects.all()] == [5 * YUAN]

    above = fresh.post(reverse("payout"), {**filled, "key": "p2", "amount_micro": "2.01"})
    assert above.status_code == 422
    assert "is owed 2.00 yuan; 2.01 yuan cannot be paid out." in text_of(above)


def test_a_programme_is_opened_funded_and_gives_a_voucher_once(region, signed_in):
    office = signed_in(region.office, Role.OWNER)
    made = office.post(
        reverse("programme_new"),
        {"name": "算力券", "slug": "compute-1", "share_ppm": "37.5", "cap": "1000", "valid_days": "90"},
    )
    programme = VoucherProgramme.objects.get()
    assert made["Location"] == reverse("programme", args=[programme.id])
    assert (programme.share_ppm, programme.cap) == (375_000, 1_000 * YUAN)

    unfunded = office.post(
        reverse("voucher_issue", args=[programme.id]), {"key": "v", "organisation_id": str(region.firm.id)}
    )
    assert unfunded.status_code == 422
    assert "The voucher programme has 0.00 CNY available" in text_of(unfunded)

    office.post(reverse("programme_fund", args=[programme.id]), {"key": "b", "amount": "1500", "reason": "budget"})
    for _click in range(2):
        office.post(
            reverse("voucher_issue", args=[programme.id]),
            {"key": "v", "organisation_id": str(region.firm.id), "face": "800"},
        )
    voucher = Voucher.objects.get()
    assert (voucher.face, voucher.organisation_id) == (800 * YUAN, region.firm.id)
    seen = text_of(office.get(reverse("programme", args=[programme.id])))
    assert "Still to issue 700.00 yuan" in seen
    assert "Pays 37.5% of each job" in seen


def test_a_voucher_is_frozen_unfrozen_and_revoked_with_a_reason(region, programme, voucher, signed_in):
    office = signed_in(region.office, Role.OWNER)
    url = reverse("voucher_step", args=[voucher])
    for step, state in (("freeze", "frozen"), ("unfreeze", "active"), ("revoke", "revoked")):
        office.post(url, {"step": step, "reason": "because"})
        assert Voucher.objects.get().state == state
    assert office.post(url, {"step": "freeze", "reason": "again"}).status_code == 409
    assert office.post(url, {"step": "melt"}).status_code == 404


@pytest.mark.parametrize("share", ["0", "101", "-5", "half", "NaN", "12.34567"])
def test_a_share_that_is_none_is_refused_beside_its_field(region, signed_in, share):
    office = signed_in(region.office, Role.OWNER)
    response = office.post(
        reverse("programme_new"), {"name": "n", "slug": "s", "share_ppm": share, "cap": "1", "valid_days": "1"}
    )
    assert response.status_code == 422
    assert f'value="{share}"' in response.content.decode()
    assert VoucherProgramme.objects.count() == 0


def test_no_organisation_is_chosen_beforehand_where_money_moves(region, credit, settled, programme, signed_in):
    credit(50)
    settled()
    office = signed_in(region.office, Role.OWNER)
    seen = "".join(
        office.get(page).content.decode() for page in (reverse("office_money"), reverse("programme", args=[programme]))
    )
    chosen = re.findall(r'<select[^>]* name="(\w+_id)".*?<option value="([^"]*)"', seen, re.S)
    assert chosen == [("organisation_id", ""), ("supplier_id", ""), ("organisation_id", "")]
    assert not re.findall(r'<option value="[0-9a-f-]{36}" selected', seen)


def test_many_vouchers_take_the_same_step_with_one_reason_and_are_exported(region, programme, signed_in):
    office = signed_in(region.office, Role.OWNER)
    for key in ("a", "b"):
        sent = {"key": key, "organisation_id": str(region.firm.id), "face": "10"}
        assert office.post(reverse("voucher_issue", args=[programme]), sent).status_code == 302
    url = reverse("voucher_bulk", args=[programme])
    sent = {
        "action": "freeze",
        "id": [str(pk) for pk in Voucher.objects.values_list("id", flat=True)],
        "confirmed": "1",
    }

    assert office.post(url, sent).status_code == 422
    for _click in range(2):
        office.post(url, {**sent, "reason": "looked into"})
    assert set(Voucher.objects.values_list("state", "state_reason")) == {("frozen", "looked into")}
    said = text_of(office.get(reverse("programme", args=[programme])))
    assert "2 done." in said
    assert "2 were so already" in said

    page = office.get(reverse("programme", args=[programme]), {"state": "frozen", "export": "csv"})
    lines = b"".join(page.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].split(",")[1:4] == ["Frozen", region.firm.name, "10"]
