"""Which room of Qianhang serves what a plan names, and of which domain it is. Two tables, first match holds."""

import re
from collections.abc import Sequence

OUTSIDE = "outside"

# Institutions and works: people, money and concrete do them, not software.
_OUTSIDE_TYPES = frozenset(
    {"institution", "body", "zone", "base", "facility", "fund", "alliance", "programme", "pilot", "event"}
)

_VOUCHER = re.compile(r"券$|券”")
_ROOMS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("funding", _VOUCHER),
    ("modelhub", re.compile(r"大模型|小模型|模型|MaaS|评测")),
    ("agents", re.compile(r"智能体|数字人|数字员工|助手|知识库|政务办公工具|问答")),
    ("scenarios", re.compile(r"机会清单|能力清单|场景|揭榜|供需|需求清单|榜单")),
    (
        "governance",
        re.compile(
            r"(?:安全|风险|伦理|合规|备案|算法).{0,8}(?:监测|预警|评估|测评|监管|通报|治理|管控|平台|体系|系统)|沙盒"
        ),
    ),
    ("compute", re.compile(r"算力|智算|超算|超级计算|云计算|计算中心|数据中心|计算支撑|云服务平台|算网")),
    (
        "data",
        re.compile(
            r"数据集|语料|数据空间|数据目录|资源目录|数据资源|公共数据|开放数据|数据开放|数据共享|共享交换|数据标注"
            r"|数据交易|数据流通|数据库|资源库|(?<!大)数据平台|政务数据"
        ),
    ),
    ("programme", re.compile(r"监测评价|考核|督办|任务.{0,4}台账|一屏统览")),
)

_DOMAINS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("compute", re.compile(r"算力|智算|超算|超级计算|计算中心|云计算|云服务|智能计算|算网")),
    ("agriculture", re.compile(r"农|粮|畜|渔|养殖|种业|良种|温室|大棚|林业|林草|森林")),
    ("education", re.compile(r"教育|教学|校园|学习|课程|学生|运动吧")),
    ("elderly", re.compile(r"养老|老年|助残")),
    ("health", re.compile(r"医|健康|卫生|诊疗|药")),
    ("culture_tourism", re.compile(r"文旅|旅游|文化|导游|云游|体育|转播|文物|广播|新闻|数字人|博物")),
    ("transport", re.compile(r"交通|高速|路网|车路|公路|道路|运政|码头|航道|网联汽车")),
    ("logistics", re.compile(r"物流|仓储|港口|多式联运|快递")),
    ("environment", re.compile(r"生态|环境监|环保|碳|污染|大气")),
    ("water", re.compile(r"水利|水务|水网|河湖|河流|流域|水库|洪|水工")),
    ("energy", re.compile(r"电网|能源|电力|调度控制|储能|新能源|油气")),
    ("finance", re.compile(r"金融|融资|信贷|征信|基金|投资|信用")),
    ("justice", re.compile(r"法庭|法院|司法|检察|审判")),
    ("safety", re.compile(r"应急|公安|消防|灾害|安全生产|安防|警")),
    ("security", re.compile(r"安全|风险|预警|伦理|合规")),
    ("government", re.compile(r"政务|政府|审批|公文|服通|企通|政通|小.事|一网")),
    ("commerce", re.compile(r"商务|电商|消费|贸易|商圈")),
    ("talent", re.compile(r"人才|英才|学院|实训|培养|技能|大师|师徒|引才")),
    ("ip", re.compile(r"专利|知识产权|版权")),
    ("scenario", re.compile(r"场景|机会清单|能力清单|应用突破")),
    ("model", re.compile(r"模型|MaaS|评测|算法")),
    ("data", re.compile(r"数据|语料|目录|标注")),
    ("governance", re.compile(r"城市|治理|联席|专班|领导小组|委员会|机制|咨询")),
    ("industry", re.compile(r"工业|制造|产业|企业|工厂|车间|园区|示范区|装备")),
    ("infrastructure", re.compile(r"网络|基础设施|5G|光纤|卫星|通信")),
    ("tech", re.compile(r"科技|技术|科研|软件|实验室|研究|创新")),
)


def room_of(name: str, kind: str) -> str:
    """The room that serves it, or `outside` for institutions and works."""
    if kind in _OUTSIDE_TYPES and not _VOUCHER.search(name):
        return OUTSIDE
    return next((room for room, pattern in _ROOMS if pattern.search(name)), "industry")


def domain_of(name: str, section: str) -> str:
    """What it is about: by its own words, else by those of the task that names it."""
    for words in (name, section):
        found = next((domain for domain, pattern in _DOMAINS if pattern.search(words)), None)
        if found is not None:
            return found
    return "tech"
