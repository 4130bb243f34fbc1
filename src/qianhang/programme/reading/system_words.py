"""The words by which a plan's grammar shows a system: the heads of names, the verbs that govern them, what may follow.

Tables only, compiled once; systems.py reads with them. Positions and rules are in the normalised text (simplified
script, half-width marks).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

# type -> what a name of that type can end with. A longer head wins over a shorter one that ends at the same place.
HEADS: Sequence[tuple[str, str]] = (
    ("platform", r"(?:云|子|中)?平台(?:体系)?|门户(?:网站)?|小程序|APP|应用商店|枢纽平台"),
    (
        "system",
        r"(?<!生态)(?<!操作)(?<!无人)(?<!智能体)系统|(?:智慧|智能|城市|超级|产业|教育|医疗|政务|交通|数据|农业|工业|水利|治理|经济|区域)(?:大脑|中枢|智脑)"
        r"|驾驶舱|(?:平台|信息服务|监测|感知|预警|通报|评测|测评|监管|追溯|防控|调度|评价监测|数据共享|风险管理)体系|子系统|信息系统",
    ),
    ("environment", r"(?:支撑|计算|运行|测试|仿真|试验|验证|实训)环境"),
    ("knowledge_base", r"知识(?:仓)?库"),
    ("dataset", r"数据集(?:群)?|语料库|训练库|样本库|测试集"),
    (
        "database",
        r"数据(?:资源)?库|信息库|资源库|案例库|项目库|专家库|算法库|模型库|人才库|基因库|标准库|储备库|组件库|工具库|素材库|主题库|专题库|基础库|政策库|培育库|企业库|需求库|场景库|数据湖|数仓",
    ),
    ("cluster", r"(?:算力|计算|数据中心|智算|超算)(?:中心)?集群"),
    (
        "network",
        r"(?<!神经)网络(?:环境)?|(?:算力|运力|骨干|城域|水|电|感知|监测|政务|专|传感|物联|量子通信|调度|信息|数据|导航定位|公路|交通|光|气象|通信|物流|气|油|热|服务|张)网(?!络)",
    ),
    (
        "centre",
        r"(?<!为)中心(?:[一二三四]期)?|枢纽(?:节点)?|(?:算力|计算|数据)?节点|(?:智算|算力)(?:核心区|谷|港|岛|高地)",
    ),
    ("catalogue", r"目录|图谱"),
    ("register", r"清单|名录|台账|需求榜单|榜单|一本账"),
    ("alliance", r"联盟|共同体|创新联合体|协会|合作组织"),
    ("voucher", r"(?:算力|模型|语料|数据|创新|服务|消费|科技|云服务|智能|技术|上云|转型|场景)券"),
    ("data_space", r"数据空间"),
    (
        "base",
        r"基地|众创空间|孵化器|加速器|工作室|实训室|体验馆|展示馆|科技馆|展厅|创客空间|社区服务站|创新工场|孵化空间",
    ),
    (
        "zone",
        r"示范(?:园)?区|试验区|先导区|先行区|引领区|集聚区|核心区|实验区|创新区|特区|产业园(?:区)?|科技园|软件园|园区|小镇|创新街区|测试区|走廊|示范带|产业带|创新港|硅谷|社区(?:和机构)?",
    ),
    (
        "facility",
        r"(?:算力|智算|计算|数据|超算|新型|信息|科学)(?:基础)?设施|(?:大科学)?装置|工厂|车间|医院|校园|农场|大棚|牧场|渔场|(?:中试|生产|测试|示范)线|测试(?:道路|场)|实验室|仓库|港口|码头|电站|服务站|驿站|展馆|实验场|试验场|测试场|基站|学校|农\(牧\)场",
    ),
    ("institution", r"学院|研究院|研究所|研究中心|创新中心|大学|工作站|研发机构|智库|事务所"),
    (
        "body",
        r"专班|委员会|领导小组|联席会议(?:制度)?|(?:协调|咨询|联席|会商)(?:会议)?机制|专家组|工作组|专家库|指挥部|智囊团",
    ),
    ("programme", r"工程|计划(?!单列)|(?:专项)?行动|专项"),
    ("pilot", r"试点(?:示范)?|试验(?=$|[、,;。])|先行先试"),
    ("fund", r"基金(?:群)?|资金池|风险补偿金"),
    ("pool", r"(?:专利|模型|数据|算法|项目|人才|场景)池"),
    ("map", r"一张图|风险图|地图|热力图|全景图|产业图|云图|风险区划图"),
    ("model", r"(?:大|小|专用|垂直|行业)模型"),
    ("agent", r"智能体"),
    ("digital_human", r"数字人|数智人|数字员工"),
    ("toolset", r"工具[集链箱包]|组件库|套件"),
    ("tool", r"(?:智能|办公|辅助|开发|测试|审批|标注|评测|分析)[^、,;。]{0,4}工具|助手|机器人助手"),
    ("community", r"开源社区|开发者社区|(?:模型|创新|开放)社区"),
    ("exchange", r"交易(?:所|市场|场所)|专区|专板"),
    ("regime", r"(?:梯度|梯次)培育体系|(?:安全|风险)评估机制|沙盒"),
)

# Governing verbs. STRONG ones end what stands before a name wherever they are. LIGHT ones govern a deed (推动X平台建设),
# so the deed must follow. LOOSE ones also stand inside names (软件开发平台): they count only where an object begins.
STRONG = (
    r"建设(?:好|完善)?|建立(?:健全|完善|起)?|构建(?:起)?|打造(?:成)?|搭建|建成(?:投用|投运|使用)?|组建|成立|设立|健全(?:完善)?|完善(?:提升)?"
    r"|升级(?:改造|打造)?|编制(?:发布)?|绘制|发布|实施|启动|布局(?:建设)?|部署|创建|争创|创成|申建|拓展|筹建|共建|新建|扩建|改扩建|建强|建优|建好|做强|做优|做大"
    r"|引进|引入|培育(?:壮大)?|发起|上线|研制|充实|扩充|归集|获批|申报|创办|形成|发放|推出|设置"
)
USE = r"依托|用好|用足|发挥|推广(?:应用|使用)?|借助|基于|对接|接入|融入|试点应用|办好|利用|运用"
LIGHT = r"推进|推动|加快|加强|强化|支持|鼓励|引导|促进|开展|深化|提升|优化|扩大|落实|推行|试点|探索|整合|做好|丰富|实现"
LOOSE = r"开发|研发|运营|应用|开放|改造|统筹|规划|谋划|举办|布设"
ADVERBS = r"积极|大力|稳步|有序|全面|持续|深入|重点|进一步|适度|超前|逐步|着力|全力|加速|尽快|率先|科学|优先|稳妥|集中|有效|充分|不断|广泛|共同|联合|牵头|协同|主动|切实|按需|试点|研究|支持|鼓励|推动|加快|引导"
FILLERS = r"一批|若干|一系列|多个|首个|首批|全国首个|一流的?|高水平|高标准|省内|我省|我市|我区|本市|本省|有条件的|具备条件的|现有的?|了|和|与|及|并|或|以及|国内|典型|更多|个|左右|以上"
# Verbs whose object is not built, changed or used here.
OTHER = r"提供|使用|突破|进行|发展|采用|围绕|聚焦|攻关|瞄准|面向|针对|满足|具备|参与|争取|挖掘|参股|涉及|包括|解决|保障|服务于|承接|符合|倡导|举办|纳入|争取纳入"

USE_VERBS = re.compile(rf"(?:{USE}|参与|纳入)")
UPGRADE_VERBS = re.compile(
    r"完善|健全|升级|拓展|提升|优化|强化|加强|建强|建优|做强|做优|改造|扩容|扩建|扩大|丰富|充实|扩充|规范"
)
BUILD_VERBS = re.compile(
    r"建设|建立|构建|打造|搭建|建成|组建|成立|设立|新建|共建|筹建|创建|布局|部署|开发|研发|研制|编制|绘制|实施|启动|发布|引进"
)

_DEEDS = r"建设|构建|建立|应用|推广|使用|升级|改造|运行|运营|部署|布局|布设|研发|开发|编制|实施|扩容|级联|落地|上线|试点|作用|功能|创建|绘制|规范发展|健康发展|互联|联通|遴选"
# What may follow a name at once: an end, a joint, a count.
ENDS = re.compile(r"$|[、,;。:()“”Q]|以?及(?!其)|和|与|或|并|等(?!级)|\d|至少|不少于|达到|项目(?=$|[、,;。建])")
# The deed done to it, up to the end of the clause: 平台的智能化改造, 系统等项目建设, 基金作用.
DEED_AFTER = re.compile(
    rf"(?:等[^、,;。]{{0,10}}|项目|工程)?的?[^、,;。的]{{0,8}}?(?<!融合)(?<!集成)(?<!基础)(?P<deed>{_DEEDS})(?!工程|行动|计划|试点|专项|方案|规划|示范|场景|实训|服务|联盟|指南|机构|商|者|力|类|难|经费)"
)
DEED_AT_END = re.compile(rf"(?<!融合)(?<!集成)(?P<deed>{_DEEDS})(?:力度|水平|进程|进度)?$")
# Behind 依托, 用好, 在: any verb.
VERB_AFTER = re.compile(
    r"的|为|向|在|开展|实现|提供|汇聚|推动|加强|促进|赋能|支撑|完善|提升|建设|构建|打造|搭建|开发|推进|形成|探索|加快|强化|发展|统筹|引导|整合|布局|培育|建立|对接|扩大|深化|举办|围绕|聚焦|组织|支持|计算能力"
)
AS_BASE = re.compile(r"以(?P<what>[^,;。]{2,80})为(?:基础|依托|载体|支撑|牵引|抓手|平台)")

# A modifier that says nothing: a name of only these before its last noun is a kind too common to be a finding.
EMPTY_MODIFIERS = re.compile(
    r"创新|服务|公共|综合|应用|示范|重点|各类|相关|重大|有关|试点|现有|信息|业务|管理|技术|支撑|基础|高水平|新型|一体化|专业化|专业"
    r"|国家级|省级|市级|国家|区域|企业|行业|科技|工程|合作|交流|开放|共享|协同|特色|典型|标杆|高端|高能级|一流|先进|多元|统一|完善|核心|关键|项目|工作|发展|研发|研究|社会"
    r"|优质|优势|各级|全省|全市|领域|龙头|骨干|优秀|建设|专项|地方|政府|投资|引导|股权|天使|风险投资|创业|子(?=基金)|制造业|数字化|信息化|数智化|智能化|实训|教育培训|培训|垂直|通用|专用|端到端|场景级|行业级|分场景|精细|做精|大(?=模型)|行动|国内|国际|省内"
    r"|[省市和与及等多新各该本此其类级型化的、一二三四五六七八九十两\d批个]"
)
_CORE = re.compile(
    r"(?:平台|系统|体系|环境|数据集|语料库|数据库|资源库|信息库|[库集]|集群|网络环境|网络|网|中心|节点|枢纽|目录|图谱|清单|名录|台账|联盟|共同体|协会|券|空间|基地|孵化器|加速器|工作室|(?:示范|试验|先导|先行|引领|集聚|核心|创新)?(?:园区|区)|小镇|设施|工厂|车间|医院|学院|研究院|研究所|机制|专班|委员会|领导小组|联席会议(?:制度)?|工程|计划|行动|专项|试点|基金|[池图]|模型|智能体|数字人|工具[集链箱]?|助手|社区|实验室|院|站|线|所|馆|校|场)$"
)


# Kinds that plans list without a name of their own.
COMMON_KINDS = re.compile(
    r"(?:国家|省|市|省级|市级|国家级|全国|省部级|各类|一批|新一代)*(?:重点实验室|工程(?:技术)?(?:研究中心|实验室|中心)|企业技术中心|技术中心"
    r"|(?:产业|制造业|技术|科技|产业技术|协同|共性技术)*创新(?:中心|平台|载体|联盟)|新型研发机构|院士工作站|博士后工作站|科研院所|职业学院|高等学校"
    r"|产业(?:园区|园|基地|联盟|平台|集群)|高新区|开发区|工业园区|行业协会|产业投资基金|专项行动|专项计划|行动计划|试点示范|先行先试|专家委员会|智能(?:系统|网络|平台|终端)"
    r"|信息基础设施|新型基础设施|数字基础设施|互联网|物联网|生产线|自动化生产线|产业技术研究院|数据中心|云平台|大数据平台|信息系统|公共服务平台)"
)
NOT_SYSTEMS = re.compile(
    r"^(?:“[^”]{0,12}\+”行动|人工智能\+行动|本?行动(?:计划)?|.{0,6}[一二三四五六七八九十]五(?:”)?计划|(?:各类|部分|现有|相关|其他|有关|更多|这|那|每).*)$"
)
BRAND_END = re.compile(
    r"(?:吧|通|大?脑|智脑|云|码|网|一张图|舱|盾|卡|平台|系统|库|清单|名录|计划|工程|专区|超市|一本账|账本|大厅|智能体|[\d.]+|大会|制度|专项|基金|中心|联盟|基地)$"
)
SLOGAN = re.compile(
    r"一网|一件|一次|一窗|一站|最多|高效办|互联网|\+|东数西算|五通|互联互通|揭榜|接入|联通|贯通|沟通|畅通|流通|上云|融通"
)
KIND_MARK = re.compile(
    r"一批|若干|一系列|各类|多个|[\d一二两三四五六七八九十百]+(?:-\d+)?(?:个|家|条|项|类|套|张|座|处|所|款|支|只)|(?:支持|鼓励|引导)"
)


def is_too_common(name: str) -> bool:
    """Whether nothing but empty modifiers stands before the name's last noun."""
    core = _CORE.search(name)
    return len(EMPTY_MODIFIERS.sub("", name[: core.start()] if core else name[:-2])) < 2  # noqa: PLR2004


@lru_cache(maxsize=1)
def head_pattern() -> re.Pattern[str]:
    """All heads in one pattern; the group name is the type."""
    groups = "|".join(f"(?P<{kind}_{at}>{words})" for at, (kind, words) in enumerate(_longest_first()))
    return re.compile(groups)


def type_of(match: re.Match[str]) -> str:
    """The type behind a match of `head_pattern`."""
    return str(match.lastgroup).rsplit("_", 1)[0]


def _longest_first() -> list[tuple[str, str]]:
    """Every alternative by itself, so that the longest word at a place is tried first."""
    split = []
    for kind, words in HEADS:
        depth, begin = 0, 0
        for at, letter in enumerate(words + "|"):
            depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(letter, 0) if at == 0 or words[at - 1] != "\\" else 0
            if letter == "|" and depth == 0:
                split.append((kind, words[begin:at]))
                begin = at + 1
    return sorted(split, key=lambda item: -len(item[1]))
