"""Programmes, vouchers, top-ups and payouts."""

from datetime import timedelta

import pytest
from django.db import transaction

from qianhang.core.access import Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import new_id, now
from qianhang.core.errors import Forbidden, InvalidInput, NotFound, StepUpRequired
from qianhang.core.ledger.models import Transfer
from qianhang.core.people.models import OrganisationState
from qianhang.funding import queries
from qianhang.funding.errors import (
    AboveOwed,
    InsufficientFunds,
    KeyReused,
    NotActive,
    SlugTaken,
    VoucherStateRefused,
    VoucherUnusable,
)
from qianhang.funding.models import Payout, Voucher, VoucherProgramme
from qianhang.funding.services import (
    create_voucher_programme,
    expire_vouchers,
    freeze_voucher,
    fund_voucher_programme,
    issue_voucher,
    make_payout,
    open_wallet,
    place_hold,
    revoke_voucher,
    settle_hold,
    top_up_wallet,
    unfreeze_voucher,
)

from .conftest import SYSTEM, YUAN, member


def make_programme(region, **changes):
    details = {
        "actor": region.official,
        "organisation_id": region.office.id,
        "slug": "half",
        "name": "Half",
        "share_ppm": 500_000,
        "cap": 100 * YUAN,
        "valid_days": 30,
    }
    return create_voucher_programme(**details | changes)


def issue(region, programme, **changes):
    details = {
        "actor": region.official,
        "programme_id": programme,
        "organisation_id": region.firm.id,
        "key": "one",
    }
    return issue_voucher(**details | changes)


def test_a_voucher_takes_its_face_out_of_the_pool(region, programme):
    given = issue(region, programme, face=80 * YUAN)
    assert (given.face, given.available, given.state, given.share_ppm) == (80 * YUAN, 80 * YUAN, "active", 500_000)
    assert given.number.startswith("V20")
    assert given.expires_at - given.issued_at == timedelta(days=30)
    pool = queries.programme_of(actor=region.official, programme_id=programme)
    assert (pool.budget, pool.available, pool.issued, pool.vouchers) == (250 * YUAN, 170 * YUAN, 80 * YUAN, 1)


def test_without_a_face_a_voucher_is_worth_the_programmes_cap(region, programme):
    assert issue(region, programme).face == 100 * YUAN


def test_the_same_decision_issues_one_voucher(region, programme):
    first = issue(region, programme)
    assert issue(region, programme) == first
    assert Voucher.objects.count() == 1
    with pytest.raises(KeyReused):
        issue(region, programme, face=10 * YUAN)
    with pytest.raises(KeyReused):
        issue(region, programme, organisation_id=region.other_firm.id)


def test_more_vouchers_than_the_pool_can_pay_are_refused_and_leave_no_trace(region, programme):
    issue(region, programme, key="one")
    issue(region, programme, key="two")
    before = (Voucher.objects.count(), Transfer.objects.count(), AuditEntry.objects.count())
    with pytest.raises(InsufficientFunds) as refused:
        issue(region, programme, key="three")
    assert refused.value.facts["available_micro"] == 50 * YUAN
    assert (Voucher.objects.count(), Transfer.objects.count(), AuditEntry.objects.count()) == before


@pytest.mark.parametrize("face", [0, -1, 100 * YUAN + 10_000, 5_000])
def test_a_face_that_is_nothing_above_the_cap_or_part_of_a_fen_is_refused(region, programme, face):
    with pytest.raises(InvalidInput) as refused:
        issue(region, programme, face=face)
    assert [problem.path for problem in refused.value.problems] == ["face"]
    assert Voucher.objects.count() == 0


def test_only_an_active_organisation_gets_a_voucher(region, programme):
    region.firm.state = OrganisationState.SUSPENDED
    region.firm.save()
    with pytest.raises(NotActive):
        issue(region, programme)


def test_only_the_programme_office_opens_programmes_and_issues(region, programme):
    with pytest.raises(Forbidden):
        issue_voucher(actor=region.developer, programme_id=programme, organisation_id=region.firm.id, key="me")
    with pytest.raises(Forbidden):
        create_voucher_programme(
            actor=region.developer,
            organisation_id=region.firm.id,
            slug="mine",
            name="Mine",
            share_ppm=1,
            cap=YUAN,
            valid_days=1,
        )
    assert (Voucher.objects.count(), VoucherProgramme.objects.count()) == (0, 1)


def test_every_wrong_field_of_a_programme_is_named_at_once(region):
    with pytest.raises(InvalidInput) as refused:
        make_programme(region, slug="no spaces", share_ppm=1_000_001, valid_days=0)
    assert [problem.path for problem in refused.value.problems] == ["slug", "share_ppm", "valid_days"]


def test_two_programmes_cannot_share_a_slug(region, programme):
    with pytest.raises(SlugTaken):
        make_programme(region)


def test_a_programme_may_count_in_tokens_and_its_vouchers_do_not_pay_for_compute(region, credit):
    credit(50)
    tokens = make_programme(region, slug="tokens", kind="model", unit="tokens", cap=1_000_000)
    fund_voucher_programme(
        actor=region.official, programme_id=tokens.id, amount=5_000_000, key="2026", reason="budget", payer="Province"
    )
    given = issue(region, tokens.id)
    assert (given.unit, given.available) == ("tokens", 1_000_000)
    with pytest.raises(VoucherUnusable) as refused, transaction.atomic():
        place_hold(
            actor=region.developer,
            reference=new_id(),
            organisation_id=region.firm.id,
            amount_micro=YUAN,
            voucher_id=given.id,
        )
    assert refused.value.reason == "other_kind"


def test_budget_counts_once_however_often_it_is_sent(region, programme):
    for _ in range(2):
        seen = fund_voucher_programme(
            actor=region.official, programme_id=programme, amount=250 * YUAN, key="2026", reason="again"
        )
    assert seen.budget == 250 * YUAN
    with pytest.raises(KeyReused):
        fund_voucher_programme(
            actor=region.official, programme_id=programme, amount=251 * YUAN, key="2026", reason="more"
        )


def test_a_frozen_voucher_can_be_thawed_and_a_revoked_one_cannot(region, voucher):
    freeze_voucher(actor=region.official, voucher_id=voucher, reason="check")
    assert unfreeze_voucher(actor=region.official, voucher_id=voucher, reason="checked").state == "active"
    revoked = revoke_voucher(actor=region.official, voucher_id=voucher, reason="ineligible")
    assert (revoked.state, revoked.available, revoked.returned) == ("revoked", 0, 100 * YUAN)
    with pytest.raises(VoucherStateRefused):
        unfreeze_voucher(actor=region.official, voucher_id=voucher, reason="mercy")


def test_freezing_needs_a_reason(region, voucher):
    with pytest.raises(InvalidInput):
        freeze_voucher(actor=region.official, voucher_id=voucher, reason="  ")
    assert Voucher.objects.get(id=voucher).state == "active"


def test_expiry_returns_unspent_value_once(region, programme, voucher):
    at = now() + timedelta(days=30, seconds=1)
    assert expire_vouchers(actor=SYSTEM, at=now()) == 0
    assert [expire_vouchers(actor=SYSTEM, at=at) for _ in range(2)] == [1, 0]
    seen = queries.voucher_of(actor=region.developer, voucher_id=voucher)
    assert (seen.state, seen.available, seen.returned) == ("expired", 0, 100 * YUAN)
    assert queries.programme_of(actor=region.official, programme_id=programme).available == 250 * YUAN


def test_usable_vouchers_are_those_that_can_pay_now_the_next_to_expire_first(region, programme):
    later = issue(region, programme, key="later")
    sooner = issue(region, programme, key="sooner")
    Voucher.objects.filter(id=sooner.id).update(expires_at=now() + timedelta(days=1))
    usable = queries.usable_vouchers(actor=region.developer, organisation_id=region.firm.id)
    assert [voucher.id for voucher in usable] == [sooner.id, later.id]
    freeze_voucher(actor=region.official, voucher_id=later.id, reason="check")
    usable = queries.usable_vouchers(actor=region.developer, organisation_id=region.firm.id)
    assert [voucher.id for voucher in usable] == [sooner.id]


def test_a_voucher_is_found_by_its_number_in_any_case(region, voucher):
    number = Voucher.objects.get(id=voucher).number
    found = queries.usable_voucher(
        actor=region.developer, organisation_id=region.firm.id, voucher=f" {number.lower()} "
    )
    assert (found.id, found.available_micro, found.share_ppm) == (voucher, 100 * YUAN, 500_000)


def test_balances_of_many_vouchers_take_as_many_queries_as_of_one(region, programme, django_assert_num_queries):
    issue(region, programme, key="one", face=YUAN)
    with django_assert_num_queries(3):
        assert len(queries.vouchers_of(actor=region.developer, organisation_id=region.firm.id)) == 1
    for number in range(20):
        issue(region, programme, key=f"more-{number}", face=YUAN)
    with django_assert_num_queries(3):
        assert len(queries.vouchers_of(actor=region.developer, organisation_id=region.firm.id)) == 21


def test_a_payment_that_is_booked_twice_counts_once(region):
    for _ in range(2):
        wallet = top_up_wallet(
            actor=region.official,
            organisation_id=region.firm.id,
            amount_micro=5 * YUAN,
            key="bank-1",
            reason="transfer",
        )
    assert wallet.available_micro == 5 * YUAN
    assert AuditEntry.objects.filter(action="wallet.topped_up").count() == 1
    with pytest.raises(KeyReused):
        top_up_wallet(
            actor=region.official,
            organisation_id=region.firm.id,
            amount_micro=6 * YUAN,
            key="bank-1",
            reason="transfer",
        )


@pytest.mark.parametrize("amount", [0, -YUAN, 1, 10**15 + 10_000])
def test_a_top_up_of_nothing_less_or_a_part_of_a_fen_is_refused(region, amount):
    with pytest.raises(InvalidInput):
        top_up_wallet(actor=region.official, organisation_id=region.firm.id, amount_micro=amount, key="k", reason="r")
    assert Transfer.objects.count() == 0


def test_nobody_credits_their_own_wallet(region):
    with pytest.raises(Forbidden):
        top_up_wallet(
            actor=member(region.firm, Role.OWNER),
            organisation_id=region.firm.id,
            amount_micro=YUAN,
            key="k",
            reason="r",
        )


def test_opening_a_wallet_twice_opens_one(region):
    first = open_wallet(actor=region.developer, organisation_id=region.firm.id)
    assert open_wallet(actor=region.developer, organisation_id=region.firm.id) == first


def test_a_wallet_that_was_never_opened_is_empty_and_a_foreign_one_does_not_exist(region):
    empty = queries.wallet_of(actor=region.developer, organisation_id=region.firm.id)
    assert (empty.available_micro, empty.held_micro) == (0, 0)
    with pytest.raises(NotFound):
        queries.wallet_of(actor=region.stranger, organisation_id=region.firm.id)


@pytest.fixture
def earned(region, credit, metered):
    """The supplier is owed 12 yuan."""
    credit(50)
    reference = new_id()
    place_hold(actor=region.developer, reference=reference, organisation_id=region.firm.id, amount_micro=20 * YUAN)
    settle_hold(
        actor=SYSTEM,
        reference=reference,
        supplier_id=region.supplier.id,
        lines=[metered(reference, 3_600_000, 12 * YUAN)],
        occurred_at=now(),
    )


def pay(region, yuan, *, actor=None, key="p1"):
    return make_payout(
        actor=actor or region.official,
        supplier_id=region.supplier.id,
        amount_micro=yuan * YUAN,
        bank_reference="bank 7",
        key=key,
    )


def test_a_payout_lowers_what_is_owed_and_is_made_once(region, earned):
    first = pay(region, 7)
    assert pay(region, 7) == first
    seen = queries.statement_of_supplier(actor=region.seller, supplier_id=region.supplier.id)
    assert (seen.earned_micro, seen.paid_micro, seen.owed_micro) == (12 * YUAN, 7 * YUAN, 5 * YUAN)
    assert [(month.receipts, month.earned_micro) for month in seen.months] == [(1, 12 * YUAN)]
    assert [payout.amount_micro for payout in seen.payouts] == [7 * YUAN]


def test_a_payout_above_what_is_owed_is_refused_and_leaves_no_trace(region, earned):
    before = (Transfer.objects.count(), AuditEntry.objects.count())
    with pytest.raises(AboveOwed):
        pay(region, 13)
    assert (Payout.objects.count(), Transfer.objects.count(), AuditEntry.objects.count()) == (0, *before)


def test_a_payout_needs_a_recent_proof_of_who_pays(region, earned):
    with pytest.raises(StepUpRequired):
        pay(region, 1, actor=member(region.office))
    with pytest.raises(NotFound):
        pay(region, 1, actor=region.developer)
    assert Payout.objects.count() == 0


def test_a_strangers_statement_does_not_exist(region, earned):
    with pytest.raises(NotFound):
        queries.statement_of_supplier(actor=region.developer, supplier_id=region.supplier.id)
