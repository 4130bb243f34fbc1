from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from qianhang.core.access import Permission, Role
from qianhang.core.people.rules.credit_code import ALPHABET, code_problem, compact_code
from qianhang.core.people.rules.keys import cut_to_scopes, hash_secret, key_problems, looks_like_secret
from qianhang.core.people.rules.roles import may_assign

HELD = frozenset({Permission.JOB_VIEW, Permission.JOB_SUBMIT})
AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("code", ["91110000600037341L", "91110000802100433B"])
def test_a_real_code_is_accepted(code):
    assert code_problem(code) is None


def test_spaces_hyphens_and_small_letters_are_how_people_type():
    assert compact_code(" 9111 0000-6000 37341l ") == "91110000600037341L"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("", "length"),
        ("91110000600037341", "length"),
        ("91110000600037341L0", "length"),
        ("9111000060003734IL", "character"),
        ("911100006000３7341L", "character"),
        ("9111A000600037341L", "region"),
        ("91110000600037341X", "checksum"),
        ("91110000600037314L", "checksum"),
    ],
)
def test_each_mistake_is_named(code, kind):
    problem = code_problem(code)
    assert problem is not None
    assert problem[1] == kind


def test_a_letter_in_the_first_place_is_what_the_standard_allows():
    """GB 32100: N is an agricultural collective. python-stdnum's own validate would refuse it."""
    body = "N2220100MF1234567"
    assert code_problem(body + uscc.calc_check_digit(body)) is None
    assert not uscc.is_valid(body + uscc.calc_check_digit(body))


@given(st.text(alphabet=sorted(ALPHABET), min_size=9, max_size=9), st.integers(0, 16), st.data())
def test_any_single_mistyped_character_is_noticed(tail, place, data):
    body = "91220101" + tail
    code = body + uscc.calc_check_digit(body)
    other = data.draw(st.sampled_from(sorted(ALPHABET - {code[place]})))
    assert code_problem(code) is None
    assert code_problem(code[:place] + other + code[place + 1 :]) is not None


@pytest.mark.parametrize(
    ("own", "before", "after", "allowed"),
    [
        (Role.OWNER, None, Role.OWNER, True),
        (Role.ADMIN, None, Role.OWNER, False),
        (Role.ADMIN, Role.OWNER, Role.VIEWER, False),
        (Role.ADMIN, Role.OWNER, None, False),
        (Role.ADMIN, Role.DEVELOPER, Role.ADMIN, True),
        (Role.ADMIN, Role.ADMIN, None, True),
    ],
)
def test_only_an_owner_makes_and_unmakes_owners(own, before, after, allowed):
    assert may_assign(own_role=own, before=before, after=after) is allowed


def test_a_key_may_do_what_its_person_may_as_far_as_its_scopes_go():
    assert cut_to_scopes(HELD, ["job.view", "payout.make"]) == {Permission.JOB_VIEW}
    assert cut_to_scopes(frozenset(), ["job.view"]) == frozenset()


@pytest.mark.parametrize(
    ("name", "scopes", "expires_at", "codes"),
    [
        ("ci", ["job.view"], AT + timedelta(days=366), []),
        (" ", ["job.view"], AT + timedelta(days=1), ["length"]),
        ("x" * 81, ["job.view"], AT + timedelta(days=1), ["length"]),
        ("ci", [], AT + timedelta(days=1), ["empty"]),
        ("ci", ["payout.make"], AT + timedelta(days=1), ["not_held"]),
        ("ci", ["no.such"], AT + timedelta(days=1), ["not_held"]),
        ("ci", ["job.view"], AT, ["past"]),
        ("ci", ["job.view"], AT + timedelta(days=366, seconds=1), ["too_far"]),
    ],
)
def test_what_is_wrong_with_a_wish_for_a_key(name, scopes, expires_at, codes):
    found = key_problems(name=name, scopes=scopes, held=HELD, expires_at=expires_at, at=AT)
    assert [code for _path, _message, code in found] == codes


def test_a_secret_is_recognised_before_the_database_is_asked():
    assert looks_like_secret("qh_" + "A" * 43)
    assert not looks_like_secret("qh_" + "A" * 42 + "=")
    assert len(hash_secret("qh_" + "A" * 43)) == 32
