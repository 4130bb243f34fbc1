"""Which lines are the plan, which are the page around it; and what the document says of itself."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading import furniture
from qianhang.programme.reading.chrome import Layout, PartKind, find_layout
from qianhang.programme.reading.meta import read_meta
from qianhang.programme.reading.normal import normalise
from tests.programme.reading.making import traditional
from tests.programme.reading.samples import plan_text

PLAN = """为落实国家部署，结合我市实际，制定本方案。
一、总体要求
（一）主要目标。到2027年底，智能算力规模突破3000PFLOPS。
二、重点任务
（一）建设算力底座。建设智算中心。（责任单位：市发展改革委）
（二）用好数据。发布数据集10个以上。（责任单位：市数据局）"""


def layout_of(text: str) -> Layout:
    return find_layout(normalise(text))


def main_lines(text: str) -> list[str]:
    return [line.text for line in layout_of(text).main.lines]


OWN = main_lines(PLAN)


def test_a_text_without_any_page_is_the_plan() -> None:
    assert len(OWN) == PLAN.count("\n") + 1
    assert layout_of(PLAN).outside == ()


@pytest.mark.parametrize(
    "above",
    [
        "岭湖市推动人工智能发展实施方案\n",
        "岭湖市：到2027年智能算力突破3000PFLOPS\n岭湖市政府印发《岭湖市推动人工智能发展实施方案》。方案提出，到2027年底，智能算力规模突破3000PFLOPS。\n岭湖市推动人工智能发展实施方案\n",
        "首页\n政策\n当前位置：首页 > 政策\n岭湖市推动人工智能发展实施方案\n发布日期：2025-03-20 浏览次数：12\n",
        "岭湖市推动人工智能发展实施方案\n（2025—2027年）\n（征求意见稿）\n",
        "岭湖市人民政府办公室\n关于印发岭湖市推动人工智能发展实施方案的通知\n岭政办〔2025〕3号\n各县（市、区）人民政府，市直各部门：\n"
        "现将《岭湖市推动人工智能发展实施方案》印发给你们，请认真贯彻执行。\n附件：1.重点任务分工表\n2.指标表\n"
        "岭湖市人民政府办公室\n2025年3月14日\n（此件公开发布）\n附件\n岭湖市推动人工智能发展实施方案\n",
        "目 录\n一、总体要求………………1\n二、重点任务………………2\n岭湖市推动人工智能发展实施方案\n",
        "目录\n一、总体要求\n（一）主要目标\n二、重点任务\n",
        "各县（市、区）人民政府，市直各部门：\n",
    ],
)
@pytest.mark.parametrize(
    "below",
    [
        "",
        "\n岭湖市人民政府\n2025年3月14日\n",
        "\n岭湖市发展和改革委员会　岭湖市数据局\n2025年3月14日\n抄送：市委各部门\n",
        "\n（此件公开发布）",
        "\nPublished by\n某某\n一片闲云自在",
        "\n【打印】【关闭】\n相关新闻\n某地召开会议\n一图读懂",
        "\n岭湖市人民政府\n二〇二五年三月十四日\n附件\n主要指标表\n指标\t2027年\n算力\t3000PFLOPS\n主办单位：岭湖市人民政府办公室",
        "\n- 4 -\n版权所有",
    ],
)
def test_what_stands_around_a_plan_is_not_the_plan(above: str, below: str) -> None:
    assert main_lines(above + PLAN + below) == OWN


def test_a_notice_with_its_plan_is_two_documents() -> None:
    layout = layout_of(plan_text("linghu-2025"))
    notice, plan = layout.parts
    assert (notice.kind, plan.kind) == (PartKind.NOTICE, PartKind.PLAN)
    assert layout.main is plan
    assert plan.title is not None
    assert plan.title.text == "岭湖市人工智能赋能实体经济行动计划(2025-2028年)"
    assert [line.text[:4] for line in plan.lines][:2] == ["为落实《", "一、总体"]
    assert plan.lines[-1].text.startswith("本行动计划自印发之日起施行")
    assert [issuer.text for issuer in notice.issuers] == ["岭湖市人民政府办公室"]


def test_an_annex_is_a_part_of_its_own() -> None:
    layout = layout_of(PLAN + "\n岭湖市人民政府\n2025年3月14日\n附件1\n主要指标表\n指标\t2027年\n算力\t3000PFLOPS")
    assert [part.kind for part in layout.parts] == [PartKind.PLAN, PartKind.ANNEX]
    assert [line.text for line in layout.parts[1].lines] == ["主要指标表", "指标\t2027年", "算力\t3000PFLOPS"]


def test_rows_of_a_table_stay() -> None:
    rows = "序号\t指标名称\t单位\t2025年\n1\t智慧码头\t个\t≥8\n2\t岸电使用率\t%\t70\n3\t岸电使用率\t90"
    assert main_lines(PLAN + "\n" + rows) == [*OWN, *rows.split("\n")]


def test_menus_above_a_plan_without_a_title_are_not_its_preamble() -> None:
    assert main_lines("首页\n政务公开\n政策\n当前位置：首页 > 政策\n" + PLAN) == OWN


def test_furniture_in_the_midst_does_not_end_a_plan() -> None:
    prose = "推动人工智能与制造、港航、文旅深度融合，形成一批可以复制推广的场景，带动上下游企业协同发展。"
    assert main_lines(f"{PLAN}\n扫一扫在手机打开当前页\n{prose}\n相关新闻\n{prose}") == [*OWN, normalise(prose).text]


def test_a_heading_may_hold_a_list() -> None:
    assert furniture.is_heading("三、算力、数据支撑")
    assert not furniture.is_heading("一、二、三产业融合发展")


def test_of_two_plans_the_one_with_more_headings_is_read() -> None:
    other = "\n岭湖市人工智能人才若干措施\n为引才，制定本措施。\n一、引进人才。引进100名。\n二、培养人才。培养900名。"
    layout = layout_of("岭湖市推动人工智能发展实施方案\n" + PLAN + "\n岭湖市人民政府\n2025年3月14日" + other)
    assert [len(part.lines) for part in layout.parts] == [6, 3]
    assert [line.text for line in layout.main.lines] == OWN


def test_a_text_without_numbered_headings_is_read_whole() -> None:
    text = "岭湖市推动人工智能发展实施方案\n到2027年底，算力规模突破3000PFLOPS。\n发布时间：2025-03-20\n培育企业60家。"
    assert main_lines(text) == ["到2027年底,算力规模突破3000PFLOPS。", "培育企业60家。"]


@pytest.mark.parametrize(
    "line",
    [
        "中小企业数字化转型城市试点，培育标杆企业30家",
        "相关部门要按照职责分工，加强协同配合，完善配套政策，形成推进合力",
        "打印制造业集群达到5个",
        "来源可查、去向可追的数据流通体系基本建成",
        "大中小企业融通发展，建成平台10个",
        "时间节点前完成60%以上任务",
        "推荐目录入选产品达到50个",
        "主办单位：市工业和信息化局、市数据局",
        "关注重点人群，覆盖率达到90%",
    ],
)
def test_words_of_a_plan_are_not_furniture(line: str) -> None:
    assert not furniture.is_furniture(normalise(line).text)


@given(
    st.text(
        alphabet="一二、（）1.附件：《》。\n 年月日2025印发通知方案省市人民政府各打关闭来源:>目录…抄送", max_size=200
    )
)
def test_any_text_has_a_main_part_and_every_line_is_somewhere_once(text: str) -> None:
    normal = normalise(text)
    layout = find_layout(normal)
    read_meta(normal, layout)
    assert layout.main in layout.parts
    inside = [line.start for part in layout.parts for line in part.lines]
    assert len(inside) == len(set(inside))
    assert not set(inside) & {line.start for line in layout.outside}


@pytest.mark.parametrize(
    "unit",
    [
        "一、\n",
        "目录\n一、甲\n",
        "附件：1.甲\n",
        "2025年1月1日\n",
        "某省人民政府\n",
        "关于\n",
        "各市政府：\n",
        "甲方案\n",
    ],
)
def test_time_grows_with_length_only(unit: str) -> None:
    normal = normalise(unit * (50_000 // len(unit)))
    began = time.process_time()
    find_layout(normal)
    assert time.process_time() - began < 2


class TestMeta:
    def test_of_a_notice_with_its_plan(self) -> None:
        normal = normalise(plan_text("linghu-2025"))
        meta = read_meta(normal, find_layout(normal))
        assert meta.title == "岭湖市人工智能赋能实体经济行动计划（2025—2028年）"
        assert (meta.issuer, meta.doc_number) == ("岭湖市人民政府办公室", "岭湖政办发〔2025〕19号")
        assert (meta.date, meta.region, meta.level, meta.doc_type) == (date(2025, 3, 14), "岭湖市", "city", "行动计划")
        assert meta.addressees == "各县（市、区）人民政府，岭湖高新区、临港新城管委会，市政府各部门、各直属单位"
        assert meta.cites == ("国务院关于深入实施“人工智能+”行动的意见", "生成式人工智能服务管理暂行办法")
        assert meta.script == "hans"

    @pytest.mark.parametrize(
        ("issuer", "region", "level"),
        [
            ("吉林省人民政府", "吉林省", "province"),
            ("内蒙古自治区人民政府办公厅", "内蒙古自治区", "province"),
            ("重庆市人民政府", "重庆市", "province"),
            ("中共江苏省委办公厅", "江苏省", "province"),
            ("盐城市人民政府办公室", "盐城市", "city"),
            ("湘西土家族苗族自治州人民政府", "湘西土家族苗族自治州", "city"),
            ("杭州市余杭区人民政府", "余杭区", "county"),
            ("长兴县人民政府", "长兴县", "county"),
            ("国务院办公厅", None, "national"),
            ("工业和信息化部办公厅", None, "ministry"),
            ("国家发展和改革委员会", None, "ministry"),
        ],
    )
    def test_region_and_level_come_from_the_issuer(self, issuer: str, region: str | None, level: str) -> None:
        normal = normalise(f"关于推动人工智能发展的实施方案\n{PLAN}\n{issuer}\n2025年3月14日")
        meta = read_meta(normal, find_layout(normal))
        assert (meta.issuer, meta.region, meta.level) == (issuer, region, level)

    @pytest.mark.parametrize(
        ("text", "issuer", "level"),
        [
            (f"工业和信息化部等八部门关于印发《智能制造实施方案》的通知\n{PLAN}", "工业和信息化部等八部门", "ministry"),
            (
                f"{PLAN}\n岭湖市发展和改革委员会　岭湖市数据局\n2025年3月14日",
                "岭湖市发展和改革委员会、岭湖市数据局",
                "city",
            ),
            (f"{PLAN}\n财政部\n教育部\n2025年3月14日", "财政部、教育部", "ministry"),
            (
                f"岭湖市人民政府文件\n岭政发〔2025〕3号\n岭湖市人民政府关于发展智算的实施意见\n{PLAN}",
                "岭湖市人民政府",
                "city",
            ),
        ],
    )
    def test_issuers(self, text: str, issuer: str, level: str) -> None:
        normal = normalise(text)
        meta = read_meta(normal, find_layout(normal))
        assert (meta.issuer, meta.level) == (issuer, level)

    def test_facts_from_the_table_of_a_page(self) -> None:
        table = "索引号：00248/2025-1\n发文字号：岭政发〔2025〕3号\n成文日期：2025-03-14\n发布日期：2025-03-20\n"
        normal = normalise(f"{table}《岭湖市智算发展实施方案》\n{PLAN}")
        meta = read_meta(normal, find_layout(normal))
        assert (meta.title, meta.doc_number, meta.date) == (
            "岭湖市智算发展实施方案",
            "岭政发〔2025〕3号",
            date(2025, 3, 14),
        )

    @pytest.mark.parametrize(
        ("title", "kind"),
        [
            ("岭湖市人工智能产业发展三年行动计划（2019—2021年）", "行动计划"),
            ("岭湖市人民政府关于加快人工智能发展的实施意见", "实施意见"),
            ("岭湖市支持人工智能发展若干政策措施", "若干政策措施"),
            ("岭湖市“十五五”数字经济发展规划", "发展规划"),
            ("人工智能+制造专项行动实施方案（征求意见稿）", "实施方案"),
        ],
    )
    def test_the_kind_of_a_document_is_what_its_title_ends_in(self, title: str, kind: str) -> None:
        normal = normalise(f"{title}\n{PLAN}")
        meta = read_meta(normal, find_layout(normal))
        assert (meta.title, meta.doc_type) == (title, kind)

    def test_a_title_is_inferred_from_the_first_sentence(self) -> None:
        text = (
            "各市（州）人民政府：\n现就加快培育智能产业提出如下实施意见。\n"
            + PLAN.partition("\n")[2]
            + "\n岭湖省人民政府\n2025年1月2日"
        )
        normal = normalise(text)
        meta = read_meta(normal, find_layout(normal))
        assert (meta.title, meta.title_inferred) == (None, "岭湖省人民政府关于加快培育智能产业的实施意见")

    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("二〇二五年十二月二十一日", date(2025, 12, 21)),
            ("２０２５年３月４日", date(2025, 3, 4)),
            ("2025年2月30日", None),
        ],
    )
    def test_dates_in_either_numerals(self, written: str, day: date | None) -> None:
        normal = normalise(f"{PLAN}\n岭湖市人民政府\n{written}")
        assert read_meta(normal, find_layout(normal)).date == day

    @pytest.mark.parametrize(
        ("text", "script"),
        [
            (plan_text("linghu-2025"), "hans"),
            (traditional(plan_text("linghu-2025")), "hant"),
            (plan_text("linghu-2025")[:1000] + traditional(plan_text("linghu-2025")[1000:]), "mixed"),
            ("2027", "hans"),
        ],
    )
    def test_script(self, text: str, script: str) -> None:
        normal = normalise(text)
        assert read_meta(normal, find_layout(normal)).script == script
