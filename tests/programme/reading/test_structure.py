"""The task tree: marks of every style, numbering that restarts or runs on, lead-ins without a number."""

import pytest

from qianhang.programme.reading.read import read_plan


def paths(text: str) -> list[tuple[str, str]]:
    return [(task.path, task.title) for task in read_plan(text).tasks]


def test_arabic_numbers_may_restart_under_each_bracket() -> None:
    text = (
        "一、任务\n(一)算力\n1.建集群。统筹布局。\n2.通网络。畅通干线。\n(二)数据\n1.汇数据。归集资源。"
        "\n二、保障\n(一)组织。加强统筹。"
    )
    assert paths(text) == [
        ("一", "任务"),
        ("一/(一)", "算力"),
        ("一/(一)/1", "建集群"),
        ("一/(一)/2", "通网络"),
        ("一/(二)", "数据"),
        ("一/(二)/1", "汇数据"),
        ("二", "保障"),
        ("二/(一)", "组织"),
    ]


def test_arabic_numbers_may_run_on() -> None:
    text = "一、任务\n（一）算力\n1．建集群。统筹布局。\n（二）数据\n2．汇数据。归集资源。\n3．用数据。开放共享。"
    assert [path for path, _ in paths(text)] == [
        "一",
        "一/（一）",
        "一/（一）/1",
        "一/（二）",
        "一/（二）/2",
        "一/（二）/3",
    ]


@pytest.mark.parametrize("mark", ["1.", "1．", "1﹒", "1、"])
def test_an_arabic_mark_is_one_whatever_dot_it_has(mark: str) -> None:
    assert paths(f"一、任务\n{mark}加快集群建设。统筹布局全市资源。") == [("一", "任务"), ("一/1", "加快集群建设")]


def test_deeper_marks_nest_in_the_order_they_appear() -> None:
    text = (
        "第一章 总则\n第一条 为了加快发展。\n第二章 任务\n第二条 建设平台。\n一、平台\n(1)选址。确定地点。"
        "\n①勘察。查明地质。"
    )
    assert [path for path, _ in paths(text)] == [
        "第一章",
        "第一章/第一条",
        "第二章",
        "第二章/第二条",
        "第二章/第二条/一",
        "第二章/第二条/一/(1)",
        "第二章/第二条/一/(1)/①",
    ]


def test_a_heading_may_share_its_line_or_stand_alone() -> None:
    assert paths("一、任务\n(一)加强统筹。各地要抓好落实,形成合力。\n(二)强化保障\n各部门要加大投入。") == [
        ("一", "任务"),
        ("一/(一)", "加强统筹"),
        ("一/(二)", "强化保障"),
    ]


def test_lead_ins_without_a_number_are_labelled_tasks() -> None:
    text = (
        "一、任务\n1.推进应用\n智能渔业。推广水下机器人,建设海洋牧场示范区。\n“人工智能+港口”,推进自动化码头改造,提升效率。"
        "\n——产业规模。核心产业持续壮大,企业不断集聚。\n2.夯实基础\n加强供给。"
    )
    tasks = read_plan(text).tasks
    assert [(task.path, task.kind) for task in tasks] == [
        ("一", "numbered"),
        ("一/1", "numbered"),
        ("一/1/智能渔业", "labelled"),
        ("一/1/“人工智能+港口”", "labelled"),
        ("一/1/产业规模", "labelled"),
        ("一/2", "numbered"),
    ]


def test_a_step_is_a_labelled_task_and_owns_what_it_says() -> None:
    tasks = read_plan("一、目标\n第一步,到2027年,体系初步形成。\n第二步,到2030年,体系全面建成。").tasks
    assert [(task.path, task.body) for task in tasks[1:]] == [
        ("一/第一步", "到2027年,体系初步形成。"),
        ("一/第二步", "到2030年,体系全面建成。"),
    ]


def test_a_sentence_before_the_first_heading_is_no_task() -> None:
    assert paths("渔业是立市之本。为加快智能渔业发展,制定本方案。\n一、目标\n到2027年建成体系。") == [("一", "目标")]


def test_a_page_without_line_ends_is_read_by_its_headings() -> None:
    filling = "各地各部门要结合实际抓好落实,及时总结推广经验做法。" * 30
    text = (
        f"为加快发展,制定本方案。 一、目标 (一)产业。 到2027年,建成码头8座。{filling} (二)绿色。 {filling} 二、保障 "
        f"加强统筹,形成合力。{filling}"
    )
    reading = read_plan(text)
    assert [(task.path, task.title) for task in reading.tasks] == [
        ("一", "目标"),
        ("一/(一)", "产业"),
        ("一/(二)", "绿色"),
        ("二", "保障"),
    ]
    (found,) = reading.targets
    assert text[found.quotes[0].offset :].startswith(found.quotes[0].text)


def test_a_bracket_of_owners_is_no_part_of_the_title() -> None:
    assert paths("一、任务\n1.建设港口大脑(市港口局牵头,市数据局配合)\n2.改造码头\n加快推进。") == [
        ("一", "任务"),
        ("一/1", "建设港口大脑"),
        ("一/2", "改造码头"),
    ]
