"""What a number speaks of: the name before it or after it, and what to cut off both ends of that name."""

import re

# verbs that make, bring in or carry out a counted thing; they are not part of its name
MAKING = (
    "建设 建成 建立 建好 建 共建 新建 改建 改扩建 新改建 打造 培育 培养 培训 形成 构建 创建 争创 创成 新增 引进 引育 引入 引聚 招引 招聘 集聚 汇聚 聚集 汇集 归集"
    " 推出 研发 研制 制定 制修订 修订 制订 开发 开展 举办 承办 举行 主办 组织 实施 落地 部署 布局 孵化 壮大 支持 扶持 遴选 评选 选树 选取 选择 选派 选拔 选育 树立 推选"
    " 发布 突破 攻克 攻关 转化 获批 认定 评定 累计 共 总计 合计 完成 实现 达成 推动 推进 推广 发展 设立 组建 成立 搭建 筹建 开放 开设 开通 开工 投用 投产 投放 投运"
    " 上线 覆盖 输出 提供 签约 储备 策划 谋划 凝练 挖掘 征集 编制 出台 沉淀 产出 获得 取得 创造 导入 吸引 拓展 配备 配置 铺设 改造 增设 设置 布设 安装 应用"
    " 建强 做强 做大 做优 培优 完善 启动 探索 梳理 参与 主导 承接 造就 聘请 资助 推荐 总结 复制 推介 落户 促成 涌现 涌现出 诞生 催生 规划 投入使用 确定 聘任"
    " 达到 达 服务 运营 升级 更新 增加 扩大 评出 选出 发展壮大 引导 组织开展 新开 扩建 打通 开行 建设完成 交付 验收 挂牌 列入 落实 安排 申报 争取 新认定"
).split()
# words that call for, time or hedge; they stand before a name and are not part of it
CALLING = (
    "力争 确保 努力 争取 预计 计划 同时 并且 并 且 其中 使得 使 让 将 则 以及 及 和 与 再 全面 基本 加快 持续 稳步 逐步 进一步 有序 积极 大力 着力 重点 分别 分批 分年度"
    " 每年度 每年 每季度 每月 每半年 平均 一是 二是 三是 四是 五是 六是 七是 首先 其次 此外 另外 至少 有效 切实 优先 统筹 集中 联合 择优 定期 到 至 要 实现 推动 促进 推进 完成"
    " 力求 通过努力 带领 全力 加强 不断 深入 广泛 面向全省 面向全市 面向全国 面向社会 创新 规划 滚动 高标准 高水平 高质量建设"
).split()

_MAKING = "|".join(sorted(MAKING, key=len, reverse=True))
_CALLING = "|".join(sorted(CALLING, key=len, reverse=True))

ENDS_IN_MAKING = re.compile(rf"(?:{_MAKING})(?:了|出|并)?$")
_LEADS = re.compile(rf"(?:{_CALLING}|[,、:;—\s·●•■◆▪\-]+)")
_MADE = re.compile(rf"(?:{_MAKING})了?")
_TRAILS = re.compile(
    r"(?:力争|争取|努力|确保|将|均|都|要|全部|累计|总计|共计|合计|分别|稳步|持续|显著|进一步|明显|大幅|逐步|整体|总体|平均|预计|再|应|需|须|有望|每年"
    r"|不断|实现|完成|达到|达|同比|比上年|较上年|规模化|总共|一共|共|已|为|约|由|从|占到|的)+$"
)
_COMPARED = re.compile(r"(?:比|较|相比于?|同|与)(?:“?十[一二三四五六]五”?|20\d\d年?|上年|去年|上一年|同期)[^,]{0,6}$")
_PERIOD = re.compile(r"每(?:半)?年度?|年均|每个?季度|每个?月|按年|逐年|年度")


def ends_in_making(words: str) -> bool:
    """True for 累计培育: what comes next is the thing made."""
    return ENDS_IN_MAKING.search(words) is not None


def skip_leads(text: str, start: int, end: int, *, making: bool) -> int:
    """Where the name begins in `text[start:end]`: after 力争, 每年, 并, and with `making` also after 累计建成."""
    moved = True
    while moved and start < end:
        moved = False
        for pattern in (_LEADS, _MADE) if making else (_LEADS,):
            found = pattern.match(text, start, end)
            if found and found.end() <= end and not _is_name_part(text, found, end):
                start, moved = found.end(), True
    return start


def skip_trails(text: str, start: int, end: int) -> int:
    """Where the name ends: before 力争, 分别, 比2020年."""
    compared = _COMPARED.search(text, start, end)
    end = compared.start() if compared else end
    trail = _TRAILS.search(text, start, end)
    return trail.start() if trail else end


def _is_name_part(text: str, found: re.Match[str], end: int) -> bool:
    """到货率, 使用率, 建设用地: a verb that its noun needs."""
    rest = text[found.end() : end]
    return rest != "" and rest[0] in "率量额度数值费者" or rest.startswith(("用地", "总量", "总数", "水平"))


def period_in(words: str) -> str | None:
    """`year` for 每年 or 年均, `quarter`, `month`."""
    found = None
    for found in _PERIOD.finditer(words):
        pass
    if found is None:
        return None
    return "quarter" if "季" in found.group() else "month" if "月" in found.group() else "year"
