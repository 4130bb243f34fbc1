"""Annotations of pronunciation that mirror sites put after characters: 產(chǎn)業(yè), 人 rén 工 gōng."""

import re

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


def blank_out_pinyin(text: str) -> str:
    """The text with annotations made NUL, character for character.

    A text without a single tone mark is left alone: brackets such as (IDC) are part of what it says. In a text that
    has some, a bracket without a mark goes only if it spells a syllable in small letters (a neutral tone).
    """
    if not _TONE.search(text):
        return text
    text = _BRACKETED.sub(_gone_if_syllable, text)
    return _BARE.sub(lambda found: "\0" * len(found[0]) if _TONE.search(found[0]) else found[0], text)


def _gone_if_syllable(found: re.Match[str]) -> str:
    word = found[0].strip(" ()")
    if _TONE.search(word) or _SYLLABLE.fullmatch(word):
        return "\0" * len(found[0])
    return found[0]
