"""Each rule of the grammar of targets on an invented sentence: all its targets, and nothing else."""

import pytest

from qianhang.programme.reading.findings import DeadlineSource, Target
from qianhang.programme.reading.read import read_plan

Expected = tuple[str, str, str, str, str]


def targets(body: str, heading: str = "一、主要目标") -> tuple[Target, ...]:
    return tuple(read_plan(f"{heading}\n{body}").targets)


def shown(found: tuple[Target, ...]) -> list[Expected]:
    return [
        (
            one.indicator,
            one.comparator.value,
            f"{one.value}" if one.value_max is None else f"{one.value}-{one.value_max}",
            one.unit,
            "" if one.deadline is None else one.deadline.isoformat(),
        )
        for one in found
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # a name, a bound, a value
        ("到2028年,全市港口作业自动化率达到65%。", [("全市港口作业自动化率", "eq", "65", "%", "2028-12-31")]),
        ("海洋产业规模突破900亿元。", [("海洋产业规模", "gt", "900", "亿元", "")]),
        ("带动相关产业规模超3000亿元。", [("带动相关产业规模", "gt", "3000", "亿元", "")]),
        ("岸电使用率不低于80%。", [("岸电使用率", "gte", "80", "%", "")]),
        ("机房电能利用效率低于1.25。", [("机房电能利用效率", "lt", "1.25", "PUE", "")]),
        ("机房PUE控制在1.3以下。", [("机房PUE", "lte", "1.3", "PUE", "")]),
        ("通关时间压缩至3小时以内。", [("通关时间", "lte", "3", "小时", "")]),
        ("算力供给达到5.4万P。", [("算力供给", "eq", "5.4", "万PFLOPS", "")]),
        ("渔业产值超万亿元。", [("渔业产值", "gt", "1", "万亿元", "")]),
        ("船舶产业总产值跨越千亿元大关。", [("船舶产业总产值", "gt", "1000", "亿元", "")]),
        ("绿电占比不低于八成。", [("绿电占比", "gte", "80", "%", "")]),
        ("海水淡化电耗降至3.2千瓦时/吨左右。", [("海水淡化电耗", "approx", "3.2", "千瓦时/吨", "")]),
        ("机器人密度达到每万人500台。", [("机器人密度", "eq", "500", "台/万人", "")]),
        ("到2026年底泊位利用率力争达到九成。", [("泊位利用率", "eq", "90", "%", "2026-12-31")]),
        ("东湾集群2026年机架规模达到12万架。", [("东湾集群机架规模", "eq", "12", "万架", "2026-12-31")]),
        ("综合实力进入全国前十位。", [("综合实力", "lte", "10", "位", "")]),
        ("误差率低于万分之一。", [("误差率", "lt", "0.01", "%", "")]),
        # a verb, a count, a name
        ("打造5个以上智慧渔港。", [("智慧渔港", "gte", "5", "个", "")]),
        ("培育3-5家领军企业和一批骨干企业。", [("领军企业", "range", "3-5", "家", "")]),
        ("建成2～3个中试基地。", [("中试基地", "range", "2-3", "个", "")]),
        ("突破5项关键技术。", [("关键技术", "eq", "5", "项", "")]),
        ("培育三家以上上市企业。", [("上市企业", "gte", "3", "家", "")]),
        (
            "形成10个左右行业数据集和5个左右行业模型。",
            [("行业数据集", "approx", "10", "个", ""), ("行业模型", "approx", "5", "个", "")],
        ),
        (
            "培育5家国家级、30家省级智能工厂。",
            [("国家级智能工厂", "eq", "5", "家", ""), ("省级智能工厂", "eq", "30", "家", "")],
        ),
        ("在14个镇各建设不少于1个服务站。", [("服务站", "gte", "1", "个", "")]),
        # a verb, a name, a count
        ("累计建成充电桩2万个以上。", [("充电桩", "gte", "2", "万个", "")]),
        ("培训教师5000人次。", [("教师", "eq", "5000", "人次", "")]),
        ("新引育海洋企业二百家。", [("海洋企业", "eq", "200", "家", "")]),
        ("年营收超10亿元的渔业企业不少于8家。", [("年营收超10亿元的渔业企业", "gte", "8", "家", "")]),
        ("研发人员达到1000名。", [("研发人员", "eq", "1000", "名", "")]),
        # the value before what it measures
        ("构建2ms时延的港区专网。", [("港区专网时延", "eq", "2", "ms", "")]),
        ("实现港区间100G以上高速互联。", [("港区间互联带宽", "gte", "100", "Gbps", "")]),
        ("设立总规模50亿元的海洋产业基金。", [("海洋产业基金总规模", "eq", "50", "亿元", "")]),
        (
            "建设算力规模不少于3000P、存储容量不少于100PB的智算中心。",
            [("智算中心算力规模", "gte", "3000", "PFLOPS", ""), ("智算中心存储容量", "gte", "100", "PB", "")],
        ),
        ("每个镇至少建成1个服务站。", [("服务站", "gte", "1", "个", "")]),
        ("培育制造业单项冠军3家以上。", [("制造业单项冠军", "gte", "3", "家", "")]),
        (
            "吞吐量达到300万吨(年均增长5%以上)。",
            [("吞吐量", "eq", "300", "万吨", ""), ("吞吐量年均增长", "gte", "5", "%", "")],
        ),
        # a change
        ("海洋产业增加值年均增长8%以上。", [("海洋产业增加值年均增长", "gte", "8", "%", "")]),
        ("作业效率提高20%以上。", [("作业效率", "gte", "20", "%", "")]),
        ("机器人应用比例提升5个百分点。", [("机器人应用比例", "eq", "5", "个百分点", "")]),
        ("养殖企业数量翻一番。", [("养殖企业数量", "eq", "2", "倍", "")]),
        (
            "覆盖率由2022年的56%提高到2027年的80%。",
            [("覆盖率", "eq", "80", "%", "2027-12-31")],
        ),
        # spans of years are no part of a name
        ("三年开展出海培训80场次。", [("出海培训", "eq", "80", "场次", "")]),
        ("三年累计完成渔船改造600艘次。", [("渔船改造", "eq", "600", "艘次", "")]),
        ("五年新招引千万元以上渔业项目不少于40个。", [("千万元以上渔业项目", "gte", "40", "个", "")]),
        ("规划期内累计建成智慧渔港12座。", [("智慧渔港", "eq", "12", "座", "")]),
        ("两年累计投入不少于3亿元。", [("累计投入", "gte", "3", "亿元", "")]),
        # a name without its thing, and a bound for several numbers
        (
            "渔业产值达到80亿元,年均增速保持在6%以上。",
            [("渔业产值", "eq", "80", "亿元", ""), ("渔业产值年均增速", "gte", "6", "%", "")],
        ),
        (
            "新增海洋牧场12个,总数突破40个。",
            [("海洋牧场", "eq", "12", "个", ""), ("海洋牧场总数", "gt", "40", "个", "")],
        ),
        (
            "2026年、2028年渔业产值分别突破90亿元、120亿元。",
            [("渔业产值", "gt", "90", "亿元", "2026-12-31"), ("渔业产值", "gt", "120", "亿元", "2028-12-31")],
        ),
        # what is done with the things is no part of their name
        ("推动不少于20个渔业模型完成备案。", [("渔业模型", "gte", "20", "个", "")]),
        ("年培养船员3000人以上。", [("船员", "gte", "3000", "人", "")]),
        ("年均申请渔业专利不少于200件。", [("渔业专利", "gte", "200", "件", "")]),
        ("渔船年登记量达到900艘。", [("渔船年登记量", "eq", "900", "艘", "")]),
        ("每年发布渔业清单2批次,每批不少于20项。", [("渔业清单", "eq", "2", "批次", "")]),
        ("选树20家标杆渔企向全市推广。", [("标杆渔企", "eq", "20", "家", "")]),
        ("推动30个渔村率先应用。", [("渔村", "eq", "30", "个", "")]),
        ("全市三年建成海洋牧场9个。", [("海洋牧场", "eq", "9", "个", "")]),
        ("全年开展各类海洋活动12场。", [("各类海洋活动", "eq", "12", "场", "")]),
        # the deed is what is counted
        ("每年培训不少于2万人次。", [("培训", "gte", "2", "万人次", "")]),
        # two measure words in one
        ("推广海上装备50台(套)以上。", [("海上装备", "gte", "50", "台(套)", "")]),
        ("走访渔业企业300家次。", [("渔业企业", "eq", "300", "家次", "")]),
        # a name left out, shared out or given ahead
        (
            "到2027年产业规模达到400亿元,到2030年力争突破1000亿元。",
            [("产业规模", "eq", "400", "亿元", "2027-12-31"), ("产业规模", "gt", "1000", "亿元", "2030-12-31")],
        ),
        (
            "渔港、码头覆盖率分别达到95%和98%。",
            [("渔港覆盖率", "eq", "95", "%", ""), ("码头覆盖率", "eq", "98", "%", "")],
        ),
        (
            "2025年、2027年算力规模分别达到2000P、5000P。",
            [("算力规模", "eq", "2000", "PFLOPS", "2025-12-31"), ("算力规模", "eq", "5000", "PFLOPS", "2027-12-31")],
        ),
        (
            "2024年建成1个、2025年建成3个渔业数据空间。",
            [("渔业数据空间", "eq", "1", "个", "2024-12-31"), ("渔业数据空间", "eq", "3", "个", "2025-12-31")],
        ),
        (
            "培育企业500家以上(其中规模以上企业100家)。",
            [("企业", "gte", "500", "家", ""), ("规模以上企业", "eq", "100", "家", "")],
        ),
    ],
)
def test_a_sentence_says_its_targets_and_no_more(sentence: str, expected: list[Expected]) -> None:
    assert shown(targets(sentence)) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "目前,全市已建成智算中心3个,总算力达到1200P。",
        "截至2024年底,集聚企业430余家,核心产业规模180亿元。",
        "2024年,产值同比增长25.6%。",
        "对首次入选的企业,给予最高不超过500万元奖励。",
        "对年营业收入首次突破1亿元、5亿元的企业,分别给予20万元、50万元奖励。",
        "按不超过合同额30%的比例给予补助,单个企业每年最高100万元。",
        "新购设备投入达到500万元的,给予10%补贴。",
        "升级城市大脑2.0版,推进5G、3D打印应用,建设7×24小时服务区。",
        "落实渔政发〔2023〕12号文件和《渔港规范》(2.0版)。",
        "发挥总规模20亿元的渔业引导基金作用。",
        "用好首期10亿元的海洋产业基金。",
        "产业规模较2024年翻一番。",
        "县级财政配套不低于1:1。",
        "发放渔业券总额不超过5000万元。",
        "单个项目最高支持500万元,每年支持不超过10个项目。",
        "坚持四项原则,聚焦5个方面,打造“1+3+N”体系,统筹“五位一体”。",
        "前10名给予表扬,建设500强企业总部。",
        "围绕8条重点产业链开展攻关。",
        "为全区100家企业提供诊断服务。",
        "专家委员会委员不超过25名。",
        "培育百亿级产业集群和一批骨干企业。",
        "每个设区市可结合实际制定方案。",
        "形成以1个核心港区为引领、3个港点为支撑的发展格局。",
        "深化与100家企业合作。",
    ],
)
def test_what_is_no_promise_is_no_target(sentence: str) -> None:
    assert targets(sentence) == ()


def test_the_past_of_a_sentence_does_not_reach_into_the_next() -> None:
    found = targets("截至2024年底,建成码头3座。到2027年,建成码头8座。")
    assert shown(found) == [("码头", "eq", "8", "座", "2027-12-31")]


def test_a_section_about_how_things_are_has_no_targets() -> None:
    assert targets("建成码头3座,吞吐量达到5000万吨。", heading="一、发展基础") == ()


def test_an_aim_before_the_date_governs_the_whole_sentence() -> None:
    found = targets("力争到2030年,吞吐量达到9000万吨,建成码头8座。码头岸线达到20公里。")
    assert [one.aim for one in found] == [True, True, False]


def test_an_aim_after_the_name_governs_its_own_clause() -> None:
    found = targets("到2030年,吞吐量力争达到9000万吨,建成码头8座。")
    assert [one.aim for one in found] == [True, False]


def test_a_goal_paragraph_hands_its_date_to_later_sentences() -> None:
    found = targets("第一步,到2027年,体系更加完善。码头达到8座。")
    assert [(one.deadline_source, str(one.deadline), one.section) for one in found] == [
        (DeadlineSource.PARAGRAPH, "2027-12-31", "一/第一步")
    ]


def test_a_task_paragraph_does_not() -> None:
    found = targets("2026年底前,建成码头3座。岸电使用率不低于80%。", heading="二、重点任务")
    assert shown(found) == [("码头", "eq", "3", "座", "2026-12-31"), ("岸电使用率", "gte", "80", "%", "")]


def test_a_lead_sentence_hands_its_date_and_aim_to_the_bullets_under_it() -> None:
    found = targets(
        "到2029年,力争实现以下目标:\n——港口能力。建成码头8座,吞吐量持续增长。\n——绿色发展。岸电使用率达到90%。"
    )
    assert [(str(one.deadline), one.deadline_source, one.aim) for one in found] == [
        ("2029-12-31", DeadlineSource.ANCESTOR, True),
        ("2029-12-31", DeadlineSource.ANCESTOR, True),
    ]


def test_every_year_is_a_period_and_no_deadline() -> None:
    (found,) = targets("每年举办不少于30场供需对接活动。", heading="二、重点任务")
    assert (found.indicator, found.period, found.deadline) == ("供需对接活动", "year", None)


def test_repeats_are_one_target_with_every_place_it_stands() -> None:
    sentence = "到2027年,码头岸线达到20公里。"
    (found,) = read_plan(f"一、目标\n{sentence}\n二、任务\n{sentence}").targets
    assert [quote.offset for quote in found.quotes] == [12, 36]


def test_traditional_script_keeps_its_glyphs() -> None:
    (found,) = targets("到2027年,數據標註基地達到5個以上。", heading="一、主要目標")
    assert (found.indicator, found.unit, found.comparator.value) == ("數據標註基地", "個", "gte")
