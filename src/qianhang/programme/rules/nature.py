"""Which indicators are better the lower they are, although a plan only says what they shall reach (达到, 左右)."""

import re
from functools import lru_cache

from ..reading.normal import normalise

# Delays, losses, costs and failures: nobody wants more of them.
_FALLING = re.compile(
    r"时延|延迟|抖动|丢包|耗时|用时|时长|响应时间|等待时间|办理时间|办结时限"
    r"|PUE|WUE|CUE|电能利用效率|电源使用效率|能耗|电耗|水耗|煤耗|物耗|单耗|耗电|耗水"
    r"|误识|误报|漏报|误判|漏检|误差|差错|错误率|故障率|事故率|失败率|流失率|空置率|闲置率|弃风|弃光|损耗|线损"
    r"|成本|电价|价格|资费|费率|负担|排放|碳强度|污染|死亡率|发病率|失业率|投诉",
    re.IGNORECASE,
)
# The fall itself is counted: the more of it the better. 可用时长 and 训练时长 are offered, not lost.
_THE_FALL_ITSELF = re.compile(
    r"降低|下降|降幅|降本|压减|压降|压缩|减少|减排|缩短|缩减|节约|节省|节能|改善|提升|提高|增长|可用|服务时长|训练时长|学习时长"
    r"|培训时长|数据时长|语音时长|达标率|合格率|满意率|覆盖率|监测|交易|权"
)
_DELAY_UNITS = frozenset({"ms", "毫秒", "us", "μs", "微秒", "pue"})


@lru_cache(maxsize=4096)
def falls_by_nature(indicator: str, unit: str) -> bool:
    """True for 城市算力网时延, 数据中心PUE, 误识率, in either script; false for 能耗降低率, which counts the fall."""
    indicator = normalise(indicator).text
    if _THE_FALL_ITSELF.search(indicator):
        return False
    return unit.strip().lower() in _DELAY_UNITS or bool(_FALLING.search(indicator))
