"""What single lines of a government page are, by their shape: page furniture, titles, sign-offs, headings.

All patterns read lines of `Normal.text`. They describe the genre (GB/T 9704-2012 names the parts of an official
document; GB/T 19488.1 and the metadata table of government sites name the labels), not any one site or document.
"""

import re

_LABELS = frozenset(
    """
    索引号 主题分类 主题词 主题 体裁分类 体裁 组配分类 服务对象 发文机关 发文机构 发布机构 发布单位 发文单位
    发文部门 公开主体 公开责任部门 制发机关 制定机关 印发机关 成文日期 发文日期 发布日期 印发日期 公开日期
    生成日期 生效日期 实施日期 施行日期 失效日期 废止日期 发布时间 印发时间 时间 日期 更新时间 公开时间
    生成时间 发文字号 文件编号 文号 统一编号 登记号 编号 有效性 时效性 时效 效力状态 是否有效 名称 标题
    原标题 文件名称 信息名称 公开方式 公开范围 公开类别 公开形式 公开属性 来源 信息来源 稿源 文章来源 作者
    编辑 责任编辑 责编 编审 审核 校对 初审 复审 终审 签发 录入 撰稿 供稿 记者 通讯员 发布人 关键词 关键字
    内容概述 摘要 分类 栏目 浏览量 浏览次数 点击数 点击量 点击次数 点击率 点击 阅读量 阅读次数 阅读数 阅读
    访问量 访问次数 人气 热度 字号 字体 字体大小 选择字号 分享 分享到 分享至 技术支持 版权所有 联系电话 电话
    传真 地址 邮编 邮政编码 邮箱 电子邮箱 网站标识码 备案号 政策级别 政策主题 所属地区 适用地区
    """.split()  # noqa: SIM905 -- seventy words read better as words.
)
"""Labels of the table of facts that a page puts above or below a document."""

_LABELLED = re.compile(r"[•*\[【(|]?(?P<label>[^\]】):]{1,8})[\]】)]?(?P<after>$|:)|\[(?P<boxed>[^\]]{1,8})\]")
_FURNITURE = re.compile(
    r"(?:您?(?:现在|当前)?(?:所在)?的?(?:位置|栏目)|你的位置|所在位置)(?:是|为)?[:>]"
    r"|(?:首页|主页|网站首页|Home)(?:[>›»/|→\-]|$)|.{0,20}(?:>|›|»|>>).{0,40}(?:>|›|»|正文)"
    r"|(?:主办|承办)(?:单位)?:[^、,;。]*$"
    r"|[【\[(]?(?:(?:选择)?字[体号](?:大小)?[:|]?)?(?:[\[【(]?[大中小][\]】)/|、 ]*){2,4}[\]】)]?"
    r"(?:[\[【(|]?(?:打印|关闭"
    r"|收藏|分享|纠错|保存|本页|此页|窗口|返回|到|:)[\]】)|]?)*$"
    r"|[【\[(](?:字体|字号|打印|关闭|收藏|分享|纠错|保存|返回)[^。]{0,30}$"
    r"|(?:打印|关闭|返回|收藏|分享|下载|保存|转发|复制|播放|朗读|听全文|语音播报|我要纠错|纠错|点赞|评论|举报|推荐|关注|订阅)"
    r"(?:本页|页面|窗口|顶部|首页|列表|上一页|本文|此页|文章|全文|链接|正文|内容|我们)?$"
    r"|(?:扫一扫|扫码|扫描|微信扫|用手机|手机(?:版|端|查看|浏览|扫)|长按)[^。]{0,30}$|[^。]{0,14}(?:二维码|公众号|客户端)[^。]{0,8}$"
    r"|(?:分享|转发)(?:到|至|给)[^。]{0,40}$"
    r"|(?:上一篇|下一篇|上一条|下一条|上一页|下一页|前一篇|后一篇)(?:[:没]|$)"
    r"|(?:相关|热门|推荐|最新|更多|延伸|猜你喜欢|往期)(?:的)?(?:新闻|阅读|链接|文章|文件|解读|资讯|内容|附件|信息|推荐"
    r"|稿件|报道|政策|文档|专题|回顾|>)"
    r"[^。;]{0,40}$"
    r"|(?:政策|文件|图文|图片|视频|专家|一图|文字|部门|媒体)?(?:解读|图解|读懂)(?:[:|]|材料|链接|$)"
    r"|(?:友情链接|网站地图|网站声明|免责声明|隐私(?:政策|保护|声明)|版权(?:声明|所有|保护|归)|关于我们|联系我们|网站(?:标识码|支持|概况|导航|管理)|站点地图|法律声明)"
    r"|.{0,30}(?:ICP备|公网安备|网安备|ICP证|网站标识码|版权所有|All [Rr]ights [Rr]eserved|[Cc]opyright|©)"
    r"|Published by|Posted (?:by|on)|Share(?: this|:|$)|Tags?:|Comments?\b|Read more|Back to top"
    r"|(?:登录|注册|退出|设为首页|加入收藏|无障碍(?:浏览|阅读|版)?|长者(?:版|模式|助手)|关怀版|适老化|繁體|繁体(?:版)?|简体(?:版|中文)?|English"
    r"|智能(?:问答|机器人|客服)|站内搜索|搜索|导航|菜单|返回)(?:$|[|,/ ])"
    r"|(?:特别)?声明:|(?:本文|文章|内容|信息|稿件)(?:来源|转载自|来自|系)|转载(?:请|自|于)|注:本(?:文|网)"
    r"|(?:欢迎(?:访问|光临|您))|(?:今天是|当前时间)"
    r"|本文(?:共)?(?:阅读|浏览|\d)|(?:共|已)(?:有)?\d+(?:次|人)(?:阅读|浏览|点击)|[\d,.]+(?:万)?(?:次|人)?(?:阅读|浏览|点击|播放"
    r"|点赞|评论)$|(?:阅读|浏览|评论|点赞|收藏|分享|转发) ?\d+$"
    r"|[A-Za-z][A-Za-z .:'&|/-]{0,39}$"
    r"|附件(?:下载|列表)|(?:点击)?下载(?:附件|文件|全文|PDF|Word|word|pdf|:)|[^。]{0,60}\.(?:pdf|docx?|wps|ofd|xlsx?"
    r"|zip|rar)(?:下载|\(?[\d.]+ ?[KMkm]B?\)?)?$"
    r"|https?://\S*$|www\.\S*$"
    r"|(?:抄送|分送|主送|抄报)[:]|.{2,24}(?:办公厅|办公室|秘书处)(?:\d{4}年\d{1,2}月\d{1,2}日)印发"
    r"|(?:脚注|尾注)$|公开(?:方式|属性|类别):|印数:|共印\d+份"
)
_FOOT = re.compile(
    r"相关|热门|推荐|最新|更多|延伸|上一[篇条]|下一[篇条]|前一篇|后一篇|Published|Copyright|主办|承办|版权|声明|友情链接|网站|脚注"
    r"|.{0,30}(?:ICP|公网安备|All [Rr]ights)"
)
_PAGE_NUMBER = re.compile(
    r"[-—·•|]{0,2}(?:第\d{1,4}页(?:[,/]?共\d{1,4}页)?|共\d{1,4}页|Page \d{1,4}(?: of \d{1,4})?)[-—·•|]{0,2}"
    r"|[-—·~]{1,2} ?\d{1,4} ?[-—·~]{1,2}|\d{1,4}/\d{1,4}|\d{1,3}"
)
_ISSUED_NOTE = re.compile(r"\((?:此|本)(?:件|文)[^)]{2,24}\)|\((?:不|依申请|主动)(?:予)?公开[^)]{0,6}\)")
_RUNNING_CLOCK = re.compile(
    r"(?:发布|更新|时间|日期)?:?(?:19|20)\d{2}(?:年|-|/|\.)\d{1,2}(?:月|-|/|\.)\d{1,2}(?:日)?"
    r"(?: ?(?:星期|周)[一二三四五六日天])?(?: ?\d{1,2}:\d{2}(?::\d{2})?)?"
    r"(?:[ |,]?(?:来源|作者|编辑|浏览|点击|阅读|字体|字号|【|\[|$).*)?$"
)

_DATE = re.compile(
    r"(?P<y>(?:19|20)\d{2}|[一二三四五六七八九〇零]{4})年(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})日"
)
_DATE_LINE = re.compile(rf"[(（]?{_DATE.pattern}[)）]?(?:\((?:此|本)件[^)]*\))?$")
_ISSUER = re.compile(
    r"(?:中共)?[\u3400-\u9fff·]{2,40}(?:人民政府(?:办公厅|办公室)?|委员会(?:办公厅|办公室)?|办公厅|办公室|省委|市委|县委|区委|国务院"
    r"|[省市州县区旗](?:厅|局|委|办)|部|厅|局|委|署|总局|管委会|领导小组|指挥部|联席会议|政府|中心|院|会|行|办)(?:\(代章\)|\(章\)|\(印章\))?"
)
_KIND = (
    "行动方案|行动计划|实施方案|实施意见|实施细则|工作方案|工作计划|工作要点|总体方案|专项方案|建设方案|发展方案|指导意见|若干意见|若干措施|若干政策措施|若干政策|政策措施|支持政策"
    "|扶持政策|配套政策|发展规划|专项规划|总体规划|建设规划|规划纲要|行动纲要|发展纲要|三年行动|攻坚行动|专项行动|行动指南|任务清单|重点任务|工作规则|管理办法|暂行办法|实施办法"
    "|办法|措施|意见|方案|计划|规划|纲要|政策|通知|决定|条例|规定|通告|公告|批复|意见函|举措|清单|要点|指引|指南|细则|蓝图"
)
_TITLE_TAIL = re.compile(
    rf"(?P<kind>{_KIND})[》”]?(?:的通知|的意见|的函|的决定|的批复)?(?:\((?:[^()]{{0,14}}(?:20\d{{2}}|修订|试行|暂行|征求意见|送审|草案|"
    r"公开|讨论|版|代|第)[^()]{0,16})\))?$"
)
_NAMED = re.compile(r"[^:]{2,8}:")
_NUMBER = re.compile(r"[\u3400-\u9fff]{1,14}(?:\(\w{1,6}\))?[〔\[(【](?:19|20)\d{2}[〕\])】](?:第)?\d{1,5}号")
_HEADING = re.compile(
    r"(?:第[一二三四五六七八九十百\d]{1,4}(?:[编篇章节条]|部分)|[一二三四五六七八九十]{1,3}[、.](?![一二三四五六七八九十]、)|\([一二三四五六七八九十]{1,3}\)"
    r"|\d{1,2}[.、](?!\d)|\(\d{1,2}\))"
)
_TOP_HEADING = re.compile(r"第[一二三四五六七八九十百\d]{1,4}(?:[编篇章]|部分)|[一二三四五六七八九十]{1,3}[、.]")
_CONTENTS_LINE = re.compile(r".{2,60}?(?:[.…·—_]{4,}|…+)[(-]?\d{1,3}[)-]?$")
_CONTENTS_HEADING = re.compile(r"[^\t]{2,60}\t[(-]?\d{1,3}[)-]?$")
_ADDRESSEES = re.compile(
    r"(?=.{2,400}$)(?:各|省|市|县|区|州|盟|旗|有关|本|机关|中央|国务院|直属|相关|全省|全市|部)[^。!?]*"
    r"(?:政府|委员会|部门|单位|机构|厅|局|委|办|院校|学校|企业|公司|管委会|街道|乡镇|主管部门|通信管理局|集团|会|园区|开发区|省级|团体|处|司|中心|县|市|区|州|盟|旗|示范区|新区):$"
)


def is_furniture(line: str) -> bool:
    """Whether the line belongs to the page, not to the document on it: labels, counters, links."""
    if len(line) > 160:
        return False
    labelled = _LABELLED.match(line)
    if labelled is not None and (labelled["label"] in _LABELS or labelled["boxed"] in _LABELS):
        return True
    return bool(_FURNITURE.match(line) or (_RUNNING_CLOCK.match(line) and not _DATE_LINE.match(line)))


def begins_foot(line: str) -> bool:
    """Whether a line of furniture is one that stands below a document, with other documents' words after it."""
    return bool(_FOOT.match(line))


def is_page_number(line: str) -> bool:
    return len(line) < 24 and bool(_PAGE_NUMBER.fullmatch(line))


def is_issued_note(line: str) -> bool:
    """（此件公开发布） and its kin."""
    return bool(_ISSUED_NOTE.fullmatch(line))


def is_date_line(line: str) -> bool:
    return len(line) < 40 and bool(_DATE_LINE.match(line))


def is_issuer_line(line: str) -> bool:
    return 3 <= len(line) <= 44 and bool(_ISSUER.fullmatch(line))


def is_number_line(line: str) -> bool:
    """A document number such as 国发〔2017〕35号, alone on its line."""
    return len(line) <= 40 and bool(_NUMBER.fullmatch(line))


def is_heading(line: str) -> bool:
    return bool(_HEADING.match(line))


def is_top_heading(line: str) -> bool:
    return bool(_TOP_HEADING.match(line))


def is_contents_line(line: str) -> bool:
    """An entry of a table of contents: words, leaders, a page number; by a tab only after a heading's number."""
    if len(line) > 90:
        return False
    return bool(_CONTENTS_LINE.match(line) or (is_heading(line) and _CONTENTS_HEADING.match(line)))


def is_addressees(line: str) -> bool:
    return bool(_ADDRESSEES.match(line))


def title_kind(line: str) -> str | None:
    """The kind of document that a title ends in (行动方案, 实施意见, 通知, ...); None for a line that is no title."""
    if not 4 <= len(line) <= 90 or is_heading(line) or line[-1] in "。;:,、":
        return None
    found = _TITLE_TAIL.search(line)
    if found is None or any(mark in line for mark in "。;!?") or _NAMED.match(line):
        return None
    return found["kind"]


def date_in(line: str) -> "re.Match[str] | None":
    return _DATE.search(line)


def number_in(line: str) -> "re.Match[str] | None":
    return _NUMBER.search(line)
