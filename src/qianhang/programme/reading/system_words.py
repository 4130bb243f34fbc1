"""The words by which a plan's grammar shows a system: heads of names, verbs that govern them, what may follow.

The lists are data/systems.toml; here they become look-ups and the few patterns that are built of them.
system_names.py reads with them. All in simplified script with half-width marks.
"""

import re
import tomllib
from importlib.resources import files

_TABLES = tomllib.loads(files("qianhang.programme.reading").joinpath("data/systems.toml").read_text("utf-8"))


def _words(table: str, name: str) -> tuple[str, ...]:
    """One list, the longest word first."""
    return tuple(sorted(_TABLES[table][name].split(), key=lambda word: (-len(word), word)))


NOT_A_HEAD = "none"
"""The type of words that end like a head and are none: 生态系统, 神经网络."""

HEADS = {word: kind for kind in _TABLES["heads"] for word in _words("heads", kind)}
LONGEST_HEAD = max(map(len, HEADS))
HEAD_ENDS = frozenset(word[-1] for word in HEADS)

VERBS = {word: manner for manner in _TABLES["verbs"] for word in _words("verbs", manner)}
LONGEST_VERB = max(map(len, VERBS))
VERB_STARTS = frozenset(word[0] for word in VERBS)
USE_VERBS = frozenset(_words("verbs", "use")) | {"在"}
FOUNDING_VERBS = frozenset(_words("lists", "founding_verbs"))
UPGRADE_VERBS = frozenset(_words("lists", "upgrade_verbs"))

USE_DEEDS = frozenset(_words("deeds", "use"))
UPGRADE_DEEDS = frozenset(_words("deeds", "upgrade"))
_DEEDS = "|".join(sorted({*USE_DEEDS, *UPGRADE_DEEDS, *_words("deeds", "build")}, key=lambda word: (-len(word), word)))

ADVERBS = _words("lists", "adverbs")
SUBJECTS = _words("lists", "subjects")
FILLERS = _words("lists", "fillers")
FILLER_STARTS = frozenset(word[0] for word in FILLERS)
NOUN_AFTER_VERB = _words("lists", "noun_after_verb")
EMPTY_MODIFIERS = re.compile("|".join(_words("lists", "empty_modifiers")) + r"|\d|[一二三四五六七八九十两]")

_LAST_NOUNS = _words("lists", "last_nouns")
_CORES = tuple(
    sorted(
        {
            *_LAST_NOUNS,
            *(w for w in HEADS if not any(w != other and w.endswith(other) for other in (*HEADS, *_LAST_NOUNS))),
        },
        key=lambda word: (-len(word), word),
    )
)
"""Last nouns proper: 网络 and 中心, not 监测网络 and 研究中心."""

# What may follow a name at once: an end, a joint, a count.
ENDS = re.compile(
    r"(?:[一二三四首]期)?(?:$|[、,;。:()“”Q\d]|以?及(?!其)|[和与或并]|等(?!级)|至少|不少于|达到|项目(?=$|[、,;。建]))"
)
_PARTS = "装备|设备|能力|产品|部件|器件|元件"
# The deed done to it (平台的智能化改造, 系统等项目建设, 基金作用), up to the end of its part of the clause.
DEED_AFTER = re.compile(
    rf"(?:等(?![^、,;。]{{0,6}}(?:{_PARTS}))[^、,;。]{{0,10}}?|项目|工程)?的?"
    r"(?:(?!标准化)[一-龥]{1,5}化|尽快|早日|加快|率先|如期|按期|正式|顺利|持续|全面|整体|深度|有序|规范|高效|稳定|推广|创新|优化|引导|引领|带动)?(?<!融合)(?<!集成)"
    rf"(?P<deed>{_DEEDS})(?:{_DEEDS})*(?:力度|水平|进程|进度)?(?=$|[、和与及])"
)
DEED_AT_END = re.compile(rf"(?<!融合)(?<!集成)(?<!标准化)(?<!示范)(?P<deed>{_DEEDS})(?:力度|水平|进程|进度|试点)?$")
# Behind 依托, 用好, 在: any verb.
VERB_AFTER = re.compile(
    r"为|向|在|开展|实现|提供|汇聚|推动|加强|促进|赋能|支撑|完善|提升|建设|构建|打造|搭建|开发|推进|形成|探索|加快|强化"
    r"|发展|统筹|引导|整合|布局|培育|建立|对接|扩大|深化|举办|围绕|聚焦|组织|支持|部署|上线|研发|建成|发布|做好|做强|采集"
    r"|共享|接入|打通|每年|安排|优先|重点|集聚|汇聚|集中"
)
AFTER_PROPER = re.compile(
    rf"{ENDS.pattern}|{VERB_AFTER.pattern}|内|中|上|的|尽快|早日|正式|建成|投入|投用|运行|扩大|服务|覆盖|作用|试点|全面|力争"
    r"|于|持续|接受|受理|办理|查询|申请|申报|报名|公开|公示"
)
AS_BASE = re.compile(r"以(?P<what>[^,;。]{2,80})为(?:基础|依托|载体|支撑|牵引|抓手|平台|底座|支点)")
PARTS = re.compile(rf"等[^、,;。]{{0,6}}(?:{_PARTS})")
NOT_THE_OBJECT = re.compile(r"(?:[、和与及][^的]{0,40})+的[^、]{0,6}(?:融合|研究|研发|结合|衔接)$")

# Kinds that plans list without a name of their own, and things that only look like systems.
_OFFICIAL = r"(?:国家|省|市|省级|市级|国家级|全国|省部级|各类|新一代)*"
COMMON_KINDS = re.compile(
    rf"{_OFFICIAL}(?:重点实验室|工程(?:技术)?(?:研究中心|实验室|中心)|(?:企业)?技术中心|新型研发机构|职业学院"
    r"|院士工作站|(?:托育|养老|社区|文化|体育|便民|党群|综合|工业设计)+(?:服务)?中心|博士后工作站|(?:产业|制造业|技术|科技|产业技术|协同|共性技术)*创新(?:中心|平台|载体|联盟)"
    r"|产业(?:园区|园|基地|联盟|平台|技术研究院)|工业园区|行业协会|产业投资基金|专项行动|专项计划|行动计划"
    r"|智能(?:系统|网络|平台|终端)|(?:信息|新型|数字)基础设施|创新联合体|(?:自动化)?生产线|数据中心|云平台|大数据平台|信息系统"
    r"|公共服务平台|(?:[56]G(?:-A)?|[千万百]兆|光纤|宽带|城市|移动|场所|校园|办公|工业|IPv6)+(?:光网|网络|专网)"
    r"|(?:科学|测试|训练)数据集|算力网络|(?:综合)?接入节点|数据开放平台"
    r"|(?:年度|重点|具体|工作|任务|责任|问题|项目|措施|目标|分解|权责|负面)*(?:清单|台账)"
    r"|(?:智能|智慧|数字)(?:制造|学习|筛查|识别|诊断|检测|监测|服务|教学|管理|审批|运维|巡检|应用)试点(?:示范)?"
    r"|(?:工作|统筹)?(?:协调|咨询|会商|联席)(?:会议)?机制)"
)
NOT_SYSTEMS = re.compile(
    r"(?:“[^”]{0,12}\+”行动|人工智能\+行动|本?行动(?:计划)?|国产.*|.{0,6}[一二三四五六七八九十]五(?:”)?计划"
    r"|(?:各类|部分|现有|相关|其他|有关|更多|这|那|每|上述).*)"
)
# Brands: what stands in quotation marks and needs no noun behind it.
BRAND_END = re.compile(
    r"(?:吧|通|大?脑|港|岛|谷|券|贷|保|云|码|网|一张图|舱|盾|卡|平台|系统|库|清单|名录|计划|工程|专区|超市|账本?|大厅|智能体|[\d.]+|大会"
    r"|账户|湾|讲堂|学堂|直播间|工坊|驿站|热线|指数|[一二三四五六七八九十\d]条|制度|专项|基金|中心|联盟|基地|助手|员工|数字人|空间|馆|工场|社区)$"
)
SLOGAN = re.compile(
    r"一网|一件|一次|一窗|一站|最多|高效办|互联网|\+|东数西算|互联互通|揭榜|接入|联通|贯通|沟通|畅通|流通|上云|融通|生态|、"
)
# What a quotation in front does not make a thing: 建设“一核两翼”格局.
NO_THINGS = re.compile(
    r"(?:格局|模式|机制|品牌|体系|生态|服务|活动|名片|场景|样板|标杆|氛围|优势|能力|改革|产品|行业|产业|企业|技术|应用|业务|方式"
    r"|路径|环境|项目|高地|制度|政策|措施|标准|规范|指南|方案|办法|意见|报告|案例|工作|专业|课程|建设|发展|融合|转型|城市|经济"
    r"|社会|力量|队伍|团队|人才|强省|强市|之城|指数|技能|空间布局|架构|框架|链条|闭环|矩阵|理念|精神|战略|目标|要求|任务|成果"
    r"|效应|循环|结构|比赛|大赛|竞赛|论坛|峰会|系列|特色|农业|工业|制造|旅游|教育|医疗|医院|学校|治理|管理|监管|审批|功能|板块|栏目|模块|专业群)"
    r"$|[化型式性度率]$"
)
# 推进A、B、C等项目建设: all of them are projects, with or without a head.
PROJECT_LIST = re.compile(r"等[^、,]{0,4}(?:项目|工程|系统)的?(?:建设|实施)$")
MANY = re.compile(
    r"一批|若干|一系列|多个"
    r"|(?P<number>[\d一二两三四五六七八九十百千]+)(?:-\d+)?(?:余|多)?(?:个|家|条|项|类|套|座|处|所|款|支|只)(?:以上|左右|以内)?"
)


_TITLE_WORDS = re.compile(r"人工智能|高质量|数字经济|大数据")


def longest_at(text: str, at: int, end: int) -> str | None:
    """The longest verb that stands at `at`, ending by `end`."""
    for size in range(min(LONGEST_VERB, end - at), 0, -1):
        if text[at : at + size] in VERBS:
            return text[at : at + size]
    return None


def head_ending(text: str, start: int, end: int) -> tuple[str, str] | None:
    """The longest head word that ends at `end`, not beginning before `start`, with its type."""
    for size in range(min(LONGEST_HEAD, end - start), 0, -1):
        word = text[end - size : end]
        kind = HEADS.get(word)
        if kind is not None:
            return (word, kind) if kind != NOT_A_HEAD else None
    return None


def is_too_common(name: str, *, in_title: bool = False) -> bool:
    """Whether nothing but empty modifiers stands before the name's last noun. In a title the plan's own subject and
    praise say nothing either: 构建人工智能科技创新平台 is what the whole task is about."""
    if in_title:
        name = _TITLE_WORDS.sub("", name)
    core = next((word for word in _CORES if name.endswith(word)), name[-2:])
    return len(EMPTY_MODIFIERS.sub("", name[: len(name) - len(core)])) <= 1
