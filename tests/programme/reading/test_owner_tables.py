"""Tables of who does what: each row gives its owners to the task that it names."""

import pytest

from qianhang.programme.reading.read import read_plan

PLAN = "\n".join(
    (
        "临海市智慧渔港行动计划",
        "为建设智慧渔港,制定本计划。",
        "一、总体要求",
        "到2027年,建成智慧渔港8座。",
        "二、重点任务",
        "(一)建设智慧渔港。推动渔港改造,完善设施,打造样板。",
        "(二)发展海洋数据。推动数据汇聚,编制目录,开放应用。",
        "三、保障措施",
        "(一)加强组织领导。建立机制,压实责任,形成合力。",
        "临海市人民政府办公室",
        "2025年3月1日",
    )
)

Row = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def owners(*table: str, heading: str = "附件:任务分工表") -> list[Row]:
    found = read_plan("\n".join((PLAN, heading, *table))).responsibilities
    return [(one.task, tuple(one.lead), tuple(one.cooperating), tuple(one.responsible)) for one in found]


TWO = [
    ("二/(一)", ("市海洋局",), ("市发改局", "市财政局"), ()),
    ("二/(二)", ("市数据局",), ("市海洋局",), ()),
]


@pytest.mark.parametrize("heading", ["附件:任务分工表", "附件\n任务分工表", "附表:重点任务分工", "附件1\n分工安排"])
def test_a_table_in_an_annex_names_the_owners_of_each_task(heading: str) -> None:
    found = owners(
        "序号\t重点任务\t牵头单位\t配合单位",
        "1\t建设智慧渔港\t市海洋局\t市发改局、市财政局",
        "2\t发展海洋数据\t市数据局\t市海洋局",
        heading=heading,
    )
    assert found == TWO


def test_cells_may_be_parted_by_bars() -> None:
    found = owners(
        "|重点任务|牵头单位|配合单位|",
        "|(一)建设智慧渔港|市海洋局|市发改局、市财政局|",
        "|(二)发展海洋数据|市数据局|市海洋局|",
    )
    assert found == TWO


def test_a_row_may_give_the_number_of_its_task() -> None:
    found = owners(
        "任务编号\t工作内容\t牵头单位\t参与单位",
        "二/(一)\t渔港改造和样板评选\t市海洋局\t市发改局、市财政局",
        "二/(二)\t数据汇聚和目录编制\t市数据局\t市海洋局",
    )
    assert found == TWO


def test_a_number_that_two_tasks_have_says_nothing() -> None:
    assert owners("编号\t工作内容\t牵头单位", "(一)\t样板评选\t市海洋局") == []


def test_one_column_may_state_the_roles_in_words() -> None:
    found = owners(
        "重点任务\t责任单位\t完成时限",
        "1.建设智慧渔港\t市海洋局牵头,市发改局、市财政局配合\t2026年12月",
        "2.发展海洋数据\t市数据局、市海洋局\t2026年12月",
    )
    assert found == [TWO[0], ("二/(二)", (), (), ("市数据局", "市海洋局"))]


def test_a_lost_cell_does_not_shift_the_roles() -> None:
    found = owners(
        "任务类别\t重点任务\t牵头单位\t配合单位",
        "二、重点任务\t建设智慧渔港\t市海洋局\t市发改局、市财政局",
        "发展海洋数据\t市数据局\t市海洋局",
        "三、保障措施\t加强组织领导\t市政府办",
    )
    assert found == [*TWO, ("三/(一)", ("市政府办",), (), ())]


def test_a_row_shows_its_own_words() -> None:
    text = "\n".join((PLAN, "附件:分工表", "重点任务\t牵头单位", "发展海洋数据\t市數據局"))
    (found,) = read_plan(text).responsibilities
    (quote,) = found.quotes
    assert found.lead == ("市數據局",)
    assert text[quote.offset : quote.offset + len(quote.text)] == quote.text == "发展海洋数据\t市數據局"


def test_a_table_without_tasks_of_the_plan_names_no_owners() -> None:
    assert owners("序号\t重点任务\t牵头单位", "7\t修缮灯塔\t市海洋局") == []


@pytest.mark.parametrize(
    ("sentence", "lead"),
    [
        ("领导小组办公室设在市海洋局,承担日常工作。", ["市海洋局"]),
        ("建立联席会议制度,办公室设在市海洋局,负责日常事务。", ["市海洋局"]),
        ("建立由市海洋局牵头的工作专班。", ["市海洋局"]),
        ("灯塔办公室设在东岛。", []),
        ("支持由渔业集团牵头的创新联合体。", []),
    ],
)
def test_prose_names_who_leads_by_the_seat_of_an_office_or_a_mechanism(sentence: str, lead: list[str]) -> None:
    found = read_plan(PLAN.replace("建立机制,", sentence)).responsibilities
    assert [name for one in found for name in one.lead] == lead


def test_the_seat_of_an_office_gives_way_to_owners_in_a_bracket() -> None:
    words = "领导小组办公室设在市海洋局,承担日常工作。(市政府办牵头)"
    (found,) = read_plan(PLAN.replace("建立机制,压实责任,形成合力。", words)).responsibilities
    assert found.lead == ("市政府办",)
