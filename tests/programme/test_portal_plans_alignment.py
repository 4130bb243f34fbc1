"""Which indicators of several plans are set side by side, and what never happens when they are."""

import string
from datetime import date
from decimal import Decimal

import pytest
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
    same_indicator,
    same_thing,
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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("公共开放数据平台", "省生态环境大数据平台"),
        ("公共开放数据平台", "全产业链大数据平台"),
        ("智能制造云服务平台", "全省算力调度服务平台"),
        ("人工智能云服务平台", "省级人工智能应用平台"),
        ("人工智能实训基地", "人工智能产业示范基地"),
        ("人工智能领域专项基金", "人工智能产业投资子基金"),
        ("养老高质量数据集", "公共领域高质量数据集"),
        ("算力调度平台", "算力调度机制"),
        ("“人工智能+”科技创新行动", "构建人工智能公共科技创新平台"),
        ("产业保障", "保障机制"),
        ("产业保障", "数据保障"),
        ("安全保障", "“人工智能+”公共安全"),
    ],
)
def test_names_that_share_only_what_all_such_names_share_are_not_one_thing(one, other):
    assert [len(row.of) for row in align_names([Named("a", one), Named("b", other)])] == [1, 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("全省算力调度服务平台", "全省算力统筹调度公共服务平台"),
        ("“人工智能+”农业行动", "智能农业"),
        ("“人工智能+”交通运输行动", "“人工智能+交通运输”"),
        ("测试数据集", "标准测试数据集"),
    ],
)
def test_one_thing_under_two_names_is_one_row(one, other):
    assert [len(row.of) for row in align_names([Named("a", one), Named("b", other)])] == [2]


@pytest.mark.parametrize(
    ("one", "other", "unit", "same"),
    [
        ("智能算力规模", "智算服务规模", "PFLOPS", True),
        ("智能算力规模", "通用算力规模", "PFLOPS", False),
        ("人工智能核心产业规模", "核心产业营业收入规模", "亿元", True),
        ("人工智能核心产业规模", "数字经济核心产业规模", "亿元", False),
        ("人工智能核心产业规模", "人工智能产业规模", "亿元", False),
        ("人工智能核心产业规模", "机器人产业规模", "亿元", False),
        ("高质量行业数据集", "具有行业影响力的高质量数据集", "个", True),
        ("高质量行业数据集", "行业应用模型", "个", False),
        ("服务企业", "培育企业", "家", False),
    ],
)
def test_indicators_are_one_when_unit_and_what_tells_them_apart_agree(one, other, unit, same):
    rows = align_targets([stated("a", one, "1", unit, 2027), stated("b", other, "2", unit, 2030)])
    assert [len(row.of) for row in rows] == ([2] if same else [1, 1])


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
    for measure in (closeness, same_indicator, same_thing):
        assert measure(one, other) == measure(other, one)
        assert 0 <= measure(one, other) <= 1
        assert measure(one, one) == 1
