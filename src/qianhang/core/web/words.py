"""The command line's language, from the same catalogues as the pages but without loading Django.

from qianhang.core.web.words import gettext as _
"""

import os
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

# Commands that talk to a server come from these rooms; each has one catalogue.
ROOMS = ("core", "funding", "compute", "programme")


@cache
def language() -> str:
    """`zh-hans` or `en`: QIANHANG_LANG decides, then the shell's locale; English where neither says Chinese."""
    for name in ("QIANHANG_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if wish := os.environ.get(name, ""):
            return "zh-hans" if wish.lower().startswith("zh") else "en"
    return "en"


def gettext(text: str) -> str:
    """The text in the reader's language; itself where there is no translation."""
    return _catalogue().gettext(text) if text else ""


def gettext_noop(text: str) -> str:
    """Marks a text for translation, to be translated by whoever shows it: a page or a command."""
    return text


def is_chinese() -> bool:
    return language() == "zh-hans"


@cache
def _catalogue() -> NullTranslations:
    words = NullTranslations()
    if not is_chinese():
        return words
    for room in ROOMS:
        compiled = files("qianhang").joinpath(room, "locale", "zh_Hans", "LC_MESSAGES", "django.mo")
        if compiled.is_file():
            with compiled.open("rb") as file:
                one = GNUTranslations(file)
            one.add_fallback(words)
            words = one
    return words
