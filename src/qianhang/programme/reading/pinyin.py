"""Annotations of pronunciation that mirror sites put after characters: 產(chǎn)業(yè), 人 rén 工 gōng."""

import re
from collections.abc import Iterator

_TONES = "āáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜńňǹḿ"
_LETTERS = f"a-zA-Zɡü{_TONES}\u0300-\u030c"
_CHINESE = r"[\u3400-\u9fff\uf900-\ufaff]"

# A syllable in brackets after a character: with a tone mark it can be nothing else; ê and neutral tones have none.
_BRACKETED = re.compile(rf"(?<={_CHINESE[:-1]}”])[ ]?\([ ]*[{_LETTERS}]{{1,7}}[1-5]?[ ]*\)")
_BARE = re.compile(rf"(?<={_CHINESE[:-1]} ])[{_LETTERS}]{{1,7}}(?![{_LETTERS}0-9])")
_TONE = re.compile(f"[{_TONES}\u0300-\u030c]")
_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgɡkhjqxrzcsyw]|[zcs]h)?(?:[aeiouüv]|ai|ei|ui|ao|ou|iu|ie|üe|ve|ue|er|an|en|in|un|ün|vn|[aeiou]ng"
    r"|i?ong|i?ang|i?an|i?ao|u?ai|u?an|u?ang|uo|ua|ia|iang|uang|uai)[1-5]?"
)


ENOUGH = 4
"""Syllables in brackets, without a tone mark anywhere, that make annotations of them rather than words."""


def blank_out_pinyin(text: str) -> str:
    """The text with annotations made NUL, character for character.

    A text with neither a tone mark nor a number of bracketed syllables is left alone: brackets such as (IDC) are part
    of what it says. In an annotated text a bracket without a mark goes only if it spells a syllable in small letters.
    """
    toned = bool(_TONE.search(text))
    if not toned and sum(1 for _ in _bracketed_syllables(text)) < ENOUGH:
        return text
    text = _BRACKETED.sub(_gone_if_syllable, text)
    if not toned:
        return text
    return _BARE.sub(lambda found: "\0" * len(found[0]) if _TONE.search(found[0]) else found[0], text)


def _bracketed_syllables(text: str) -> Iterator[str]:
    if "(" in text:
        for found in _BRACKETED.finditer(text):
            if _SYLLABLE.fullmatch(word := found[0].strip(" ()")):
                yield word


def _gone_if_syllable(found: re.Match[str]) -> str:
    word = found[0].strip(" ()")
    if _TONE.search(word) or _SYLLABLE.fullmatch(word):
        return "\0" * len(found[0])
    return found[0]
