"""What one number of a clause speaks of, by the form of the words around it.

A `Setting` is the number with the words before it (its date taken out) and the words after it. The forms are tried in
order; the first that fits makes the claim.
"""

import re
from dataclasses import dataclass

from qianhang.programme.reading.clauses import JOINT
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.findings import Canonical
from qianhang.programme.reading.indicators import after_actor, ends_in_making, skip_leads, skip_trails
from qianhang.programme.reading.quantities import Quantity
from qianhang.programme.reading.units import canonical

METRIC_END = re.compile(
    r"总?(?:规模|容量|面积|带宽|时延|速率|算力|产能|总量|总额|能力|长度|里程|功率|投资额?|资金|距离|精度|吞吐量|体量"
    r"|[年月日]产)$"
)
BARE_LETTERS = {"G": "Gbps", "T": "Tbps", "M": "Mbps", "兆": "Mbps"}
"""Written for Gbps, Tbps, Mbps: units only where the words are about a line."""

_BANDWIDTH = re.compile(r"带宽|直连|直联|出口|速率|传输|吞吐|互联|网络|光|接入|专线|链路")
_WIDTH = re.compile(r"带宽|(?:能力|速率)$")
_HURRY = re.compile(r"(?:超?高速|高速率|大带宽|大容量|快速|稳定)")
_QUALITY = re.compile(r"(?P<quality>[^的、]{0,8})的(?P<thing>.+)", re.DOTALL)
_SIZES = ("FLOPS", "B", "bit/s", "kW")
_WHO = re.compile(
    r"(?:企业|项目|单位|公司|主体|用户|园区|机构|设备|产品|工程|集群|行业|县|市|区|人群|团队|人才)(?:[^,]{0,6})?$"
)
_ARRANGES = re.compile(r"(?:安排|设立|统筹|投入|拿出|筹集|发行|组建)$")
_FROM = re.compile(r"(?:由|从)[^,]*\d[^,]*$")
_DEED = re.compile(r"(?:培训|轮训|服务|走访|诊断|惠及)$")
"""培训2万人次: the deed itself is counted."""
_YEARLY = re.compile(r"(?:年均|年平均|年均复合)$")
_FRAMES = re.compile(r"为(?:引领|支撑|核心|主体|重点|基础|依托|牵引|骨干|补充|主|载体|抓手|节点|枢纽)")
_WHERE_OR_WHOM = re.compile(r"(?:为|向|对|给|在|从|让|帮助|助力|面向|其余|依托|通过|经过|以)[^,]*$")
_NO_NAME = re.compile(r"(?:每|按|按照|每家|单个|单项|从|相当于|[^供]给)$")
_NOBODY = re.compile(
    r"(?:[为对给向每以按从由同与于该这各前在]|按照|其中每|相当于|距离|距|之间|另|内|单个|单项|每家|共同)$"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One number with the name it speaks of; positions are in the paragraph."""

    quantity: Quantity
    name: str
    """Empty when it is elided."""
    start: int
    end: int
    form: str
    day: Deadline | None = None
    """The date that belongs to this number alone (2025年、2027年分别达到…)."""
    thing: str = ""
    """What is measured, when the name is thing and metric (智算中心 of 智算中心算力)."""
    suffix: str = ""
    """What an inherited name is followed by: 年均增长."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A number and the words around it: `text[begin:end]` before it, `text[tail_start:tail_end]` after it."""

    text: str
    head: Quantity
    begin: int
    end: int
    tail_start: int
    tail_end: int

    @property
    def before(self) -> str:
        return self.text[self.begin : self.end]

    @property
    def tail(self) -> str:
        return self.text[self.tail_start : self.tail_end].strip()

    @property
    def base(self) -> Canonical | None:
        return canonical(self.head.value, self.head.unit)

    def measures(self, *bases: str) -> bool:
        """Whether the unit is of one of these base units."""
        base = self.base
        return base is not None and base.unit in bases


def claim_in(setting: Setting) -> Claim | None:
    """The claim that a number makes in its setting, if it makes one."""
    head = setting.head
    if not _may_claim(setting):
        return None
    if not setting.tail:
        return reached(setting)
    if head.unit == "%":
        return share_of_all(setting) or made(setting)
    if head.counted and not (setting.tail.startswith("的") and METRIC_END.search(setting.before)):
        return made(setting)
    return valued(setting)


def _may_claim(setting: Setting) -> bool:
    """Whether the words before the number let it stand for itself: not 4G网络, not 为100家, not 在10个县."""
    head = setting.head
    if head.unit in BARE_LETTERS and not (head.raw and _BANDWIDTH.search(setting.text)):
        return False
    if head.raw[:1] == ("为",) and not setting.before:
        return False
    return not (_NOBODY if setting.tail else _NO_NAME).search(setting.before)


def made(setting: Setting) -> Claim | None:
    """打造5个以上数据标注基地: the thing made follows its number."""
    head, before = setting.head, setting.before
    name = setting.tail.removeprefix("的")
    if not name or _FRAMES.search(name) or (_WHERE_OR_WHOM.match(before) and not ends_in_making(before)):
        return None
    named_before = skip_leads(setting.text, setting.begin, setting.end, making=True) < setting.end
    verb = head.start != head.number and "突破" in head.raw and not named_before
    if not head.explicit and not (verb or ends_in_making(before)):
        return None
    return Claim(head, name, setting.begin, setting.tail_end, "made.verb" if verb else "made")


def share_of_all(setting: Setting) -> Claim | None:
    """行政村5G网络100%通达: the share of the name before it for which the verb after it holds."""
    if not setting.before or len(setting.tail) > 4 or setting.tail.startswith("的"):
        return None
    name = setting.text[skip_leads(setting.text, setting.begin, setting.end, making=True) : setting.end]
    return Claim(setting.head, name + setting.tail, setting.begin, setting.tail_end, "valued.share") if name else None


def valued(setting: Setting) -> Claim | None:
    """A value before the thing it measures."""
    for form in (_bandwidth, _quality, _metric, _area, _money, _size):
        claim = form(setting)
        if claim is not None:
            return claim
    return None


def _bandwidth(setting: Setting) -> Claim | None:
    """市域间100G以上高速直连: the width of the line between."""
    if setting.head.unit not in BARE_LETTERS or _QUALITY.fullmatch(setting.tail):
        return None
    start, metric = _metric_before(setting)
    joined = JOINT.split(setting.tail)[0]
    thing = _HURRY.sub("", joined, count=1)
    name = f"{metric}{thing}" + ("" if _WIDTH.search(thing) else "带宽")
    return Claim(setting.head, name, start, setting.tail_start + len(joined), "valued.bandwidth")


def _quality(setting: Setting) -> Claim | None:
    """1ms时延的城市算力网: the thing, then what is measured of it."""
    found = _QUALITY.fullmatch(setting.tail)
    if found is None or not found["quality"] or _metric_before(setting)[1]:
        return None
    name = found["thing"] + found["quality"]
    return Claim(setting.head, name, setting.head.start, setting.tail_end, "valued.quality")


def _metric(setting: Setting) -> Claim | None:
    """规模30亿元的产业基金: the thing, then the metric before the number; 月产1万片的能力 keeps its order."""
    thing, metric = _thing(setting), _metric_before(setting)[1]
    if not METRIC_END.search(metric) or _is_condition(setting, thing):
        return None
    name = thing + metric
    if metric.endswith("产"):  # 月产1万片的加工能力; 年产 says no more than 生产能力
        name = thing if "产" in thing else metric + thing
    return Claim(setting.head, name, setting.begin, setting.tail_end, "valued.metric", thing=thing)


def _area(setting: Setting) -> Claim | None:
    """建成10万平方米的产业园."""
    thing = _thing(setting)
    if not setting.measures("m2") or _metric_before(setting)[1] or _is_condition(setting, thing):
        return None
    return Claim(setting.head, f"{thing}面积", setting.begin, setting.tail_end, "valued.area")


def _money(setting: Setting) -> Claim | None:
    """设立50亿元产业基金."""
    thing = _thing(setting)
    if not setting.measures("CNY") or _metric_before(setting)[1] or _is_condition(setting, thing):
        return None
    name = f"{thing}规模" if thing.endswith("基金") else thing
    return Claim(setting.head, name, setting.begin, setting.tail_end, "valued.money")


def _size(setting: Setting) -> Claim | None:
    """形成2000P的智能算力供给: sizes of machines, and no others (15分钟服务圈 is a name)."""
    found = _QUALITY.fullmatch(setting.tail)
    if not setting.measures(*_SIZES) or (found and found["quality"]) or _metric_before(setting)[1]:
        return None
    return Claim(setting.head, _thing(setting), setting.begin, setting.tail_end, "valued.size")


def _thing(setting: Setting) -> str:
    found = _QUALITY.fullmatch(setting.tail)
    return found["thing"] if found else setting.tail


def _is_condition(setting: Setting, thing: str) -> bool:
    """总投资10亿元以上的重大项目: which projects are meant."""
    return _WHO.search(thing) is not None and not setting.measures(*_SIZES)


def _metric_before(setting: Setting) -> tuple[int, str]:
    """Where the metric before the number begins, and the metric: 总规模 of 设立总规模."""
    start = skip_leads(setting.text, setting.begin, setting.end, making=True)
    metric = after_last_verb(setting.text[start : setting.end])
    if not METRIC_END.search(metric) and _ARRANGES.search(setting.before):
        metric = ""
    return start, metric


def after_last_verb(words: str) -> str:
    """面向车联网提供时延 -> 时延; words without such a verb stay."""
    found = METRIC_END.search(words)
    if found is None:
        return words
    begin = skip_leads(words, 0, found.start(), making=True)
    if begin and begin >= found.start() - 2:
        return words[begin:]
    return found.group() if ends_in_making(words[: found.start()]) else words


def reached(setting: Setting) -> Claim | None:
    """全省智能算力规模突破5000PFLOPS, 上市企业5家以上: the name stands before the number, or is left out."""
    text, head = setting.text, setting.head
    begin, end = _subject(setting)
    name_start = skip_leads(text, begin, end, making=_is_made(head), unit=head.unit)
    if head.counted:
        name_start = skip_leads(text, after_actor(text, name_start, end), end, making=True, unit=head.unit)
    name_end = skip_trails(text, name_start, end)
    yearly = _YEARLY.search(text, name_start, end) if head.change else None
    if yearly:
        name_end = skip_trails(text, name_start, yearly.start())
    name, suffix = text[name_start:name_end], f"年均{head.change}" if yearly else ""
    deed = _DEED.search(text, begin, end) if head.counted and not name else None
    if deed:
        return Claim(head, deed.group(), begin, head.end, "reached.deed")
    if not name:
        return Claim(head, "", begin, head.end, "elided", suffix=suffix) if head.raw or head.unit else None
    if not head.raw and not head.explicit and name_start == begin:
        return None
    return Claim(head, name + suffix, begin, head.end, "changed" if head.change else "reached", suffix=suffix)


def _subject(setting: Setting) -> tuple[int, int]:
    """The words before the number without 由2020年的5% and without what stands before 将."""
    text, begin, end = setting.text, setting.begin, setting.end
    head = setting.head
    if head.start < head.number:
        begin = max(begin, text.rfind("将", begin, end) + 1, text.rfind("把", begin, end) + 1)
    grown = _FROM.search(text, begin, end) if head.reach else None
    end = grown.start() if grown else end
    return skip_leads(text, begin, end, making=False), end


def _is_made(head: Quantity) -> bool:
    """Whether a verb before the name makes it: counted things, and measures without a bound (新增算力500P)."""
    return head.counted or (head.start == head.number and head.unit not in ("%", ""))
