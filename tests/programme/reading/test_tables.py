"""Tables of indicators: a target for each indicator and year."""

from qianhang.programme.reading.read import read_plan
from tests.programme.reading.test_targets import shown, targets


def test_a_table_of_indicators_has_a_target_for_each_year() -> None:
    rows = "\n".join(
        (
            "序号\t指标名称\t单位\t2023年(基期)\t2025年\t2027年",
            "1\t智慧码头数量\t个\t2\t5\t≥8",
            "2\t岸电使用率\t%\t50\t70\t90",
            "二、任务",
            "抓好落实。",
        )
    )
    assert shown(targets(rows)) == [
        ("智慧码头数量", "eq", "5", "个", "2025-12-31"),
        ("智慧码头数量", "gte", "8", "个", "2027-12-31"),
        ("岸电使用率", "eq", "70", "%", "2025-12-31"),
        ("岸电使用率", "eq", "90", "%", "2027-12-31"),
    ]


def test_a_table_of_indicators_may_stand_in_an_annex() -> None:
    text = "\n".join(
        (
            "云江市港口发展行动计划",
            "为加快发展,制定本计划。",
            "一、主要目标",
            "码头建设取得明显成效。",
            "二、重点任务",
            "(一)建设码头。推进码头改造。",
            "云江市人民政府",
            "2025年3月1日",
            "附件:主要指标表",
            "序号\t指标名称\t单位\t2025年\t2027年",
            "1\t智慧码头数量\t个\t5\t8",
        )
    )
    assert shown(tuple(read_plan(text).targets)) == [
        ("智慧码头数量", "eq", "5", "个", "2025-12-31"),
        ("智慧码头数量", "eq", "8", "个", "2027-12-31"),
    ]
