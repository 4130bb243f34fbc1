"""Tables of indicators: a target for each indicator and year."""

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
