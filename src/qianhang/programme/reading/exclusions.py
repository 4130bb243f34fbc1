"""Numbers that are not targets: what is so already, what is paid out, and what only says which things are meant."""

import re

from qianhang.programme.reading.indicators import ends_in_making

_BACKGROUND_TITLE = re.compile(
    r"基础|现状|形势|背景|成效|环境与|面临|回顾|必要性|发展环境|主要问题|机遇|名词解释|编制依据"
)
_BACKGROUND_EXCEPT = re.compile(
    r"基础(?:设施|研究|理论|支撑|能力|底座|教育|性|软件|器件|产业|电信|保障|较好|平台|资源|技术|零部件|数据|制度|工程|领域|共性)|夯实|筑牢|强化|打牢|加强|提升|完善|构建|优化|营造"
)

_SO_FAR = re.compile(
    r"(?<![由从])目前(?!的)|截至|截止|近年来|以来|“?十[一二三四五]五”?期间累计"
    r"|已(?:经|建|有(?!的|研究|基础|项目|设施|条件)|达|超|突破|累计|成(?!熟)|培育|集聚|完成|形成|引进|实现|拥有|获|开|认定|汇聚|发布|入|投|落(?!实)|上(?!市))"
)
_AS_IT_IS = re.compile(
    r"同比|(?:^|全[国省市区县]|我[省市区])[现共]?有\d|(?:^|全[国省市区县]|我[省市区]|共)拥有|居全国|全国第[一二三四五六七八九十\d]|(?:^|[省市])现有"
)
_AHEAD = re.compile(r"力争|确保|争取|到20\d\d年|20\d\d年底?前|目标")
_PAYS = re.compile(
    r"给予|予以(?:一次性)?(?:奖励|补助|补贴|支持|资助)|奖励|奖补|补助|补贴|(?<!累计)资助|贴息|贴补|封顶|限额|报销|返还|减免|抵扣|按(?:照)?[^,。]{0,24}(?:比例|\d%)|按(?:照)?[^,。]{0,10}\d[^,。]{0,10}标准|最高(?:额度)?(?:不超过|可?达)?\d"
    r"|单个|单项(?!冠军)|单户|单家|单笔|单张|面额|每[个家项户名][^,]{0,8}(?:支持|补助|资助|经费|额度)|不超过[^,。]{0,12}(?:元|%)的|税前扣除|加计扣除|税率|罚款"
)
_MEANT_FOR = re.compile(r"用于[^,]*$")
_CONDITION = re.compile(
    r"^(?:对于?|凡|经|将|其中对|鼓励对|支持对|属于|符合|按|根据|依据|获得|首次|当年|上年度?|年度|每(?!年|季|月|半年))"
)
_LIMIT = re.compile(
    r"原则上|总额|额度|委员|成员|任期|名额|人数|编制|有效期|期限|存续期|试行|周期为|学制|每家|每个企业|每户|申领|申报|领取"
)
_GROWS = re.compile(r"(?:比|较|相比|相较)[^,]{0,12}翻(?:[一两二三四]?番)?")
_NO_PURPOSE = re.compile(
    r"(?:围绕|聚焦|坚持|按照|落实|针对|面向|发挥|紧扣|依托|抢抓|贯彻|遵循|立足|瞄准|结合|根据|对照|参照|入选|位列|排名|列)[^,]{0,12}$"
)


def is_background(title: str) -> bool:
    """True for a section that tells how things are: 发展基础, 面临形势."""
    return bool(_BACKGROUND_TITLE.search(title)) and not _BACKGROUND_EXCEPT.search(title)


def tells_the_past(clause: str) -> bool:
    """True for a clause from which on a sentence tells what has been reached: 截至2023年底已建成…"""
    return bool(_SO_FAR.search(clause)) and not _AHEAD.search(clause)


def is_already_so(clause: str) -> bool:
    """True for a clause about what is so: all that tell the past, and 同比增长…, 拥有…"""
    return tells_the_past(clause) or (bool(_AS_IT_IS.search(clause)) and not _AHEAD.search(clause))


def looks_ahead(clause: str) -> bool:
    """True for a clause that ends what was told of the past: 到2025年, 力争."""
    return _AHEAD.search(clause) is not None


def pays_out(clause: str) -> bool:
    """True for a clause about an award, a subsidy or its ceiling."""
    return _PAYS.search(_MEANT_FOR.sub("", clause)) is not None


def is_condition(clause: str) -> bool:
    """True for a clause that says who is meant: 对年营业收入超过1亿元的企业."""
    return clause.endswith("的") or _CONDITION.match(clause) is not None


def grows_from_a_base(words: str) -> bool:
    """True for 较2024年翻一番: without the value of that year it promises no number."""
    return _GROWS.search(words) is not None


def sets_a_limit(clause: str) -> bool:
    """True for a rule of procedure: 委员不超过25名, 原则上不超过…"""
    return _LIMIT.search(clause) is not None


def only_points(before: str) -> bool:
    """True when the verb before a number points at things that are there: 围绕…, 坚持…"""
    return _NO_PURPOSE.search(before) is not None and not ends_in_making(before)
