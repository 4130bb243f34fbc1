"""The same findings from every form of a plan."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from qianhang.programme.reading.intake import extract
from qianhang.programme.reading.read import as_json, read_plan
from tests.programme.reading import making
from tests.programme.reading.samples import plan_names, plan_text

KINDS = ("targets", "milestones", "tasks", "responsibilities", "systems")
SAME = 0.99
"""Share of the fields that must be equal."""

_PLACES = frozenset({"offset", "offsets", "length", "chars", "id"})
"""Where the words stand differs with the form; what they say must not."""


@cache
def _plain_fields(name: str) -> tuple[str, ...]:
    return tuple(_fields(plan_text(name)))


def _fields(text: str) -> Iterator[str]:
    """Every field of every finding as one line, in one script and without what differs only in form."""
    found = as_json(read_plan(text))
    for kind in KINDS:
        for index, finding in enumerate(found[kind]):
            yield from _flat(finding, f"{kind} {index}")
    for name in ("title", "issuer", "doc_number", "date", "region", "level", "doc_type", "addressees"):
        yield f"meta {name} {_plain(found['meta'][name])}"


def _flat(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _PLACES:
                yield from _flat(inner, f"{path} {name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path} {index}")
    else:
        yield f"{path} {_plain(value, quoted=path.endswith(_EXACT))}"


_EXACT = ("quote", "body")
_SIMPLIFIED = OpenCC("t2s")
_WIDTHS = str.maketrans("（），：；．！？％", "(),:;.!?%")


_PAGE_NUMBER = re.compile(r"—\d{1,3}—")
"""An exact quote that goes over the end of a page has its number inside; a name has not."""


def _plain(value: object, *, quoted: bool = False) -> str:
    """Words without blanks and line ends, in simplified script and half-width marks."""
    plain = "".join(_SIMPLIFIED.convert(str(value)).translate(_WIDTHS).split())
    return _PAGE_NUMBER.sub("", plain) if quoted else plain


def _compare(name: str, text: str) -> None:
    expected, got = set(_plain_fields(name)), set(_fields(text))
    missing = expected - got
    assert len(missing) <= len(expected) * (1 - SAME), sorted(missing)[:20] + sorted(got - expected)[:20]
    assert len(got - expected) <= len(expected) * (1 - SAME), sorted(got - expected)[:20]


@pytest.mark.parametrize("name", plan_names())
class TestTheSameFindings:
    def test_from_a_page_of_a_government_site(self, name: str) -> None:
        extracted = extract(making.as_html(plan_text(name)))
        assert (extracted.format, extracted.encoding) == ("html", "gb18030")
        _compare(name, extracted.text)

    def test_from_word_with_automatic_numbers(self, name: str) -> None:
        extracted = extract(making.as_docx(plan_text(name)))
        assert extracted.format == "docx"
        _compare(name, extracted.text)

    @pytest.mark.parametrize("runs", [False, True], ids=["lines", "runs"])
    def test_from_a_pdf_of_28_characters_and_22_lines(self, name: str, runs: bool) -> None:
        extracted = extract(making.as_pdf(plan_text(name), runs=runs))
        assert (extracted.format, extracted.notes) == ("pdf", ["lines_joined"])
        _compare(name, extracted.text)

    def test_from_text_copied_out_of_such_a_page(self, name: str) -> None:
        _compare(name, making.as_printed_text(plan_text(name)))

    def test_from_the_traditional_form(self, name: str) -> None:
        _compare(name, making.traditional(plan_text(name)))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
    def test_from_another_encoding(self, name: str, encoding: str) -> None:
        text = plan_text(name)
        assert extract(text.encode(encoding)).text == text

    def test_from_big5(self, name: str) -> None:
        data = making.traditional(plan_text(name)).encode("big5hkscs", errors="ignore")
        extracted = extract(data)
        assert (extracted.encoding, extracted.text) == ("big5hkscs", data.decode("big5hkscs"))


ABOVE = (
    "岭湖市人民政府门户网站",
    "今天是2025年11月3日 星期一",
    "首页 > 政务公开 > 政策文件",
    "当前位置：首页>信息公开>市政府文件",
    "索引号：002489012/2025-00123",
    "主题分类：工业、交通",
    "发布机构：岭湖市人民政府办公室",
    "有效性：有效",
    "发布日期：2025-03-20",
    "浏览次数：1024次",
    "【字体：大 中 小】",
    "字号：[大] [中] [小] 打印 关闭",
    "分享到：",
    "来源：岭湖日报 作者：某某",
    "登录 | 注册",
    "语音播报",
    "公开事项名称：人工智能发展意见",
    "A+ A-",
    "2025-03-20 10:22:31",
    "岭湖：到2028年智能算力突破3000PFLOPS",
    "近日，市政府印发文件，提出到2028年底，全市智能算力规模突破3000PFLOPS，打造应用场景150个。",
    "本报讯（记者 某某）记者从市政府获悉，到2026年，全市将建成数据集25个。",
)
BELOW = (
    "分享到：微信 微博",
    "【打印本页】 【关闭窗口】",
    "打印",
    "关闭",
    "责任编辑：某某",
    "上一篇：关于公布某项名单的通知",
    "下一篇：没有了",
    "相关链接",
    "相关解读：一图读懂",
    "扫一扫在手机打开当前页",
    "主办单位：岭湖市人民政府办公室",
    "版权所有：岭湖市人民政府 浙ICP备00000001号",
    "网站标识码：3300000001 公网安备33000000000001号",
    "友情链接 网站地图 联系我们",
    "Published by",
    "评论 0",
    "Share this:",
    "下一篇：全年生产总值增长5%以上",
    "http://www.example.gov.cn/zc/2025/1.html",
    "- 12 -",
)


@given(above=st.lists(st.sampled_from(ABOVE), max_size=6), below=st.lists(st.sampled_from(BELOW), max_size=6))
@settings(max_examples=25, deadline=None)
def test_page_chrome_changes_no_finding(above: list[str], below: list[str]) -> None:
    text = plan_text("linghu-2025")
    framed = making.in_chrome(text, above, below)
    assert tuple(_fields(framed)) == _plain_fields("linghu-2025")


@pytest.mark.parametrize("name", plan_names())
def test_all_page_chrome_at_once_changes_no_finding(name: str) -> None:
    framed = making.in_chrome(plan_text(name), ABOVE, BELOW)
    assert tuple(_fields(framed)) == _plain_fields(name)


@pytest.mark.parametrize("name", plan_names())
def test_every_quote_is_in_the_original_where_it_says(name: str) -> None:
    text = plan_text(name)
    reading = read_plan(text)
    quotes = [quote for target in reading.targets for quote in target.quotes]
    quotes += [found.quote for found in (*reading.tasks, *reading.systems, *reading.milestones)]
    assert quotes
    assert all(text[quote.offset : quote.offset + len(quote.text)] == quote.text for quote in quotes)
