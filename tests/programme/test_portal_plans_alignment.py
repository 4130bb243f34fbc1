"""Which indicators of several plans are set side by side, and what never happens when they are."""

import string
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qianhang.programme.rules.alignment import (
    Named,
    Stated,
    align_names,
    align_targets,
    closeness,
    contrast,
    core,
)


def stated(plan: str, indicator: str, value: str, unit: str, year: int, **more) -> Stated:
    return Stated(plan, indicator, "gt", Decimal(value), None, unit, deadline=date(year, 12, 31), **more)


FLOPS = {"base": "FLOPS"}
A = stated("a", "全省智能算力规模", "5000", "PFLOPS", 2027, canonical=Decimal(5 * 10**18), **FLOPS)
B = stated("b", "智算服务规模", "5", "EFLOPS", 2030, canonical=Decimal(5 * 10**18), **FLOPS)


def test_one_indicator_under_two_names_and_in_two_units_is_one_row():
    (row,) = align_targets([A, B])
    assert row.of == {"a": [A], "b": [B]}
    found = contrast(row)
    assert (found.plans, found.same_value, found.most) == (2, True, 1)
    assert (found.earliest, found.latest) == (date(2027, 12, 31), date(2030, 12, 31))


def test_steps_of_one_plan_stand_in_one_cell_in_the_order_of_their_deadlines():
    later = stated("a", "核心产业规模", "500", "亿元", 2030)
    sooner = stated("a", "核心产业规模", "200", "亿元", 2027)
    other = stated("b", "人工智能核心产业规模", "1000", "亿元", 2030)
    (row,) = align_targets([later, other, sooner])
    assert row.of == {"a": [sooner, later], "b": [other]}
    assert contrast(row).most == 2


def test_what_is_brought_about_elsewhere_is_not_what_is_meant_itself():
    core_industry = stated("a", "核心产业规模", "1", "亿元", 2027)
    rows = align_targets([core_industry, stated("b", "带动相关产业规模", "1", "亿元", 2027)])
    assert [len(row.of) for row in rows] == [1, 1]


def test_the_same_name_in_another_unit_or_rhythm_is_another_row():
    rows = align_targets(
        [
            stated("a", "服务企业", "200", "家", 2027),
            stated("b", "服务企业", "90", "%", 2027, base="ratio"),
            stated("c", "服务企业", "200", "家", 2027, period="year"),
        ]
    )
    assert [len(row.of) for row in rows] == [1, 1, 1]


def test_classifiers_that_differ_in_style_alone_do_not_part_a_row():
    (row,) = align_targets([stated("a", "典型应用场景", "50", "个", 2027), stated("b", "应用场景", "60", "项", 2027)])
    assert row.plans == {"a", "b"}


def test_systems_that_one_plan_has_and_another_lacks():
    rows = align_names(
        [Named("a", "省算力统筹调度平台"), Named("b", "算力调度平台"), Named("b", "语料库"), Named("c", "应急指挥系统")]
    )
    assert [(row.name, sorted(row.plans)) for row in rows] == [
        ("算力调度平台", ["a", "b"]), ("语料库", ["b"]), ("应急指挥系统", ["c"]),
    ]  # fmt: skip


def test_names_that_share_only_what_all_such_names_share_are_not_one_thing():
    rows = align_names(
        [Named("a", "智能制造云服务平台"), Named("b", "全省算力调度服务平台"), Named("c", "公共数据平台")]
    )
    assert [len(row.of) for row in rows] == [1, 1, 1]
    (row,) = align_names([Named("a", "“人工智能+”农业行动"), Named("b", "智能农业")])
    assert row.plans == {"a", "b"}


LETTERS = "智能算力规模产业场景数据集大模型应用核心带动相关个" + string.ascii_lowercase[:4]
NAMES = st.text(LETTERS, min_size=1, max_size=12)
TARGETS = st.lists(
    st.builds(
        stated,
        st.sampled_from("abc"),
        NAMES,
        st.sampled_from(["1", "2"]),
        st.sampled_from(["个", "家", "亿元"]),
        st.integers(2025, 2030),
        id=st.uuids().map(str),
    ),
    max_size=25,
    unique_by=lambda one: one.id,
)


@given(TARGETS, st.randoms())
@settings(deadline=None, max_examples=60)
def test_every_target_is_in_exactly_one_row_whatever_their_order(targets, random):
    rows = align_targets(targets)
    assert sorted(one.id for row in rows for one in row.items()) == sorted(one.id for one in targets)
    for row in rows:
        for plan, found in row.of.items():
            assert {one.plan for one in found} == {plan}
            assert len({core(one.indicator) for one in found}) == 1
        assert len({(one.measure, one.period) for one in row.items()}) == 1
    mixed = list(targets)
    random.shuffle(mixed)

    def sets(found):
        return {frozenset(one.id for one in row.items()) for row in found}

    assert sets(align_targets(mixed)) == sets(rows)


@given(NAMES, NAMES)
@settings(deadline=None)
def test_closeness_is_symmetric_bounded_and_whole_for_equals(one, other):
    assert closeness(one, other) == closeness(other, one)
    assert 0 <= closeness(one, other) <= 1
    assert closeness(one, one) == 1
