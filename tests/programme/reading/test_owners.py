"""Who owns a task: each grammar by an invented sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading.findings import Responsibility
from qianhang.programme.reading.owners import covering, find_responsibilities, owner_spans
from qianhang.programme.reading.structure import build_tree

from .documents import document_of


def owners_of(text: str) -> tuple[Responsibility, ...]:
    document = document_of(text)
    return find_responsibilities(document, build_tree(document))


def one(bracket: str) -> Responsibility:
    found = owners_of(f"一、建平台。建设海州算力平台。{bracket}")
    assert len(found) == 1, found
    return found[0]


def lists(item: Responsibility) -> tuple[list[str], list[str], list[str]]:
    return list(item.lead), list(item.cooperating), list(item.responsible)


@pytest.mark.parametrize(
    ("bracket", "mode", "lead", "cooperating", "responsible"),
    [
        ("（牵头单位：省科技厅；配合单位：省教育厅、省财政厅）", "牵头+配合", "省科技厅", "省教育厅 省财政厅", ""),
        ("（牵头单位：省科技厅，配合单位：省教育厅）", "牵头+配合", "省科技厅", "省教育厅", ""),
        ("（责任单位：省教育厅、省财政厅）", "责任单位", "", "", "省教育厅 省财政厅"),
        ("〔责任单位:市数据局,市财政局〕", "责任单位", "", "", "市数据局 市财政局"),
        ("（责任部门：市教育局）", "责任单位", "", "", "市教育局"),
        ("（省科技厅牵头，省教育厅、省财政厅按职责分工负责）", "牵头+分工负责", "省科技厅", "", "省教育厅 省财政厅"),
        ("（省科技厅牵头，省教育厅、省财政厅配合）", "牵头+配合", "省科技厅", "省教育厅 省财政厅", ""),
        ("（省科技厅牵头、省教育厅参与）", "牵头+配合", "省科技厅", "省教育厅", ""),
        ("（由省科技厅会同省教育厅负责）", "牵头+配合", "省科技厅", "省教育厅", ""),
        ("（省科技厅牵头，会同省教育厅、省财政厅负责）", "牵头+配合", "省科技厅", "省教育厅 省财政厅", ""),
        ("（省科技厅、省教育厅按职责分工负责）", "分工负责", "", "", "省科技厅 省教育厅"),
        ("（省科技厅负责）", "分工负责", "", "", "省科技厅"),
        ("（省科技厅、省教育厅）", "责任单位", "", "", "省科技厅 省教育厅"),
        ("（省科技厅和省教育厅负责）", "分工负责", "", "", "省科技厅 省教育厅"),
        ("（责任单位：省文化和旅游厅及各市（州）政府）", "责任单位", "", "", "省文化和旅游厅 各市（州）政府"),
        ("（责任单位：省数据局、各市、县（区）人民政府）", "责任单位", "", "", "省数据局 各市、县（区）人民政府"),
        (
            "（责任单位：省委军民融合办（省国防科工办）、省科技厅）",
            "责任单位",
            "",
            "",
            "省委军民融合办（省国防科工办） 省科技厅",
        ),
        ("（责任单位：☆省数据局、省科技厅）", "牵头+分工负责", "省数据局", "", "省科技厅"),
        ("（责任单位：★市数据局、市财政局。标★的为牵头单位，下同）", "牵头+分工负责", "市数据局", "", "市财政局"),
        ("（牵头单位：市数据局；完成时限：2026年12月）", "牵头", "市数据局", "", ""),
        ("（省科技厅牵头负责）", "牵头", "省科技厅", "", ""),
        ("（任务分工：省科技厅牵头，省教育厅配合）", "牵头+配合", "省科技厅", "省教育厅", ""),
        ("（市数据局为牵头单位，市财政局为配合单位）", "牵头+配合", "市数据局", "市财政局", ""),
        ("（省级牵头部门：省数据局；配合部门：省财政厅）", "牵头+配合", "省数据局", "省财政厅", ""),
        ("（牵头领导：张三；责任单位：市数据局）", "责任单位", "", "", "市数据局"),
        (
            "（市数据局、市农委、各县区人民政府、海州储备粮直属库）",
            "责任单位",
            "",
            "",
            "市数据局 市农委 各县区人民政府 海州储备粮直属库",
        ),
        ("（责任单位：市数据局，各县（市、区）党委、政府）", "责任单位", "", "", "市数据局 各县（市、区）党委、政府"),
        ("（中国移动海州分公司、市通信发展办负责）", "分工负责", "", "", "中国移动海州分公司 市通信发展办"),
    ],
)
def test_a_bracket_gives_each_agency_its_part(
    bracket: str, mode: str, lead: str, cooperating: str, responsible: str
) -> None:
    item = one(bracket)
    assert item.mode == mode
    assert lists(item) == (lead.split(), cooperating.split(), responsible.split())
    assert item.open_list is False
    assert item.task == "一"


@pytest.mark.parametrize(
    "bracket",
    [
        "（省科技厅、省教育厅等按职责分工负责）",
        "（责任单位：省科技厅、省教育厅等）",
        "（省科技厅、省教育厅等部门及各地区按职责分工负责）",
        "（省科技厅、省教育厅等有关部门负责）",
        "（省科技厅、省教育厅等省直有关单位按职责分工负责）",
    ],
)
def test_a_list_that_ends_in_deng_is_open(bracket: str) -> None:
    item = one(bracket)
    assert item.open_list
    assert list(item.responsible) == ["省科技厅", "省教育厅"]


@pytest.mark.parametrize(
    ("bracket", "generic"),
    [
        ("（各有关部门按职责分工负责）", "各有关部门按职责分工负责"),
        ("（责任单位：各级各部门）", "各级各部门"),
        ("（牵头单位：省科技厅，相关部门分工负责）", "相关部门分工负责"),
        ("（责任单位：省科技厅、省直有关部门）", "省直有关部门"),
    ],
)
def test_an_owner_that_is_nobody_in_particular_is_generic(bracket: str, generic: str) -> None:
    assert one(bracket).generic == generic


@pytest.mark.parametrize(
    "text",
    [
        "一、总则。本方案由海州市印发（以下简称方案）。",
        "一、总则。科研机构（含省科技厅直属院所）开展研究。",
        "一、总则。推动算力（包括智算）发展（到2027年）。",
        "一、总则。省有关部门（省科技厅、省教育厅）开展试点工作。",
        "一、总则。压实企业主体责任（安全生产）。",
        "一、总则。",
        "",
    ],
)
def test_other_brackets_own_nothing(text: str) -> None:
    assert owners_of(text) == ()


def test_a_labelled_line_of_its_own_belongs_to_the_task_above_it() -> None:
    found = owners_of(
        "一、甲\n1.建库。建设语料库。\n责任单位：市数据局、市财政局\n2.建网。建设算力网。\n责任单位：市工信局\n"
    )
    assert [(item.task, list(item.responsible)) for item in found] == [
        ("一/1", ["市数据局", "市财政局"]),
        ("一/2", ["市工信局"]),
    ]


def test_two_labelled_lines_are_one_statement() -> None:
    found = owners_of("一、甲\n建设语料库。\n牵头单位：市数据局\n配合单位：市财政局、市教育局\n")
    assert [lists(item) for item in found] == [(["市数据局"], ["市财政局", "市教育局"], [])]


def test_a_line_behind_the_last_of_siblings_without_owners_covers_all_of_them() -> None:
    found = owners_of("一、甲\n1.建库。建设语料库。\n2.建网。建设算力网。\n（责任单位：市数据局）\n二、乙\n")
    assert [item.task for item in found] == ["一"]


def test_a_line_behind_the_last_sibling_is_its_own_when_the_others_have_theirs() -> None:
    found = owners_of(
        "一、甲\n1.建库。建设语料库。（责任单位：市教育局）\n2.建网。建设算力网。\n（责任单位：市数据局）\n"
    )
    assert [item.task for item in found] == ["一/1", "一/2"]


def test_a_task_without_owners_has_those_of_its_nearest_ancestor() -> None:
    found = owners_of("一、甲\n1.建库。建设语料库。\n2.建网。建设算力网。\n（责任单位：市数据局）\n二、乙\n")
    parents = {"一": None, "一/1": "一", "一/2": "一", "二": None}
    assert [[item.task for item in covering(path, found, parents)] for path in parents] == [["一"], ["一"], ["一"], []]


@pytest.mark.parametrize(
    ("sentence", "lead", "cooperating", "generic"),
    [
        ("省数据局要发挥好牵头作用，统筹各方力量。", ["省数据局"], [], None),
        ("建立工作机制，由市科技局牵头推进实施。", ["市科技局"], [], None),
        ("市数据局会同市财政局建立调度机制。", ["市数据局"], ["市财政局"], None),
        ("市数据局牵头建立工作专班，各有关部门按职责抓好落实。", ["市数据局"], [], "各有关部门按职责抓好落实"),
    ],
)
def test_running_text_can_name_the_lead(
    sentence: str, lead: list[str], cooperating: list[str], generic: str | None
) -> None:
    item = one(sentence)
    assert item.mode == "prose"
    assert (list(item.lead), list(item.cooperating), item.generic) == (lead, cooperating, generic)


@pytest.mark.parametrize(
    ("end", "lead", "cooperating", "responsible"),
    [
        ("责任单位：市数据局、市财政局。", "", "", "市数据局 市财政局"),
        ("牵头单位：市数据局，配合单位：市财政局、市教育局。", "市数据局", "市财政局 市教育局", ""),
        ("由市数据局牵头，市财政局、市教育局参加。", "市数据局", "市财政局 市教育局", ""),
        ("市数据局牵头，市财政局配合。", "市数据局", "市财政局", ""),
    ],
)
def test_the_last_sentence_of_a_task_can_state_its_owners(
    end: str, lead: str, cooperating: str, responsible: str
) -> None:
    (item,) = owners_of(f"一、主要任务\n1.建库。建设渔业语料库，扩大数据供给。{end}\n2.建网。建设算力网。\n")
    assert item.task == "一/1"
    assert lists(item) == (lead.split(), cooperating.split(), responsible.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "建立由市数据局牵头、多部门参与的会商制度。",
        "支持由高校牵头组建创新联合体。",
        "鼓励龙头企业牵头建设中试平台。",
        "企业牵头，高校参与。",
        "市数据局负责本方案的具体解释工作。",
        "各部门负责组织实施本领域工作。",
    ],
)
def test_who_leads_some_work_is_no_owner_of_the_task(sentence: str) -> None:
    assert owners_of(f"一、甲。{sentence}") == ()


def test_a_document_may_say_that_the_first_of_each_list_leads() -> None:
    found = owners_of(
        "一、甲。建库。（责任单位：市数据局、市财政局。列第一位的为牵头单位，下同）\n二、乙。建网。（责任单位：市工信局、市财政局）\n"
    )
    assert [lists(item) for item in found] == [(["市数据局"], [], ["市财政局"]), (["市工信局"], [], ["市财政局"])]


def test_the_same_words_elsewhere_are_listed_behind_the_own_place() -> None:
    text = "一、甲。建库。（责任单位：市数据局）\n二、乙。建网。（责任单位：市数据局）\n"
    first, second = owners_of(text)
    places = [text.index("（责任"), text.rindex("（责任")]
    assert [quote.offset for quote in first.quotes] == places
    assert [quote.offset for quote in second.quotes] == places[::-1]


def test_a_misspelt_name_stays_as_written_and_is_flagged() -> None:
    item = one("（责任单位：省工业和信息厅）")
    assert list(item.responsible) == ["省工业和信息厅"]
    assert item.flags == ("typo:省工业和信息厅=省工业和信息化厅",)


def test_owner_spans_say_where_owners_are_stated() -> None:
    text = "一、甲。建库（一期）。（责任单位：市数据局）\n"
    document = document_of(text)
    assert [document.text[start:end] for start, end in owner_spans(document)] == ["(责任单位:市数据局)"]


WORDS = st.sampled_from(
    [
        "\n",
        *[
            "一、",
            "（",
            "）",
            "(",
            "〔",
            "责任单位：",
            "牵头",
            "省科技厅",
            "、",
            "，",
            "等",
            "各市",
            "会同",
            "负责",
            "按职责分工",
            "☆",
            "和",
            "。",
            "由",
        ],
    ]
)


@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_order_of_words_is_read_with_exact_quotes_and_twice_the_same(text: str) -> None:
    found = owners_of(text)
    assert found == owners_of(text)
    for item in found:
        for quote in item.quotes:
            assert text[quote.offset : quote.offset + len(quote.text)] == quote.text


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    owners_of(text)


def test_hostile_nesting_and_repetition_are_read_in_linear_time() -> None:
    for text in ("（" * 50_000, "（责任" * 20_000 + "）" * 20_000, "（省科技厅、" * 10_000, "由牵头会同" * 10_000):
        owners_of("一、甲。" + text)
