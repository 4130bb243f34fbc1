"""A list of owners, taken apart: 省科技厅、省教育厅及各市(州)政府等 -> three names, an open list.

Positions are indices into the normalised text (half-width brackets and commas, simplified script).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# What the last word of an agency's, an office's or an enterprise's name can be.
_HEADS = (
    "厅|局|委|部|办|院|署|社|处|行|司|站|馆|团|校|队|政府|委员会|管委会|管理会|党委|党组|党工委|办公室|机关|法院|检察院|人大|政协|纪委|监委"
    "|中心|公司|集团|大学|学院|学校|总工会|工会|妇联|科协|工商联|残联|文联|社科联|侨联|供销社|协会|学会|商会|联合会|联盟|基金会"
    "|专班|领导小组|指挥部|小组|办事处|海关|银行|机场|铁塔|移动|联通|电信|广电|电力|电网|企业|园区|开发区|高新区|新区|经开区|示范区|功能区"
    "|支行|分行|研究所|研究院|实验室|总队|支队|信访局|档案馆|街道|乡镇|乡|镇"
)
_AGENCY_END = re.compile(rf"(?:{_HEADS})$")
_AREA_END = re.compile(r"(?:市|州|县|区|盟|旗|市州|区县|县区|市县|省|自治区)$")
_OWN_BRACKET = re.compile(r"\([^()]*\)$")

# 各市, 各区 name a fixed set of governments: a unit. 有关部门, 各级各单位 name nobody: generic.
_GENERIC = re.compile(
    r"^(?:.{0,8}(?:有关|相关|各级|成员|涉及|其他)(?:.{0,10})|(?:全省|全市|省直|市直|省级|市级|区级|县级)?各?(?:地|地方|地区|部门|单位|方面|行业主管部门|主管部门|行业部门|责任单位|地各部门|地区各部门|单位各部门))$"
)
_EVERY_AREA = re.compile(r"^各.{0,12}(?:市|州|县|区|盟|旗|镇|街道|政府|管委会|\))")
_EVERY_ALONE = re.compile(r"^各[^()]{0,6}(?:市|州|县|区|盟|旗|地|级)$")
_AREA_GOES_ON = re.compile(r"^(?:县|市|区|州|盟|旗|乡|镇|街道|自治)(?!.*(?:厅|局|委|办)$)")

_OPEN_TAIL = re.compile(
    r"等(?:[一二三四五六七八九十\d]{1,3}(?:个|家))?(?:中央|国家|省级?|市级?|区级?|县级?|省直|市直)?(?:各)?(?:有关|相关)?"
    r"(?:部门|单位|部委|委办局|厅局|机构|地区|地方|企业|方面)*(?:和单位|、单位)?$"
)
_JOINT = re.compile(r"(?:以及|[和及与暨])(?=.)")
_FULL_NAME_START = re.compile(
    r"^(?:省|市|区|县|州|盟|旗|国家|国务院|中央|中国|中共|全国|人民银行|自治|各|团|有关|相关|其他|.{0,4}(?:部|委|厅|局|署|办|院|政府|中心|公司|集团|大学|企业|单位|部门|管委会)(?:$|\())"
)
_LEADING = re.compile(r"^(?:[、,;:。 \t\n]|以及|及(?!时)|和(?!平)|由(?=.{2}))+")


@dataclass(frozen=True, slots=True)
class Span:
    """`text` stands at `start` and ends before `end`."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Names:
    """What a list of owners holds, in its order."""

    units: list[Span] = field(default_factory=list)
    generic: list[Span] = field(default_factory=list)
    open_list: bool = False

    def __bool__(self) -> bool:
        return bool(self.units or self.generic)

    def extend(self, other: "Names") -> None:
        self.units += other.units
        self.generic += other.generic
        self.open_list = self.open_list or other.open_list


def span_of(text: str, start: int, end: int) -> Span:
    """`text[start:end]` without outer blanks and separators."""
    words = text[start:end]
    lead = _LEADING.match(words)
    start += lead.end() if lead else 0
    words = text[start:end].rstrip("、,;:。 \t\n")
    return Span(start, start + len(words), words)


def looks_like_agency(name: str) -> bool:
    """Whether a name ends as agencies do (省科技厅, 省委网信办(省大数据局)), or is an area (各市、区)."""
    bare = _OWN_BRACKET.sub("", name)
    return len(bare) > 1 and bool(_AGENCY_END.search(bare) or (bare.startswith("各") and _AREA_END.search(bare)))


def is_generic(name: str) -> bool:
    """Whether a name points at nobody in particular: 各有关部门, 各级各部门, 省直相关单位."""
    return bool(_GENERIC.match(name))


def split_names(text: str, start: int, end: int) -> Names:
    """The owners that `text[start:end]` lists."""
    found = Names()
    for piece in _joined_areas(text, list(_pieces(text, start, end))):
        span, is_open = _without_open_tail(text, piece)
        found.open_list = found.open_list or is_open
        if not span.text:
            continue
        (found.generic if is_generic(span.text) else found.units).append(span)
    return found


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut at 、,; outside brackets, then at 和/及 where both sides are whole names."""
    depth = 0
    begin = start
    for at in range(start, end):
        letter = text[at]
        if letter in "([〔":
            depth += 1
        elif letter in ")]〕":
            depth = max(0, depth - 1)
        elif depth == 0 and letter in "、,;\n。":
            yield from _halves(text, begin, at)
            begin = at + 1
    yield from _halves(text, begin, end)


def _halves(text: str, start: int, end: int) -> Iterator[Span]:
    span = span_of(text, start, end)
    if not span.text:
        return
    for joint in _JOINT.finditer(span.text):
        left, right = span.text[: joint.start()], span.text[joint.end() :]
        left = _OPEN_TAIL.sub("", left)
        whole_left = looks_like_agency(left) or is_generic(left) or _EVERY_ALONE.match(left)
        if whole_left and not left.endswith("党委") and (_FULL_NAME_START.match(right) or is_generic(right)):
            yield span_of(text, span.start, span.start + joint.start())
            yield from _halves(text, span.start + joint.end(), span.end)
            return
    yield span


def _joined_areas(text: str, pieces: Sequence[Span]) -> Iterator[Span]:
    """各市 + 县(区)政府 were cut at 、 but are one owner: the governments of all of them. So are 各地区 + 各部门 and
    各县党委 + 政府."""
    held: Span | None = None
    for piece in pieces:
        if held is not None and (
            (_EVERY_ALONE.match(held.text.rsplit("、", 1)[0]) and _AREA_GOES_ON.match(piece.text))
            or (is_generic(held.text) and is_generic(piece.text))
            or (held.text.endswith("委") and piece.text in ("政府", "人民政府"))
        ):
            held = Span(held.start, piece.end, text[held.start : piece.end])
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _without_open_tail(text: str, span: Span) -> tuple[Span, bool]:
    tail = _OPEN_TAIL.search(span.text)
    if tail is None:
        return span, False
    return span_of(text, span.start, span.start + tail.start()), True
