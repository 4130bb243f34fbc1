"""What a number speaks of: the name before it or after it, and what to cut off both ends of that name."""

import re

# verbs that make, bring in or carry out a counted thing; they are not part of its name
MAKING = (
    "建设 建成 建立 建好 建 共建 新建 改建 改扩建 新改建 打造 培育 培养 培训 形成 构建 创建 争创 创成 新增 引进 引育 引入 引聚 招引 招聘 招收 集聚 汇聚 聚集 汇集"
    " 归集 推出 研发 研制 制定 制修订 修订 制订 开发 开展 举办 承办 举行 主办 组织 实施 落地 部署 布局 孵化 壮大 支持 扶持 遴选 评选 选树 选取 选择 选派 选拔 选育 树立"
    " 推选 发布 突破 攻克 攻关 获批 认定 评定 累计 共 总计 合计 完成 实现 达成 推动 推进 推广 发展 设立 组建 成立 搭建 筹建 开放 开设 开通 开工 投用 投产 投放 投运 投入"
    " 上线 输出 提供 签约 储备 策划 谋划 凝练 挖掘 征集 编制 出台 沉淀 产出 获得 取得 创造 导入 吸引 吸纳 发放 拿出 拓展 配备 配置 铺设 增设 设置 布设 安装 建强 做强 做大"
    " 做优 培优 完善 启动 探索 梳理 参与 主导 承接 造就 聘请 资助 推荐 总结 推介 落户 促成 涌现 诞生 催生 投入使用 确定 聘任 达到 达 升级 更新 增加 扩大 评出 选出"
    " 新开 扩建 打通 开行 建设完成 交付 挂牌 落实 新认定 牵头 组织开展 建设运营 建成运营 建成投用 建成投产 带动培育 力争 争取 惠及 辐射 入驻 承担 汇编 收录 上架 撬动 筛选 甄选 创设 轮训 选送 换装 加装 新装 关停 淘汰 滚动储备 引进建设 打造提升 培育认定 认定命名 招引培育 联合建设 联合共建 编印 申建 落成 建档 铺开 服务保障 配套建设 兴建 推介发布 引进落地 签约落地 增补 补充 储备培育 集聚培育 拓展应用 落地应用 组织实施 组织评选 组织遴选 组织召开 召开 组建运营 更新改造 整合 选聘 引培 培强 新培育"
).split()
# verbs that as often are the first half of a noun: only with these units are they verbs
MAKING_BY_UNIT = {
    "服务": ("家", "户", "人", "人次", "户次", "家次", "次"),
    "应用": ("台", "套"),
    "改造": ("个", "家", "条", "公里", "平方米"),
    "转化": ("项", "件"),
    "申请": ("件", "项"),
    "授权": (),
    "备案": (),
    "登记": (),
    "生产": (),
    "对接": ("家", "项", "次"),
    "接入": ("个", "家", "台", "套", "辆", "户", "路", "项"),
    "覆盖": ("家", "户", "人", "人次"),
    "运营": ("个", "条", "辆"),
}
# words that call for, time or hedge; they stand before a name and are not part of it
CALLING = (
    "力争 确保 努力 争取 预计 计划 同时 并且 并 且 其中 使得 使 让 将 则 以及 及 和 与 再 加快 持续 稳步 逐步 进一步 有序 分别 分批 分年度 每年度 每年 每季度 每月 每半年"
    " 一是 二是 三是 四是 五是 六是 七是 首先 其次 此外 另外 至少 有效 切实 到 要 实现 推动 促进 推进 完成 鼓励 力求 带领 全力 不断 基本实现 全面实现 分期 各自 各"
    " 引导 组织 支持 高质量推进 平均每年 原则上 总体 大力推动"
).split()
# adverbs that also begin nouns: cut only before a verb
HOW = (
    "重点 积极 大力 着力 统筹 集中 联合 优先 创新 规划 滚动 高标准 高水平 高质量 择优 定期 全面 基本 深入 广泛 面向全省 面向全市 面向全国 面向社会 加强 累计 同步 共同 年均 首批 每个 分类 协同"
).split()

_MAKING = "|".join(sorted(MAKING, key=len, reverse=True))
_CALLING = "|".join(sorted(CALLING, key=len, reverse=True))
_HOW = "|".join(sorted(HOW, key=len, reverse=True))

_ENDS_IN_MAKING = re.compile(rf"(?:{_MAKING}|{'|'.join(MAKING_BY_UNIT)})(?:了|出)?$")
_LEADS = re.compile(rf"(?:{_CALLING}|(?:{_HOW})+(?=(?:{_MAKING}))|[,、:;—\s·●•■◆▪\-]+)")
_MADE = re.compile(rf"新?(?:{_MAKING})[了出]?(?:(?:[、或和并])(?=(?:{_MAKING})))?")
_WHERE = re.compile(rf"在?(?:全[国省市区县州域]|[我本]?[省市区县]内?)(?=(?:{_MAKING}))")
_FOR = re.compile(rf"(?:向|为|面向|对)[^,、]{{1,14}}?(?=(?:{_MAKING}))")
_MADE_BY_UNIT = re.compile("|".join(MAKING_BY_UNIT))
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
    r"|每年|不断|实现|完成|达到|达|同比|比上年|较上年|规模化|总共|一共|共|已|为|约|由|从|占到|的|各|统筹安排|安排|拿出|(?<![\d度])[一二三四五两\d]年内?|—|-)+$"
)
_BASE = (
    r"(?:“?十[一二三四五六]五”?[^,]{0,4}|20\d\d年?[^,]{0,4}|上年[^,]{0,2}|去年[^,]{0,2}|上一年|同期|现有[^,]{0,4}|目前|法定[^,]{0,4}"
    r"|传统[^,]{0,4}|常规[^,]{0,4}|全国平均[^,]{0,4}|全省平均[^,]{0,4}|基准[^,]{0,4}|改造前|实施前|当前)"
)
_COMPARED = re.compile(rf"(?:比|较|相比于?|相较于?|与)(?:{_BASE})(?:相比)?(?:平均|分别|累计|均|再)?$")
_PERIOD = re.compile(
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
            and unit.lstrip("万亿") in MAKING_BY_UNIT[by_unit.group()]
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
    found = None
    for found in _PERIOD.finditer(words):
        pass
    if found is None:
        return None
    return "quarter" if "季" in found.group() else "month" if "月" in found.group() else "year"
