"""Who issued a plan, when, for where, under which title and number, and which documents it cites."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache

from qianhang.programme.reading import furniture
from qianhang.programme.reading.chrome import Layout, Part, PartKind
from qianhang.programme.reading.document import Line
from qianhang.programme.reading.findings import Meta
from qianhang.programme.reading.normal import Normal

MUNICIPALITIES = frozenset({"北京市", "天津市", "上海市", "重庆市"})
"""Cities that are provinces (Constitution, article 30)."""

_REGION = re.compile(
    r"[\u3400-\u9fff]{1,9}?(?:自治区|特别行政区|自治州|自治县|自治旗|新区|[省市州盟县区旗])(?![市场域块级民际情本长间值])"
)
_NO_REGION = re.compile(
    r"^(?:城|都|超|上|全|我|本|各|社|园|地|灾|片|分)[省市州盟县区旗]$"
    r"|(?:试验|示范|开发|先行|功能|合作|自贸|保税|贸易|产业|聚集|集聚|大湾|湾|社|园)区$"
    r"|关于|推|加快|建设|打造|促进|支持|进一步|深入|智慧|国家|人工"
)
_PROMULGATED = re.compile(
    r"(?P<who>[\u3400-\u9fff]{2,30}?(?:人民政府(?:办公厅|办公室)?|委员会|办公厅|办公室|委|部|厅|局|国务院)"
    r"(?:等[\u3400-\u9fff\d]{1,3}(?:部门|单位))?)"
    r"(?:近日|日前|正式|联合)?(?:印发|发布|出台|关于)"
)
_CITED = re.compile(
    r"《([^《》\n]{2,80}(?:《[^《》\n]{2,60}》[^《》\n]{0,30})?)》(\([^()\n]{1,10}(?:版|试行|修订|年|稿)\))?"
)
_GENERIC = re.compile(r"(?:本|该|此)?[\u3400-\u9fff]{0,4}(?:方案|计划|意见|措施|规划|通知|办法|纲要|决定)$")
_PROPOSES = re.compile(
    r"现就(?P<what>[^,。;]{4,60}?)(?:工作)?[,]?"
    r"(?:提出|制定)(?:如下|以下)(?P<kind>[\u3400-\u9fff]{2,6}?)[。:,]"
)
_MAKES = re.compile(
    r"为(?:深入|全面|进一步)*(?:认真)?(?:贯彻|落实|执行)+《(?P<cited>[^》]{4,80})》.*?(?:特?制定|制订)本(?P<kind>[\u3400-\u9fff]{2,6}?)[。,]"
)
_SENT_OUT = re.compile(r"印发(?P<what>.+?)的通知$|关于(?P<subject>.+?)的(?:指导意见|实施意见|意见)$")
_CENTRAL = re.compile(
    r"工业和信息化部|国家发展改革委|财政部|科技部|教育部"
    r"|国家数据局|商务部|国务院国资委|市场监管总局|人力资源社会保障部"
)
_MINISTRY = re.compile(
    r"(?:部|总局|国家[\u3400-\u9fff]{2,12}(?:局|委|办)|委员会|署)(?:办公厅|办公室)?(?:等[\u3400-\u9fff\d]{1,3}(?:部门|单位))?(?:$|、)"
)
_DATED = re.compile(r"[•\[【]?(?:成文日期|发文日期|印发日期)|.{2,30}\d日印发$")
_DAY = re.compile(r"(?P<y>(?:19|20)\d{2})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})")
_NUMERALS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0}


def read_meta(normal: Normal, layout: Layout) -> Meta:
    """What the document says of itself. Names and numbers are in the original's script; what is not said is None."""
    main = layout.main
    notice = next((part for part in layout.parts if part.kind is PartKind.NOTICE), None)
    title = main.title or (notice.title if notice is not None and not main.lines else None)
    issuer = _issuer(normal, layout, notice)
    region = _region(issuer, title.text if title is not None else None)
    inferred = None if title is not None else _inferred_title(main, issuer)
    return Meta(
        title=_title(normal, title),
        title_inferred=inferred,
        issuer=issuer,
        doc_number=_number(normal, layout, notice),
        date=_date(layout, notice),
        region=region,
        level=_level(region, issuer, main),
        doc_type=_kind(normal, title, notice, inferred),
        script=_script(normal),
        addressees=(_words(normal, main.addressees or (notice.addressees if notice else None)) or "").rstrip(":：")
        or None,
        cites=tuple(_cited(normal, main, title)),
    )


def _words(normal: Normal, line: Line | None) -> str | None:
    """The original's words for a line, joined where it was broken."""
    if line is None:
        return None
    return normal.words(line.start, line.end).replace("\n", "")


def _title(normal: Normal, line: Line | None) -> str | None:
    words = _words(normal, line)
    whole = words is not None and words.startswith("《") and words.endswith("》") and words.count("《") == 1
    return words[1:-1] if words is not None and whole else words


def _addressees(normal: Normal, main: Part, notice: Part | None) -> str | None:
    words = _words(normal, main.addressees or (notice.addressees if notice is not None else None))
    return words.rstrip(":：") if words is not None else None


# --- Issuer, number, date --------------------------------------------------------------------------------------------


def _issuer(normal: Normal, layout: Layout, notice: Part | None) -> str | None:
    for part in (layout.main, notice):
        if part is not None and part.issuers:
            return "、".join(dict.fromkeys(name for line in part.issuers for name in _names(normal, line)))
    titles = [part.title.text for part in (layout.main, notice) if part is not None and part.title is not None]
    for title in titles:
        if (found := _PROMULGATED.match(title)) is not None:
            return found["who"]
    for line in layout.outside:
        label, _, value = line.text.partition(":")
        if label in ("发文机关", "发文机构", "制定机关", "发文单位", "印发机关") and furniture.is_issuer_line(value):
            return value
        found = _PROMULGATED.match(line.text)
        if found is not None and any(title in line.text for title in titles):
            return found["who"]
    return None


def _names(normal: Normal, line: Line) -> Sequence[str]:
    """The issuers of one line of a sign-off, which may stand side by side."""
    apart = normal.quote(line.start, line.end).text.split()
    if len(apart) > 1 and all(len(name) > 3 and furniture.is_issuer_line(name) for name in apart):
        return apart
    return (_words(normal, line) or "",)


def _number(normal: Normal, layout: Layout, notice: Part | None) -> str | None:
    for part in (layout.main, notice):
        if part is not None and part.number is not None:
            return _words(normal, part.number)
    for line in layout.outside:
        found = furniture.number_in(line.text)
        if found is not None and (len(line.text) < 40 and "《" not in line.text):
            return normal.words(line.start + found.start(), line.start + found.end()).rpartition("：")[2]
    return None


def _date(layout: Layout, notice: Part | None) -> date | None:
    signed = [part.signed for part in (layout.main, notice) if part is not None and part.signed is not None]
    labelled = [line for line in layout.outside if _DATED.match(line.text)]
    for line in (*signed, *labelled):
        found = furniture.date_in(line.text) or _DAY.search(line.text)
        if found is not None and (day := _as_date(found)) is not None:
            return day
    return None


def _as_date(found: re.Match[str]) -> date | None:
    year = found["y"]
    if not year.isascii():
        year = "".join(str(_NUMERALS[digit]) for digit in year)
    try:
        return date(int(year), _small(found["m"]), _small(found["d"]))
    except ValueError:
        return None


def _small(numeral: str) -> int:
    if numeral.isascii():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    return (_NUMERALS.get(tens, 1) * 10 if ten else 0) + _NUMERALS.get(ones, 0)


# --- Region, level, kind ---------------------------------------------------------------------------------------------


def _region(issuer: str | None, title: str | None) -> str | None:
    for name in (issuer, title):
        if name is None:
            continue
        units: list[str] = []
        at = len("中共") if name.startswith("中共") else 0
        while (found := _REGION.match(name, at)) is not None and not _NO_REGION.search(found[0]):
            units.append(found[0])
            at = found.end()
        if units:
            return units[-1]
    return None


def _level(region: str | None, issuer: str | None, main: Part) -> str | None:
    if region is not None:
        if region in MUNICIPALITIES or region.endswith(("省", "自治区", "特别行政区")):
            return "province"
        if region.endswith(("县", "区", "旗")) and not region.endswith("地区"):
            return "county"
        return "city"
    if issuer is not None:
        if issuer.startswith(("国务院", "中共中央", "中央")):
            return "national"
        return "ministry" if _MINISTRY.search(issuer) else None
    central = sum(len(_CENTRAL.findall(line.text)) for line in main.lines)
    local = sum(line.text.count("全省") + line.text.count("全市") + line.text.count("我市") for line in main.lines)
    return "ministry" if central >= 3 and local == 0 else None


def _kind(normal: Normal, title: Line | None, notice: Part | None, inferred: str | None) -> str | None:
    """In the script of the title, or of nothing where the title is ours."""
    for line in (title, notice.title if notice is not None else None):
        if line is not None and (kind := furniture.title_kind(line.text)) is not None:
            words, at = _words(normal, line) or "", line.text.rfind(kind)
            return words[at : at + len(kind)] if len(words) == len(line.text) else kind
    return furniture.title_kind(inferred) if inferred is not None else None


def _inferred_title(main: Part, issuer: str | None) -> str | None:
    """A title for a text that begins with its addressees, from what its first words say it is."""
    for line in main.lines[:3]:
        if (found := _PROPOSES.search(line.text)) is not None:
            return f"{issuer or ''}关于{found['what']}的{found['kind']}"
        if (found := _MAKES.search(line.text)) is not None:
            sent = _SENT_OUT.search(found["cited"])
            subject = (sent["what"] or sent["subject"]) if sent is not None else found["cited"]
            return f"{issuer or ''}关于落实{subject}的{found['kind']}"
    return None


# --- Script and citations --------------------------------------------------------------------------------------------


SAMPLED = 2_000


@cache
def _to_traditional() -> "object":
    from opencc import OpenCC

    return OpenCC("s2t")


def _sample(normal: Normal) -> tuple[str, str]:
    """Some thousand characters from the beginning, the middle and the end: as written, and in simplified script."""
    step = max(len(normal.text) // 3, SAMPLED)
    places = [slice(start, start + SAMPLED) for start in range(0, min(3 * step, len(normal.text)), step)]
    written = "".join(normal.original[index] for place in places for index in normal.origin[:-1][place])
    return written, "".join(normal.text[place] for place in places)


def _script(normal: Normal) -> str:
    """`hans`, `hant`, or `mixed` where neither script has three quarters of the characters that differ between them."""
    written, sample = _sample(normal)
    traditional = sum(
        1 for before, after in zip(written, sample, strict=True) if before != after and "\u3400" <= before <= "\u9fff"
    )
    try:
        converted = str(_to_traditional().convert(written))  # type: ignore[attr-defined]
    except UnicodeEncodeError:
        converted = written
    simplified = sum(1 for before, after in zip(written, converted, strict=False) if before != after)
    if len(converted) != len(written):
        simplified = len(written) - traditional
    share = traditional / (traditional + simplified) if traditional + simplified else 0.0
    if share >= 0.75:
        return "hant"
    return "hans" if share <= 0.25 else "mixed"


def _cited(normal: Normal, main: Part, title: Line | None) -> Iterator[str]:
    seen: set[str] = set()
    own = title.text if title is not None else ""
    for line in main.lines:
        for found in _CITED.finditer(line.text):
            name = found[1]
            if name in seen or name == own or _GENERIC.fullmatch(name):
                continue
            seen.add(name)
            words = normal.words(line.start + found.start(1), line.start + found.end(1))
            edition = normal.words(line.start + found.start(2), line.start + found.end(2)) if found[2] else ""
            yield words + edition
