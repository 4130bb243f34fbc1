"""What a number speaks of: the name before it or after it, and what to cut off both ends of that name."""

import re

from qianhang.programme.reading.target_words import TABLES, words_of

_MAKING_BY_UNIT = {verb: frozenset(units.split()) for verb, units in TABLES["making_by_unit"].items()}
_SPAN = r"(?<![\d度])[一二三四五六七八九十两\d]{1,2}"
_MAKING = "|".join(words_of("making"))
_CALLING = "|".join(words_of("calling")).replace("|各|", "|各(?![类级种项界])|")
_HOW = "|".join(words_of("how"))

_BY_UNIT = "|".join(_MAKING_BY_UNIT)
_ENDS_IN_MAKING = re.compile(rf"(?:{_MAKING}|{'|'.join(_MAKING_BY_UNIT)})(?:了|出)?$")
_LEADS = re.compile(
    rf"(?:{_CALLING}|{_SPAN}年(?:来|内|间)?(?:总计|共计|合计|共(?![享建同用性]))|{_SPAN}年(?:来|内|间)?(?=累计|总计|共计|合计|共|每年|新?(?:{_MAKING})|服务|转化|对接|授权|改造)|年均?(?=(?:新?(?:{_MAKING})|{_BY_UNIT})(?![量额数值率能]))|(?:规划|计划|方案|实施|行动)期内?(?=累计|共|新?(?:{_MAKING}))|(?:{_HOW})+(?=(?:{_MAKING}))|[,、:;—\s·●•■◆▪\-]+)"
)
_MADE = re.compile(rf"新?(?:{_MAKING})(?:了|出(?![海口境行租版入厂]))?(?:(?:[、或和并])(?=(?:{_MAKING})))?")
_WHERE = re.compile(rf"在?(?:全[国省市区县州域]|[我本]?[省市区县]内?)(?:范围内?)?(?:{_SPAN}年内?)?(?=(?:{_MAKING}))")
_FOR = re.compile(rf"(?:向|为|面向|对)[^,、]{{1,14}}?(?=(?:{_MAKING}))")
_MADE_BY_UNIT = re.compile("|".join(_MAKING_BY_UNIT))
_NOUNISH = re.compile(
    r"(?:研发|孵化|培训|开放|转化|推广|改造|储备|设计|制造|生产|备案|登记|对接|参与|组织|支持|实施|建设|发展|引导|安装|配套|配置|认定|开发|创造|发布|安排|投资|投入|服务|应用|运营)"
    r"(?=基地|平台|中心|机构|人员|器|载体|园|基金|团队|投入|经费|费用|资金|能力|场所|站|系统|服务|单位|业|活动|周期|成本|效率|许可|标准|方案|用地|工具|软件|政策)"
)
_ACTOR = re.compile(
    r"[^,]{0,20}?(?:企业|高校|院校|院所|机构|单位|各地|地方|县|市|区|银行|园区|主体|部门|学校|医院)(?:牵头|联合|共同|合作|自主)?"
    r"(?:建设|建成|打造|培育|组建|设立|创建|形成|布局|实施|开展|研发|举办|建立|引进|新增|完成|获批|承担|参与|制定)"
)
_NAME_NEEDS_IT = re.compile(
    r"[率值者型]|数(?![据字控智学])|量(?!子)|额(?!外)|度(?!假)|费(?!用)|用地|总量|总数|水平|能力|中心|平台(?!.{2})|强度|成本|经费|时间|周期|投入"
)
_TRAILS = re.compile(
    r"(?:力争|争取|努力|确保|将|均|都|要|全部|累计|总计|共计|合计|分别|稳步|持续|显著|进一步|明显|大幅|逐步|整体|总体|平均|预计|再|应|需|须|有望"
    r"|每年|不断|实现|完成|达到|达|同比|比上年|较上年|规模化|总共|一共|共|已|为|约|由|从|占到|的|各|统筹安排|安排|拿出|(?<![\d度])[一二三四五六七八九十两\d]{1,2}年(?:内|累计|合计|共)?|—|-)+$"
)
_BASE = (
    r"(?:“?十[一二三四五六]五”?[^,]{0,4}|20\d\d年?[^,]{0,4}|上年[^,]{0,2}|去年[^,]{0,2}|上一年|同期|现有[^,]{0,4}|目前|法定[^,]{0,4}"
    r"|传统[^,]{0,4}|常规[^,]{0,4}|全国平均[^,]{0,4}|全省平均[^,]{0,4}|基准[^,]{0,4}|改造前|实施前|当前)"
)
_COMPARED = re.compile(rf"(?:比|较|相比于?|相较于?|与)(?:{_BASE})(?:相比)?(?:平均|分别|累计|均|再)?$")
_PERIOD = re.compile(
    rf"(?<![\d一二三四五六七八九十两半全今当本去上])年(?=新?(?:{_MAKING}))|"
    r"每(?:半)?年度?|年均|每个?季度|每个?月|按年|逐年|(?<!\d)年(?:产|作业量|登记量|产量|培训|服务|处理)|月产|月均|(?<!\d)年度(?!计划)"
)


def ends_in_making(words: str) -> bool:
    """True for 累计培育: what comes next is the thing made."""
    return _ENDS_IN_MAKING.search(words) is not None


def skip_leads(text: str, start: int, end: int, *, making: bool, unit: str = "") -> int:
    """Where the name begins in `text[start:end]`: after 力争, 每年, 并, and with `making` also after 累计建成."""
    moved = True
    while moved and start < end:
        moved = False
        if _NOUNISH.match(text, start, end):
            return start
        for pattern in (_LEADS, _WHERE, _FOR, _MADE) if making else (_LEADS,):
            found = pattern.match(text, start, end)
            if found and not _NAME_NEEDS_IT.match(text, found.end(), end):
                start, moved = found.end(), True
        by_unit = _MADE_BY_UNIT.match(text, start, end) if making else None
        if (
            by_unit
            and not text.startswith("项目", by_unit.end())
            and unit.lstrip("万亿") in _MAKING_BY_UNIT[by_unit.group()]
        ):
            start, moved = by_unit.end(), True
    return start


def after_actor(text: str, start: int, end: int) -> int:
    """龙头企业牵头组建创新联合体: where the thing begins that someone is to make."""
    found = _ACTOR.match(text, start, end)
    return found.end() if found else start


def skip_trails(text: str, start: int, end: int) -> int:
    """Where the name ends: before 力争, 分别, 比2020年."""
    trail = _TRAILS.search(text, start, end)
    end = trail.start() if trail else end
    compared = _COMPARED.search(text, start, end)
    if compared is None:
        return end
    end = compared.start()
    trail = _TRAILS.search(text, start, end)
    return trail.start() if trail else end


def period_in(words: str) -> str | None:
    """`year` for 每年 or 年均, `quarter`, `month`."""
    said = _PERIOD.findall(words)
    if not said:
        return None
    return "quarter" if "季" in said[-1] else "month" if "月" in said[-1] else "year"
