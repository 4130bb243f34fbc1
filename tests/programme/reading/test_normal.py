"""The reading copy: what it looks like, and that it leads back to the original, exactly."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qianhang.programme.reading.normal import normalise
from tests.programme.reading import making
from tests.programme.reading.samples import plan_text

CHINESE = st.text(
    alphabet='人工智能到2030年突破5,000P。，、（）()“”"「」臺灣擇優里裡后後．﹒·—-～~ 　'
    "\t\n\r\0\u200b\ud800（rén）chǎnㄅ㈠⒈ABCxyz%％",
    max_size=80,
)


@given(st.one_of(st.text(max_size=200), CHINESE))
@example("\ud800\udfff")
@example("人(rén)工(gōng)")
@example("㈠" * 9)
def test_any_text_is_normalised_and_leads_back(original: str) -> None:
    normal = normalise(original)
    assert len(normal.origin) == len(normal.text) + 1
    assert normal.origin[-1] == len(original)
    assert all(before <= after for before, after in zip(normal.origin, normal.origin[1:], strict=False))
    for start in range(0, len(normal.text), 7):
        for end in (start, start + 1, start + 9, len(normal.text) + 5):
            quote = normal.quote(start, end)
            assert original[quote.offset : quote.offset + len(quote.text)] == quote.text
            assert (quote.text == "") == (end <= start)


@given(st.one_of(st.text(max_size=100), CHINESE))
def test_the_same_text_gives_the_same_copy(original: str) -> None:
    first, second = normalise(original), normalise(original)
    assert (first.text, first.origin) == (second.text, second.origin)


@given(CHINESE)
def test_a_position_is_found_again_by_its_offset(original: str) -> None:
    normal = normalise(original)
    for index in range(len(normal.text)):
        assert normal.origin[normal.position(normal.origin[index])] == normal.origin[index]


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("擇優遴選，裡面里程，後勤皇后，於是，臺灣平台，複雜恢復", "择优遴选,里面里程,后勤皇后,于是,台湾平台,复杂恢复"),
        ("為衞生與濶葉林", "为卫生与阔叶林"),
        ("１２，０００个（含５Ｇ）：８５％", "12,000个(含5G):85%"),
        ("1．标题", "1.标题"),
        ("2﹒标题", "2.标题"),
        ("3。标题。正文", "3.标题。正文"),
        ("4·标题", "4.标题"),
        ("按职责分工负责.", "按职责分工负责。"),
        ("一.总体要求", "一.总体要求"),
        ("㈠总体 ⒈建设 ⑵落实", "(一)总体1.建设(2)落实"),
        ("　　为贯彻落实", "为贯彻落实"),
        ("“五位一体 ”总体布局和 “四个全面 ”", "“五位一体”总体布局和“四个全面”"),
        ('"人工智能+"行动和「智改数转」', "“人工智能+”行动和“智改数转”"),
        ("”人工智能+”行动", "“人工智能+”行动"),
        ("到 2027 年，突破 5000 PFLOPS", "到2027年,突破5000PFLOPS"),
        ("Published by GPT 4", "Published by GPT 4"),
        ("2～3个，2—3个，2–3个，10%—20%", "2-3个,2-3个,2-3个,10%-20%"),
        ("——产业规模。", "——产业规模。"),
        ("──产业规模。", "——产业规模。"),
        ("国发[2017]35号、國發（2017）35號", "国发〔2017〕35号、国发〔2017〕35号"),
        ("二○一七年十二月", "二〇一七年十二月"),
        ("人\u200b工\xad智\ufeff能", "人工智能"),
        ("人(rén)工(gōng)智(zhì)能(néng)（IDC）", "人工智能(IDC)"),
        ("人 rén 工 gōng 智 zhì 能 néng", "人工智能"),
        ("關(guan)於(yu)產(chan)業(ye)發(fa)展(zhan)（IDC）", "关于产业发展(IDC)"),
        ("人工智能(AI)和数据中心(idc)", "人工智能(AI)和数据中心(idc)"),
        ("（责任单位：省科技厅　省教育厅 省发展改革委）", "(责任单位:省科技厅、省教育厅、省发展改革委)"),
        ("第一章　总　则", "第一章总则"),
        ("指标\t2025年\t≥80\t60%\t预期性", "指标\t2025年\t≥80\t60%\t预期性"),
        ("1  智能工厂数量  家  1500  4000", "1\t智能工厂数量\t家\t1500\t4000"),
        ("一\r\n二\r三\u2028四", "一\n二\n三\n四"),
        ("⼈⼯智能⻓春⺠⽣", "人工智能长春民生"),
    ],
)
def test_what_the_copy_looks_like(original: str, text: str) -> None:
    assert normalise(original).text == text


def test_a_quote_has_what_was_dropped_inside_and_words_do_not() -> None:
    normal = normalise("建设人(rén)工(gōng)智(zhì)能(néng)平台。")
    start = normal.text.index("人工智能")
    assert normal.quote(start, start + 4).text == "人(rén)工(gōng)智(zhì)能"
    assert normal.words(start, start + 4) == "人工智能"


def test_a_quote_keeps_the_glyphs_of_the_original() -> None:
    normal = normalise("擇優遴選，形成　１０個左右")
    start = normal.text.index("10个")
    assert normal.quote(start, len(normal.text)).text == "１０個左右"


def test_lines_wrapped_by_a_page_are_joined_and_page_numbers_between_them_go() -> None:
    text = plan_text("linghu-2025")
    printed = making.as_printed_text(text)
    assert printed.count("\n") > 90
    joined = [line for line in normalise(printed).text.split("\n") if not line.startswith("—")]
    assert joined == [line for line in normalise(text).text.split("\n") if line]


def test_lines_of_a_text_that_is_not_wrapped_stay() -> None:
    text = plan_text("linghu-2025")
    assert normalise(text).text.count("\n") == text.count("\n")


def test_a_list_of_short_lines_is_not_taken_for_wrapped_text() -> None:
    text = "\n".join(f"岭湖市第{number}批示范项目名单" for number in range(30))
    assert normalise(text).text.count("\n") == 29


@pytest.mark.parametrize(
    "unit",
    [
        "（",
        "「",
        '"',
        "人(rén)",
        "厅 省",
        "1．",
        "  ",
        "\0",
        "——",
        "人 ",
        "、\n",
        "一、",
        "〔2017",
        "，1,000",
        "㈠",
        "臺",
        "12 ",
    ],
)
def test_time_grows_with_length_only(unit: str) -> None:
    """A quadratic rule would take minutes for this."""
    text = "责任单位：省科技厅" + unit * (50_000 // len(unit))
    began = time.process_time()
    normalise(text)
    assert time.process_time() - began < 1
