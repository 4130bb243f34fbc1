"""The unified social credit code (统一社会信用代码), GB 32100-2015."""

from django.utils.translation import gettext as _
from stdnum.cn import uscc

# GB 32100 leaves out I, O, S, V and Z, which are mistaken for digits.
ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
LENGTH = 18


def compact_code(text: str) -> str:
    """Upper case, without the spaces and hyphens people type."""
    return uscc.compact(text)


def code_problem(code: str) -> tuple[str, str] | None:
    """(message, code) if the compacted `code` is not a unified social credit code, else None.

    Only the form and the check character (weights of GB 32100-2015 section 5) are judged; whether the code was ever
    issued is the programme office's question. python-stdnum's own `validate` wants digits in the first two places
    and so refuses, for instance, agricultural collectives (N); the standard allows letters there.
    """
    if len(code) != LENGTH:
        return _("The code has 18 characters; this has {count}.").format(count=len(code)), "length"
    for place, character in enumerate(code, start=1):
        if character not in ALPHABET:
            return (
                _("{character} (place {place}) does not occur in these codes.").format(
                    character=character, place=place
                ),
                "character",
            )
    if not code[2:8].isdecimal():
        return _("Places 3 to 8 are the region and hold digits only."), "region"
    expected = uscc.calc_check_digit(code[:17])
    if code[17] != expected:
        return (
            _(
                "The last character does not fit the others: one of them is mistyped, or the last should be {expected}."
            ).format(expected=expected),
            "checksum",
        )
    return None
