"""Rating and splitting: exact examples, and the invariants of a receipt for any input."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.core.units.money import MICRO_PER_FEN, exact_yuan, format_yuan, round_to_fen, up_to_fen
from qianhang.funding.rules.rating import ChargeLine, QuoteLine, quote_cost, rate_line, rate_lines
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


def test_a_charge_is_the_exact_sum_of_its_lines():
    lines = [
        ChargeLine(uuid.UUID(int=1), "card_hour", 61_234, 6_800_000),
        ChargeLine(uuid.UUID(int=2), "cpu_hour", 244_936, 120_000),
    ]
    rating = rate_lines(lines, limit_micro=1_000_000)
    assert rating.amounts_micro == (115_664, 8_165)
    assert (rating.lines_micro, rating.waived_micro, rating.total_micro) == (123_829, 0, 123_829)


def test_one_second_of_a_cpu_at_ten_fen_an_hour_costs_28_micro_yuan_and_holds_a_fen():
    second = QuoteLine("cpu_hour", 1_000, 100_000)
    assert quote_cost([second]) == MICRO_PER_FEN
    rating = rate_lines([ChargeLine(uuid.UUID(int=1), "cpu_hour", 1_000, 100_000)], limit_micro=MICRO_PER_FEN)
    assert (rating.total_micro, rating.waived_micro) == (28, 0)


def test_what_is_free_holds_nothing():
    assert quote_cost([QuoteLine("cpu_hour", 3_600_000, 0)]) == 0
    assert quote_cost([]) == 0


def test_use_beyond_the_hold_is_waived_and_says_how_much():
    line = ChargeLine(uuid.UUID(int=1), "cpu_hour", 3_600_000, 1_000_000)
    rating = rate_lines([line], limit_micro=900_000)
    assert (rating.lines_micro, rating.waived_micro, rating.total_micro) == (1_000_000, 100_000, 900_000)


def test_a_quantity_or_a_price_below_zero_is_a_programming_error():
    with pytest.raises(ValueError, match="never negative"):
        rate_line(quantity_ms=-1, price_micro_per_hour=1)
    with pytest.raises(ValueError, match="never negative"):
        rate_line(quantity_ms=1, price_micro_per_hour=-1)


@pytest.mark.parametrize(
    ("total", "share", "limit", "voucher", "wallet"),
    [
        (1_000_000, 500_000, 10_000_000, 500_000, 500_000),
        (1_010_000, 500_000, 10_000_000, 505_000, 505_000),  # half of 1.01 yuan is half a fen more
        (1_000_000, 500_000, 300_000, 300_000, 700_000),  # the voucher has less than its share
        (1_000_000, 500_000, 305_000, 305_000, 695_000),  # to its last micro-yuan
        (1_000_000, PPM, 10_000_000, 1_000_000, 0),
        (28, 500_000, 10_000_000, 14, 14),  # a second of a CPU is shared too
        (1, 500_000, 10_000_000, 0, 1),  # the odd micro-yuan is the wallet's
        (0, 500_000, 10_000_000, 0, 0),
    ],
)
def test_the_voucher_pays_its_share_and_the_wallet_the_rest(total, share, limit, voucher, wallet):
    split = split_charge(total_micro=total, share_ppm=share, voucher_limit_micro=limit)
    assert (split.voucher_micro, split.wallet_micro) == (voucher, wallet)


@given(lines=charge_lines, limit=amounts)
def test_a_rating_adds_up_and_stays_within_the_limit(lines, limit):
    rating = rate_lines(lines, limit_micro=limit)
    assert rating.lines_micro - rating.waived_micro == rating.total_micro
    assert sum(rating.amounts_micro) == rating.lines_micro
    assert 0 <= rating.total_micro <= limit
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
def test_a_hold_is_whole_fen_and_covers_the_whole_use_with_less_than_a_fen_to_spare(lines):
    held = quote_cost([QuoteLine(line.item, line.quantity_ms, line.price_micro_per_hour) for line in lines])
    rating = rate_lines(lines, limit_micro=held)
    assert held % MICRO_PER_FEN == 0
    assert rating.waived_micro == 0
    assert 0 <= held - rating.total_micro < MICRO_PER_FEN
    assert (held > 0) == (rating.total_micro > 0)


@given(lines=charge_lines, cut=st.integers(0, 10_000 * 3_600_000))
def test_cutting_a_job_in_two_never_makes_it_free(lines, cut):
    """Each line is rounded to a micro-yuan by itself, so two parts differ from the whole by less than one a line."""
    first = [ChargeLine(n.usage_record_id, n.item, min(cut, n.quantity_ms), n.price_micro_per_hour) for n in lines]
    rest = [ChargeLine(n.usage_record_id, n.item, max(n.quantity_ms - cut, 0), n.price_micro_per_hour) for n in lines]
    whole, *parts = (rate_lines(part, limit_micro=10**18).total_micro for part in (lines, first, rest))
    assert abs(sum(parts) - whole) <= len(lines)


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
def test_an_amount_goes_up_to_the_next_whole_fen_and_is_shown_in_the_nearest(amount):
    assert 0 <= up_to_fen(amount) - amount < MICRO_PER_FEN
    assert up_to_fen(amount) % MICRO_PER_FEN == 0
    assert abs(round_to_fen(amount) - amount) <= MICRO_PER_FEN // 2
    assert format_yuan(amount) == format_yuan(round_to_fen(amount))


@pytest.mark.parametrize(
    ("micro", "shown"),
    [
        (0, "0.00"),
        (28, "0.000028"),
        (10_000, "0.01"),
        (1_500_000, "1.50"),
        (-4_567, "-0.004567"),
        (10**12, "1,000,000.00"),
    ],
)
def test_an_exact_amount_has_as_many_decimals_as_it_needs(micro, shown):
    assert exact_yuan(micro) == shown


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
