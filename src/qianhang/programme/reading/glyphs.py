"""Tables of single characters: what each becomes in the reading copy before any rule looks at its neighbours."""

import unicodedata

GONE = "\0"
"""Stands for a character that the reading copy leaves out. NUL itself is left out too, so nothing can be confused."""

_SAME_MEANING = {
    ",": "，﹐",
    ":": "：﹕︰∶",
    ";": "；﹔",
    "!": "！﹗",
    "?": "？﹖",
    "(": "（﹙⦅❨",
    ")": "）﹚⦆❩",
    "〔": "﹝",
    "〕": "﹞",
    "[": "［",
    "]": "］",
    "【": "〖",
    "】": "〗",
    "、": "､﹑",
    "。": "｡",
    ".": "．﹒․",
    "%": "％﹪",
    "+": "＋﹢",
    "-": "－﹣‐‑–−﹘⁃",
    "—": "―─━﹣㇐",
    "~": "～∼〜﹏",
    "“": '"＂「﹁〝❝',
    "”": "」﹂〞〟❞",
    "‘": "『﹃",
    "’": "』﹄",
    "·": "・‧∙⋅･•・",
    "《": "«",
    "》": "»",
    "〈": "﹤",
    "〉": "﹥",
    "/": "／∕",
    "•": "●■◆▪◼♦○◦▶►➢❖",
    "≥": "≧⩾",
    "≤": "≦⩽",
}

# Radicals that PDF files hold in place of the character; Unicode gives these no decomposition.
_RADICALS = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳⻑⻒⺟⻟⻙",
        "民虎西见角贝车长门青页风飞食马骨鬼鱼鸟麦黄齐齿龙龟長長母飠韦",
        strict=True,
    )
)


def _folded() -> dict[int, str]:
    table: dict[int, str] = {0x20: " "}
    for code in range(0xFF01, 0xFF5F):
        table[code] = chr(code - 0xFEE0)
    for start, end in ((0x2F00, 0x2FD6), (0xF900, 0xFADA)):
        for code in range(start, end):
            single = unicodedata.normalize("NFKC", chr(code))
            if len(single) == 1:
                table[code] = single
    table.update({ord(radical): character for radical, character in _RADICALS.items()})
    for meaning, written in _SAME_MEANING.items():
        table.update({ord(character): meaning for character in written})
    for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)):
        table[code] = GONE
    for code in (*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xFFF0, 0xFFFD), 0xFFFE, 0xFFFF):
        table[code] = GONE
    for code in (*range(0xD800, 0xE000), *range(0xE0000, 0xE0200)):
        table[code] = "\ufffd" if code < 0xE000 else GONE
    for code in (
        0x20,
        0xA0,
        0x1680,
        *range(0x2000, 0x200B),
        0x202F,
        0x205F,
        0x3000,
        0x3164,
        0xFFA0,
        *range(0xE000, 0xF900),
    ):
        table[code] = " "
    table.update({0x09: "\t", 0x0A: "\n", 0x0D: "\r", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"})
    return table


FOLDED = _folded()
"""Every character that is folded to one of the same meaning; for `str.translate`, one character for one."""

VARIANTS = str.maketrans("衞濶値淸靑尅馀姸愼眞顔", "卫阔值清青克余妍慎真颜")
"""Variant forms that OpenCC leaves as they are."""


def _expansions() -> dict[str, str]:
    table = {chr(0x2474 + index): f"({index + 1})" for index in range(20)}
    table |= {chr(0x2488 + index): f"{index + 1}." for index in range(20)}
    table |= {chr(0x3220 + index): f"({numeral})" for index, numeral in enumerate("一二三四五六七八九十")}
    return table


EXPANSIONS = _expansions()
"""Single characters that write a whole heading number, such as ㈠ and ⒈."""
