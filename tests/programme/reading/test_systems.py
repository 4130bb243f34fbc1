"""What a plan names, and which room serves it: the grammar of names by invented sentences."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading.findings import System
from qianhang.programme.reading.normal import normalise
from qianhang.programme.reading.read import read_plan
from qianhang.programme.reading.rooms import domain_of, room_of
from qianhang.programme.reading.structure import build_tree
from qianhang.programme.reading.systems import find_systems

from .documents import document_of
from .samples import FOLDER, real_folder


def systems_of(text: str) -> tuple[System, ...]:
    document = document_of(text)
    return find_systems(document, build_tree(document))


def names(sentence: str) -> list[str]:
    return [item.name for item in systems_of(f"一、主要任务\n（一）做实事。{sentence}\n")]


def one(sentence: str) -> System:
    found = systems_of(f"一、主要任务\n（一）做实事。{sentence}\n")
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        # a verb governs a name
        ("建设全市算力调度平台。", "全市算力调度平台"),
        ("加快建设海州智能计算中心，提高利用率。", "海州智能计算中心"),
        ("支持园区企业建设工业数据空间。", "工业数据空间"),
        ("编制公共数据资源目录，发布算法备案清单。", "公共数据资源目录 算法备案清单"),
        ("成立海州市人工智能产业发展领导小组。", "海州市人工智能产业发展领导小组"),
        ("实施企业上云用数工程。", "企业上云用数工程"),
        # enumerations and joints
        ("建立渔业大数据平台、海洋气象预警系统和赤潮监测网络。", "渔业大数据平台 海洋气象预警系统 赤潮监测网络"),
        ("建设东区算力集群和西区算力集群。", "东区算力集群 西区算力集群"),
        ("建设车间级、工厂级、园区级能耗管理平台。", "车间级、工厂级、园区级能耗管理平台"),
        ("建立网络和数据安全预警通报体系。", "网络和数据安全预警通报体系"),
        ("建成覆盖全市的渡口监控、调度和管理系统。", "渡口监控、调度和管理系统"),
        # what stands before a name is not part of it
        ("建设互联互通、安全可靠的渔港智慧管网监测平台。", "渔港智慧管网监测平台"),
        ("构建10ms时延的市域算力网。", "市域算力网"),
        ("设立3000万元“渔业券”资金池。", "“渔业券”资金池"),
        ("各市建成1个以上海洋数据空间。", "海洋数据空间"),
        ("开发面向外贸企业的多语种客服平台。", "多语种客服平台"),
        ("搭建一批海产品溯源平台。", "海产品溯源平台"),
        ("建设开源模型社区“海星空间”，汇聚开发者。", "开源模型社区“海星空间”"),
        ("建设渔业大模型“沙箱”试验平台。", "渔业大模型“沙箱”试验平台"),
        ("加快东港、西港等智算集群建设。", "智算集群"),
        ("遴选20家企业牵头建设渔业数据空间。", "渔业数据空间"),
        ("开发基于知识图谱的在线潮汐预报平台。", "在线潮汐预报平台"),
        # the deed stands behind the name
        ("推动海洋牧场监测系统建设。", "海洋牧场监测系统"),
        ("积极推进渔业语料库建设。", "渔业语料库"),
        ("推广船舶调度系统应用。", "船舶调度系统"),
        ("推动海上风电监测平台规范发展。", "海上风电监测平台"),
        ("推进港口智能闸口、集卡无人驾驶、散货堆场测绘等项目建设。", "港口智能闸口 集卡无人驾驶 散货堆场测绘"),
        # use
        ("依托“渔家通”平台，推送政策。", "“渔家通”平台"),
        ("发挥海州市海洋产业母基金作用。", "海州市海洋产业母基金"),
        ("以“海天一体”监测体系为基础，完善预警。", "“海天一体”监测体系"),
        ("引导数据中心向北湾集群集聚。", "北湾集群"),
        ("市海洋经济专项资金每年安排2亿元支持项目。", "市海洋经济专项资金"),
        # brands
        ("建设海州“渔业小镇”。", "海州“渔业小镇”"),
        ("打造海州“渔业一张网”。", "海州“渔业一张网”"),
        ("依托“海州智脑”开展调度。", "“海州智脑”"),
        ("在“渔政通”“船企通”等渠道应用。", "“渔政通” “船企通”"),
        ("发放“算力券”“模型券”。", "“算力券” “模型券”"),
        ("鼓励银行机构开发“渔易贷”“智渔贷”等产品。", "“渔易贷” “智渔贷”"),
        ("落实“海才八条”。", "“海才八条”"),
        # a product with a name of its own, whatever its noun
        ("上线“小浪”渔业智能助手，覆盖渔港。", "“小浪”渔业智能助手"),
        ("上线“渔小二”在线问答终端，方便船东。", "“渔小二”在线问答终端"),
        ("研发“海蓝”遥感解译引擎，降低成本。", "“海蓝”遥感解译引擎"),
        ("通过“浪里通”小程序提供预约、支付服务。", "“浪里通”小程序"),
        ("推动“北溪渔信”应用程序迭代升级。", "“北溪渔信”应用程序"),
        ("部署应用“渔讼通”智能辅助办案系统。", "“渔讼通”智能辅助办案系统"),
        ("构建渔业智能审批系统，上线“秒批”功能。", "渔业智能审批系统"),
        # a verb that is part of a name
        ("建立泊位供需对接清单，按月更新。", "泊位供需对接清单"),
        ("建立“鱼苗—成鱼—良种”渔业企业培育清单。", "“鱼苗—成鱼—良种”渔业企业培育清单"),
        ("梳理县级海域数据目录，推进归集。", "县级海域数据目录"),
        # who sets it up is not part of the name
        ("依托省渔业资源公共平台开展智能牧场试点。", "省渔业资源公共平台 智能牧场试点"),
        ("支持北溪大学设立海洋中试基地。", "海洋中试基地"),
        ("改造提升渔业应急指挥中心，扩建渔港监控中心。", "渔业应急指挥中心 渔港监控中心"),
        # a name that opens with a place is one whatever is said of it
        ("将数据汇入北溪省渔业可信数据空间。", "北溪省渔业可信数据空间"),
        ("北溪省渔业可信数据空间2026年底前上线运行。", "北溪省渔业可信数据空间"),
        ("建设国家渔业基地（北溪）和北溪省渔业可信数据空间。", "国家渔业基地 北溪省渔业可信数据空间"),
        ("在北溪省渔业可信数据空间内开展训练。", "北溪省渔业可信数据空间"),
        # two quotations in a row, programmes in a row
        ("完善“北溪数据湾”“蓝湾智谷”等载体功能。", "“北溪数据湾” “蓝湾智谷”"),
        ("推进渔业“千企转型”行动和“智慧渔港”示范工程。", "渔业“千企转型”行动 “智慧渔港”示范工程"),
        # letters of two words are no verb
        ("支持渔船检验机构建立海上风电运维数据集。", "海上风电运维数据集"),
        # the word that sums a list up
        ("建设渔汛预报数据集、渔病图像数据集等高质量数据集。", "渔汛预报数据集 渔病图像数据集"),
        # a verb goes on over a comma
        ("建立潮汐预报支撑平台，海图更新与航标管理平台等。", "潮汐预报支撑平台 海图更新与航标管理平台"),
        # works and stores are named together
        ("建设数字渔场、智慧牧场，探索产量预测。", "数字渔场、智慧牧场"),
        ("建立重点企业库和项目库，支持企业上市。", "重点企业库和项目库"),
        ("探索建立企业碳账户。", "企业碳账户"),
    ],
)
def test_a_name_is_cut_where_the_grammar_says(sentence: str, found: str) -> None:
    assert names(sentence) == found.split()


@pytest.mark.parametrize(
    "sentence",
    [
        "发展平台经济，推进系统集成应用。",
        "坚持以企业为中心，完善创新生态系统。",
        "建设重点实验室、工程研究中心和企业技术中心。",
        "推进天基网络、光纤网络的全面融合。",
        "研究神经网络算法。",
        "不再新建大型数据中心。",
        "建成5G基站3000座。",
        "构建一网通办、互联互通的格局。",
        "深入实施“人工智能+”行动。",
        "加强各类平台建设。",
        "各区要细化任务清单，明确责任清单。",
        "航海院校开设智能航海工程、智能医学工程。",
        "推动码头、渔港等场所网络提质升级。",
        "加快万兆光网试点。",
        "组织申报国家课题，承担市重大渔业专项。",
        "开展智能学习试点、智能筛查试点。",
        "提升标准厂房、公共检验平台等配套能力。",
        "加快决策控制、船载计算平台等关键部件研发。",
        "研发智能诊疗助手、智能捕捞助手。",
        "打造“渔智湾”品牌，构建“一港两湾”发展格局。",
        "引导船队向渔业集聚区布局。",
        "建设一批智能工厂和数字化车间。",
        "推广国产操作系统、数据库和办公软件。",
        "培育壮大海洋产业集群。",
        "（责任单位：市大数据中心、市信息中心）",
        "\n责任单位：市大数据中心、海州海洋实验室、海州渔业研究院\n",
    ],
)
def test_what_has_no_name_of_its_own_is_no_finding(sentence: str) -> None:
    assert names(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "action"),
    [
        ("建设渔业大数据平台。", "build"),
        ("完善渔业大数据平台。", "upgrade"),
        ("推动渔业大数据平台升级。", "upgrade"),
        ("依托渔业大数据平台开展预警。", "use"),
        ("推广渔业大数据平台应用。", "use"),
        ("推动渔业大数据平台建设。", "build"),
    ],
)
def test_the_verb_or_the_deed_says_what_is_done(sentence: str, action: str) -> None:
    assert one(sentence).action == action


def test_one_of_a_batch_is_a_kind_and_not_named() -> None:
    assert [
        one(text).named for text in ("建设渔业大数据平台。", "建设一批渔业大数据平台。", "支持渔业大数据平台建设。")
    ] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("title", ["指导思想", "基本原则", "总体要求", "主要目标", "发展形势"])
def test_aims_and_principles_are_not_searched(title: str) -> None:
    assert systems_of(f"一、{title}\n建设渔业大数据平台，建成海洋监测网络。\n") == ()


@pytest.mark.parametrize("title", ["夯实发展基础", "优化发展环境"])
def test_work_on_foundations_and_surroundings_is_searched(title: str) -> None:
    assert [one.name for one in systems_of(f"一、{title}\n建设渔业大数据平台。\n")] == ["渔业大数据平台"]


def test_a_heading_can_name_a_system() -> None:
    found = systems_of("一、主要任务\n1.发放“渔业券”。每户最高一千元。\n2.建设海州潮汐计算中心\n")
    assert [item.name for item in found] == ["“渔业券”", "海州潮汐计算中心"]


def test_what_a_heading_names_in_short_is_found_in_full_below_it() -> None:
    found = systems_of("一、主要任务\n（一）建设渔业数据空间。建设渔业可信数据空间，支持“海星”接入。\n")
    assert [item.name for item in found] == ["渔业可信数据空间"]


def test_a_programme_that_is_a_heading_is_the_task_itself() -> None:
    assert systems_of("一、实施“渔业振兴”行动\n（一）实施渔港提升工程。疏浚航道。\n") == ()


def test_a_name_is_found_once_where_it_stands_first() -> None:
    text = "一、主要任务\n建设渔业大数据平台。\n二、保障措施\n推广渔业大数据平台应用。\n"
    (item,) = systems_of(text)
    assert (item.name, item.quote.offset) == ("渔业大数据平台", text.index("建设渔业"))


def test_names_are_in_the_script_of_the_plan() -> None:
    found = systems_of("一、主要任務\n建設漁業大數據平臺,編制產業圖譜。\n")
    assert [item.name for item in found] == ["漁業大數據平臺", "產業圖譜"]


@pytest.mark.parametrize(
    ("name", "kind", "room"),
    [
        ("全市算力调度平台", "platform", "compute"),
        ("国家超级计算海州中心", "centre", "compute"),
        ("“算力券”", "voucher", "funding"),
        ("“算力券”资金池", "fund", "funding"),
        ("渔业语料库", "dataset", "data"),
        ("工业可信数据空间", "data_space", "data"),
        ("大模型测试验证平台", "platform", "modelhub"),
        ("政策问答智能体", "agent", "agents"),
        ("场景“机会清单”", "register", "scenarios"),
        ("算法安全评估平台", "platform", "governance"),
        ("渔业大数据平台", "platform", "industry"),
        ("海州大学人工智能学院", "institution", "outside"),
        ("海洋产业母基金", "fund", "outside"),
        ("工作专班", "body", "outside"),
    ],
)
def test_each_finding_has_the_room_that_serves_it(name: str, kind: str, room: str) -> None:
    assert room_of(name, kind) == room


@pytest.mark.parametrize(
    ("name", "section", "domain"),
    [
        ("智慧水网", "", "water"),
        ("清湖市数据标注产业园", "", "data"),
        ("监测平台", "“人工智能+”农业行动", "agriculture"),
        ("联合平台", "做实事", "tech"),
    ],
)
def test_the_domain_comes_from_the_name_or_from_its_task(name: str, section: str, domain: str) -> None:
    assert domain_of(name, section) == domain


@pytest.mark.skipif(real_folder() is None, reason=f"{FOLDER} names no folder of real plans")
def test_on_real_plans_nineteen_of_twenty_names_are_found_and_few_others() -> None:
    folder = real_folder()
    assert folder is not None
    wanted, found = 0, 0
    right, all_found = 0, 0
    for path in sorted(folder.glob("*.gold.json")):
        rows = json.loads(path.read_text("utf-8")).get("systems") or []
        gold = [_bare(row["name"]) for row in rows]
        text = path.with_name(path.name.removesuffix(".gold.json") + ".txt").read_text("utf-8")
        ours = [_bare(item.name) for item in read_plan(text).systems] if gold else []
        wanted += len(gold)
        found += sum(any(one in other or other in one for other in ours) for one in gold)
        all_found += len(ours)
        right += sum(any(one in other or other in one for other in gold) for one in ours)
    assert found >= 0.95 * wanted
    assert right >= 0.85 * all_found


def _bare(name: str) -> str:
    """Without script, quotation marks and blanks."""
    return re.sub(r"[\s“”]", "", normalise(name).text)


WORDS = st.sampled_from(
    [
        "建设",
        "推动",
        "平台",
        "系统",
        "、",
        "，",
        "。",
        "的",
        "和",
        "“",
        "”",
        "依托",
        "等",
        "（",
        "）",
        "算力",
        "一批",
        "3个",
        "以",
        "为基础",
        "\n",
        "联盟",
        "建设工程",
    ]
)


@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_order_of_words_is_read_with_exact_quotes_and_twice_the_same(words: str) -> None:
    text = f"一、主要任务\n{words}\n"
    found = systems_of(text)
    assert found == systems_of(text)
    for item in found:
        assert text[item.quote.offset : item.quote.offset + len(item.quote.text)] == item.quote.text


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    systems_of("一、主要任务\n" + text)
