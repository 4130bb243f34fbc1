"""Rating and splitting: exact examples, and the invariants of a receipt for any input."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.core.units.money import MICRO_PER_FEN, round_to_fen
from qianhang.funding.rules.rating import ChargeLine, QuoteLine, floor_to_fen, quote_cost, rate_line, rate_lines
from qianhang.funding.rules.split import PPM, split_charge
from qianhang.funding.rules.voucher_use import NEXT, Unusable, VoucherFacts, VoucherState, why_unusable

ORGANISATION = uuid.UUID("0190a0a0-0000-7000-8000-000000000001")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

quantities = st.integers(min_value=0, max_value=10_000 * 3_600_000)
prices = st.integers(min_value=0, max_value=1_000 * 1_000_000)
amounts = st.integers(min_value=0, max_value=10**12)
shares = st.integers(min_value=0, max_value=PPM)
charge_lines = st.lists(
    st.builds(
        ChargeLine,
        usage_record_id=st.uuids(),
        item=st.sampled_from(["card_hour", "cpu_hour"]),
        quantity_ms=quantities,
        price_micro_per_hour=prices,
    ),
    max_size=6,
)


def test_one_card_hour_at_12_yuan_costs_12_yuan():
    assert rate_line(quantity_ms=3_600_000, price_micro_per_hour=12_000_000) == 12_000_000


def test_half_a_micro_yuan_is_rounded_up_and_less_than_half_down():
    assert rate_line(quantity_ms=1_800_000, price_micro_per_hour=1) == 1
    assert rate_line(quantity_ms=1_799_999, price_micro_per_hour=1) == 0


def test_lines_keep_micro_yuan_and_only_their_sum_becomes_whole_fen():
    lines = [
        ChargeLine(uuid.UUID(int=1), "card_hour", 61_234, 6_800_000),
        ChargeLine(uuid.UUID(int=2), "cpu_hour", 244_936, 120_000),
    ]
    rating = rate_lines(lines, limit_micro=1_000_000)
    assert rating.amounts_micro == (115_664, 8_165)
    assert (rating.lines_micro, rating.rounding_micro, rating.waived_micro, rating.total_micro) == (
        123_829,
        -3_829,
        0,
        120_000,
    )


def test_use_beyond_the_hold_is_waived_and_says_how_much():
    line = ChargeLine(uuid.UUID(int=1), "cpu_hour", 3_600_000, 1_000_000)
    rating = rate_lines([line], limit_micro=900_000)
    assert (rating.lines_micro, rating.rounding_micro, rating.waived_micro, rating.total_micro) == (
        1_000_000,
        0,
        100_000,
        900_000,
    )


def test_a_quantity_or_a_price_below_zero_is_a_programming_error():
    with pytest.raises(ValueError, match="never negative"):
        rate_line(quantity_ms=-1, price_micro_per_hour=1)
    with pytest.raises(ValueError, match="never negative"):
        rate_line(quantity_ms=1, price_micro_per_hour=-1)


@pytest.mark.parametrize(
    ("total", "share", "limit", "voucher", "wallet"),
    [
        (1_000_000, 500_000, 10_000_000, 500_000, 500_000),
        (1_010_000, 500_000, 10_000_000, 500_000, 510_000),  # half of 1.01 yuan: the odd fen is the wallet's
        (1_000_000, 500_000, 300_000, 300_000, 700_000),  # the voucher has less than its share
        (1_000_000, 500_000, 305_000, 300_000, 700_000),  # and never pays a part of a fen
        (1_000_000, PPM, 10_000_000, 1_000_000, 0),
        (10_000, 500_000, 10_000_000, 0, 10_000),  # half a fen is no fen
        (0, 500_000, 10_000_000, 0, 0),
    ],
)
def test_the_voucher_pays_its_share_in_whole_fen_and_the_wallet_the_rest(total, share, limit, voucher, wallet):
    split = split_charge(total_micro=total, share_ppm=share, voucher_limit_micro=limit)
    assert (split.voucher_micro, split.wallet_micro) == (voucher, wallet)


@given(lines=charge_lines, limit=amounts)
def test_a_rating_adds_up_in_whole_fen_and_stays_within_the_limit(lines, limit):
    rating = rate_lines(lines, limit_micro=limit)
    assert rating.lines_micro + rating.rounding_micro - rating.waived_micro == rating.total_micro
    assert sum(rating.amounts_micro) == rating.lines_micro
    assert rating.total_micro % MICRO_PER_FEN == 0
    assert 0 <= rating.total_micro <= limit
    assert abs(rating.rounding_micro) <= MICRO_PER_FEN // 2
    assert rating.waived_micro >= 0


@given(lines=charge_lines, held=amounts, share=shares, on_voucher=amounts)
def test_no_settlement_needs_more_of_a_payer_than_that_payer_holds(lines, held, share, on_voucher):
    hold = split_charge(total_micro=held, share_ppm=share, voucher_limit_micro=on_voucher)
    rating = rate_lines(lines, limit_micro=held)
    paid = split_charge(total_micro=rating.total_micro, share_ppm=share, voucher_limit_micro=hold.voucher_micro)
    released = held - rating.total_micro
    assert paid.voucher_micro + paid.wallet_micro == rating.total_micro
    assert released + rating.total_micro == held
    assert 0 <= paid.voucher_micro <= hold.voucher_micro
    assert 0 <= paid.wallet_micro <= hold.wallet_micro
    assert released >= 0


@given(lines=charge_lines)
def test_using_exactly_what_was_quoted_costs_exactly_the_quote(lines):
    quoted = quote_cost([QuoteLine(line.item, line.quantity_ms, line.price_micro_per_hour) for line in lines])
    rating = rate_lines(lines, limit_micro=quoted)
    assert (rating.total_micro, rating.waived_micro) == (quoted, 0)


@given(lines=charge_lines, data=st.data())
def test_using_less_than_was_quoted_is_never_waived(lines, data):
    quoted = quote_cost([QuoteLine(line.item, line.quantity_ms, line.price_micro_per_hour) for line in lines])
    used = [
        ChargeLine(
            line.usage_record_id,
            line.item,
            data.draw(st.integers(0, line.quantity_ms)),
            line.price_micro_per_hour,
        )
        for line in lines
    ]
    assert rate_lines(used, limit_micro=quoted).waived_micro == 0


@given(amount=amounts)
def test_the_whole_fen_of_an_amount_are_the_nearest_below(amount):
    floor = floor_to_fen(amount)
    assert floor <= amount < floor + MICRO_PER_FEN
    assert abs(round_to_fen(amount) - amount) <= MICRO_PER_FEN // 2


def facts(**changes) -> VoucherFacts:
    known = {
        "organisation_id": ORGANISATION,
        "state": "active",
        "expires_at": NOON + timedelta(seconds=1),
        "kind": "compute",
        "unit": "CNY.micro",
        "available": 10_000,
    }
    return VoucherFacts(**known | changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"organisation_id": uuid.UUID(int=7)}, Unusable.OTHER_ORGANISATION),
        ({"state": "revoked"}, Unusable.REVOKED),
        ({"state": "frozen"}, Unusable.FROZEN),
        ({"state": "expired"}, Unusable.EXPIRED),
        ({"expires_at": NOON}, Unusable.EXPIRED),  # the moment of expiry is already too late
        ({"kind": "model"}, Unusable.OTHER_KIND),
        ({"unit": "tokens"}, Unusable.OTHER_UNIT),
        ({"available": 9_999}, Unusable.EMPTY),  # less than a fen pays nothing
        ({"state": "frozen", "expires_at": NOON}, Unusable.EXPIRED),  # unfreezing would not help
    ],
)
def test_a_voucher_pays_or_says_why_not(changes, reason):
    assert why_unusable(facts(**changes), organisation_id=ORGANISATION, kind="compute", at=NOON) == reason


def test_a_voucher_that_ended_never_lives_again():
    assert {state for state, following in NEXT.items() if not following} == {
        VoucherState.REVOKED,
        VoucherState.EXPIRED,
    }
