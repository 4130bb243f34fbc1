"""Dates of a paragraph: the last day each means, and which of them end no promise."""

from datetime import date

import pytest

from qianhang.programme.reading.deadlines import find_deadlines

MADE_ON = date(2025, 3, 10)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("到2027年底,建成三座", date(2027, 12, 31)),
        ("到2030年,全面建成", date(2030, 12, 31)),
        ("2026年6月底前完成", date(2026, 6, 30)),
        ("2026年2月底前完成", date(2026, 2, 28)),
        ("2026年上半年完成", date(2026, 6, 30)),
        ("2025年三季度上线", date(2025, 9, 30)),
        ("2027年3月15日前报送", date(2027, 3, 15)),
        ("到“十四五”末,形成体系", date(2025, 12, 31)),
        ("“十五五”期间持续推进", date(2030, 12, 31)),
        ("2025-2027年,每年新增", date(2027, 12, 31)),
        ("到二〇二五年,基本建成", date(2025, 12, 31)),
        ("2027年前建成", date(2026, 12, 31)),
        ("2027年底前建成", date(2027, 12, 31)),
        ("三年内培育十家", date(2028, 12, 31)),
        ("年内建成", date(2025, 12, 31)),
        ("今年年底前完成", date(2025, 12, 31)),
    ],
)
def test_a_date_means_its_last_day(words: str, day: date) -> None:
    assert [one.day for one in find_deadlines(words, MADE_ON)] == [day]


@pytest.mark.parametrize(
    "words", ["比2020年增长一半", "较2023年提高", "2021年以来", "截至2024年底,已有", "从2024年的28%"]
)
def test_a_date_of_comparison_or_of_the_past_looks_back(words: str) -> None:
    assert [one.looks_back for one in find_deadlines(words, MADE_ON)] == [True]


@pytest.mark.parametrize("words", ["2021年版标准", "2024年度考核", "第3年级", "建设5G网络", "三年级学生", ""])
def test_other_numbers_are_no_dates(words: str) -> None:
    assert find_deadlines(words, MADE_ON) == []


def test_a_span_names_no_date_where_the_plan_states_its_years() -> None:
    assert [one.day for one in find_deadlines("三年内培育十家,2026年评估", MADE_ON, (2025, 2027))] == [
        None,
        date(2026, 12, 31),
    ]


def test_a_span_without_the_documents_date_has_no_day() -> None:
    assert [one.day for one in find_deadlines("三年内培育十家", None)] == [None]
