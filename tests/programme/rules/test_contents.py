"""What people and strangers write is read strictly or refused in words, and nothing makes it fall over."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.rules.contents import Wrong, number, read_content
from qianhang.programme.rules.keys import finding_key, with_ordinals
from qianhang.programme.rules.outside import Unreadable, Value, read_series
from qianhang.programme.rules.resync import resync
from qianhang.programme.rules.tree import Node, ancestors, covering, nearest

KINDS = ("target", "task", "responsibility", "system", "milestone")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["indicator", "value", "value_max", "comparator", "deadline", "unit", "aim", "lead", "title", "name", "canonical"]
)


@given(st.sampled_from(KINDS), st.dictionaries(NAMES, anything))
def test_any_content_is_read_or_refused_by_field(kind, content):
    clean, problems = read_content(kind, content)
    if not problems:
        again, none = read_content(kind, clean)
        assert (again, none) == (clean, [])
        assert finding_key(kind, again) == finding_key(kind, clean)


@pytest.mark.parametrize(("text", "value"), [("5000", "5000"), (" 1,200.50 ", "1200.50"), (7, "7"), ("-0.5", "-0.5")])
def test_numbers_are_read_as_they_are_written(text, value):
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1e9", "12,50", "", "١٢", "1.", ".5", "NaN", None, 1.5, True, "9" * 61])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Wrong):
        number(text)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_of_values_is_read_or_refused(data):
    with contextlib.suppress(Unreadable):
        values = read_series(data, date_column="date", value_column="value")
        assert [one.day for one in values] == sorted({one.day for one in values})


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-05", date(2026, 3, 5)), ("2026/3/5", date(2026, 3, 5)), ("2026年3月5日", date(2026, 3, 5)),
        ("2024-02", date(2024, 2, 29)), ("2026年2月", date(2026, 2, 28)), ("2026", date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_a_day_is_read_in_the_ways_statistics_write_it(written, day):
    data = f"date,value\n{written},1\n".encode()
    assert read_series(data, date_column="date", value_column="value") == (Value(day, Decimal(1)),)


def test_a_wrapped_list_of_objects_is_a_series():
    data = b'{"meta": {}, "rows": [{"d": "2026-01-31", "v": 1.10}, {"d": "2026-02-28", "v": null}]}'
    assert read_series(data, date_column="d", value_column="v") == (Value(date(2026, 1, 31), Decimal("1.10")),)


def test_keys_tell_apart_what_differs_and_not_how_it_is_written():
    one = {"indicator": "智能算力规模", "value": "5000", "unit": "PFLOPS", "comparator": "gt", "section": "一"}
    same = {**one, "indicator": "智能 算力規模", "value": "5000.00", "unit": "ＰＦＬＯＰＳ"}
    assert finding_key("target", one) == finding_key("target", same)
    for change in ({"value": "500"}, {"comparator": "eq"}, {"section": "二"}, {"unit": "EFLOPS"}):
        assert finding_key("target", one) != finding_key("target", {**one, **change})
    assert len(set(with_ordinals(["a", "b", "a", "a"]))) == 4


@given(st.lists(st.text("ab", max_size=2), unique=True), st.lists(st.text("ab", max_size=2), unique=True))
def test_every_known_key_is_found_again_kept_or_gone(known, by_hand):
    change = resync(known=[*known, *by_hand], by_hand=by_hand, drafts=[])
    assert change.gone == frozenset(known) - frozenset(by_hand)


def test_a_tree_in_a_circle_ends_and_a_list_covers_what_is_below_it():
    nodes = {"a": Node("a", "b"), "b": Node("b", "a"), "c": Node("c", "a")}
    assert ancestors("a", nodes) == ["b"]
    assert ancestors("c", nodes) == ["a", "b"]
    assert covering("c", nodes, {"b": "units of b"}) == "units of b"
    assert covering("c", nodes, {}) is None
    assert (nearest("c/x/y", nodes), nearest("z", nodes)) == ("c", None)
