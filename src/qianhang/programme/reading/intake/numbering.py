"""Automatic numbers of Word paragraphs, as Word would print them (ISO/IEC 29500-1, 17.9)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LEVELS = 9
_CHINESE = "〇一二三四五六七八九"
_FINANCIAL = "零壹贰叁肆伍陆柒捌玖"


@dataclass(slots=True)
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""
    follow: str = "tab"
    restart: int | None = None
    legal: bool = False
    style: str | None = None


@dataclass(slots=True)
class _List:
    """A w:num: its levels, the abstract list it counts in, and where it starts anew."""

    abstract: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Style:
    based_on: str | None
    number: str | None
    level: int | None


class Numbering:
    """Counts the numbered paragraphs of one document; ask for each paragraph once, in order."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        self._lists = _lists(numbering) if numbering is not None else {}
        self._styles, self._default = _styles(styles) if styles is not None else ({}, None)
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()

    def next_number(self, paragraph: etree._Element) -> str:
        """The number in front of a paragraph, with the blank after it; empty for one without."""
        place = self._place(paragraph)
        if place is None:
            return ""
        identity, depth = place
        numbered = self._lists[identity]
        level = numbered.levels.get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(numbered.abstract, {})
        if identity not in self._begun:
            self._begun.add(identity)
            for started, value in numbered.starts.items():
                counts[started] = value - 1
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            below = numbered.levels.get(deeper)
            if below is None or below.restart is None or 0 < depth + 1 <= below.restart:
                del counts[deeper]
        return _printed(numbered, level, counts)

    def _place(self, paragraph: etree._Element) -> tuple[str, int] | None:
        """Which list at which level, from the paragraph itself or from its style."""
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        style_of = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style = style_of.get(f"{_W}val") if style_of is not None else self._default
        identity = _value(own, "numId")
        depth = _number(_value(own, "ilvl"))
        seen: set[str] = set()
        named = style
        while identity is None and named is not None and named not in seen and named in self._styles:
            seen.add(named)
            identity = self._styles[named].number
            depth = depth if depth is not None else self._styles[named].level
            if identity is not None and depth is None:
                depth = self._linked_level(identity, style, named)
            named = self._styles[named].based_on
        if identity is None or identity not in self._lists:
            return None
        return identity, min(depth or 0, LEVELS - 1)

    def _linked_level(self, identity: str, *styles: str | None) -> int | None:
        listed = self._lists.get(identity)
        if listed is None:
            return None
        return next((depth for depth, level in listed.levels.items() if level.style in styles and level.style), None)


def _value(parent: etree._Element | None, name: str) -> str | None:
    child = parent.find(f"{_W}{name}") if parent is not None else None
    return child.get(f"{_W}val") if child is not None else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 8 else None


def _lists(root: etree._Element) -> dict[str, _List]:
    abstracts: dict[str, dict[int, _Level]] = {}
    links: dict[str, str] = {}
    for abstract in root.iter(f"{_W}abstractNum"):
        identity = abstract.get(f"{_W}abstractNumId", "")
        abstracts[identity] = _levels(abstract)
        if (style := _value(abstract, "styleLink")) is not None:
            links[style] = identity
    for abstract in root.iter(f"{_W}abstractNum"):
        linked = _value(abstract, "numStyleLink")
        if linked is not None and linked in links:
            abstracts[abstract.get(f"{_W}abstractNumId", "")] = abstracts[links[linked]]
    lists: dict[str, _List] = {}
    for number in root.iter(f"{_W}num"):
        abstract_id = _value(number, "abstractNumId") or ""
        made = _List(abstract=abstract_id, levels=dict(abstracts.get(abstract_id, {})))
        for override in number.iter(f"{_W}lvlOverride"):
            depth = _number(override.get(f"{_W}ilvl")) or 0
            made.levels |= _levels(override)
            start = _number(_value(override, "startOverride"))
            if start is not None:
                made.starts[depth] = start
        lists[number.get(f"{_W}numId", "")] = made
    lists.pop("0", None)
    return lists


def _levels(parent: etree._Element) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for level in parent.iter(f"{_W}lvl"):
        start = _number(_value(level, "start"))
        levels[_number(level.get(f"{_W}ilvl")) or 0] = _Level(
            start=1 if start is None else start,
            format=_value(level, "numFmt") or "decimal",
            text=_value(level, "lvlText") or "",
            follow=_value(level, "suff") or "tab",
            restart=_number(_value(level, "lvlRestart")),
            legal=level.find(f"{_W}isLgl") is not None,
            style=_value(level, "pStyle"),
        )
    return levels


def _styles(root: etree._Element) -> tuple[dict[str, _Style], str | None]:
    styles: dict[str, _Style] = {}
    default = None
    for style in root.iter(f"{_W}style"):
        if style.get(f"{_W}type") != "paragraph":
            continue
        identity = style.get(f"{_W}styleId", "")
        if style.get(f"{_W}default") in ("1", "true", "on"):
            default = identity
        numbered = style.find(f"{_W}pPr/{_W}numPr")
        styles[identity] = _Style(
            based_on=_value(style, "basedOn"), number=_value(numbered, "numId"), level=_number(_value(numbered, "ilvl"))
        )
    return styles, default


# --- Printing --------------------------------------------------------------------------------------------------------


def _printed(numbered: _List, level: _Level, counts: dict[int, int]) -> str:
    if level.format == "none":
        return ""
    if level.format == "bullet":
        return "• " if level.text.strip() else ""
    text = level.text
    for depth in range(LEVELS):
        mark = f"%{depth + 1}"
        if mark not in text:
            continue
        above = numbered.levels.get(depth, level)
        value = counts.get(depth, above.start)
        text = text.replace(mark, in_format(value, "decimal" if level.legal else above.format))
    closed = text.endswith(("、", "）", ")", "　", " "))
    return text if closed or not text or level.follow == "nothing" else f"{text} "


def in_format(value: int, name: str) -> str:
    """A number as w:numFmt `name` prints it; in digits where the format is not one of Chinese documents."""
    return _FORMATS.get(name, str)(value)


def _financial(value: int) -> str:
    return _counted(value).translate(str.maketrans(_CHINESE + "十百千", _FINANCIAL + "拾佰仟"))


def _run(first: str, most: int) -> Callable[[int], str]:
    """Numbers that have a character each."""
    return lambda value: chr(ord(first) + value - 1) if 1 <= value <= most else str(value)


def _cycle(letters: str) -> Callable[[int], str]:
    return lambda value: letters[(value - 1) % len(letters)]


def _letter(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 30) if value > 0 else str(value)


def _counted(value: int) -> str:
    """一, 十一, 二十, 一百零一."""
    if not 0 < value < 10_000:
        return str(value)
    text = ""
    zero = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += ("零" if zero else "") + _CHINESE[digit] + name
        zero = not digit and bool(text)
    return text[1:] if text.startswith("一十") else text


def _roman(value: int) -> str:
    if not 0 < value < 4000:
        return str(value)
    text = ""
    for worth, letters in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
        (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        count, value = divmod(value, worth)
        text += letters * count
    return text


_FORMATS: dict[str, Callable[[int], str]] = {
    "chineseCounting": _counted,
    "chineseCountingThousand": _counted,
    "taiwaneseCounting": _counted,
    "taiwaneseCountingThousand": _counted,
    "japaneseCounting": _counted,
    "koreanCounting": _counted,
    "ideographDigital": lambda value: "".join(_CHINESE[int(digit)] for digit in str(value)),
    "chineseLegalSimplified": _financial,
    "ideographLegalTraditional": _financial,
    "ideographTraditional": _cycle("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _cycle("子丑寅卯辰巳午未申酉戌亥"),
    "ideographEnclosedCircle": _run("㈠", 10),
    "decimalEnclosedCircle": _run("①", 20),
    "decimalEnclosedCircleChinese": _run("①", 20),
    "decimalEnclosedParen": _run("⑴", 20),
    "decimalEnclosedFullstop": _run("⒈", 20),
    "decimalFullWidth": lambda value: str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "decimalZero": lambda value: f"{value:02d}",
    "lowerLetter": _letter,
    "upperLetter": lambda value: _letter(value).upper(),
    "lowerRoman": lambda value: _roman(value).lower(),
    "upperRoman": _roman,
}
