"""Why a document cannot be read, in sentences for pages and for the command line, which runs without Django."""

from collections.abc import Callable, Mapping

from qianhang.core.web.words import gettext_noop as _

# By the code of reading/refusals.py: what is wrong with the file, and what to do.
WHY: Mapping[str, str] = {
    "empty": _("There is no text in it. Send the file that holds the plan's words."),
    "too_large": _("It is larger than {limit} bytes. Send the plan without its pictures, or as text."),
    "too_long": _("It has more than {limit} characters, more than any plan. Send the plan alone."),
    "too_many": _("It would give {found} findings; at most {limit} are taken from one document. Send the plan alone."),
    "scanned": _("Its pages are pictures without text. Run it through text recognition, or paste the text."),
    "unreadable_fonts": _("Its fonts do not say which letters they draw. Paste the text, or send another format."),
    "encrypted": _("It opens with a password only. Save it without one and send it again."),
    "damaged": _("The {format} file breaks off or is damaged. Save it anew and send it again."),
    "hostile": _("The {format} file unpacks to far more than it shows. Send the plan as text."),
    "too_slow": _("Taking the text out of the {format} file took longer than {seconds} seconds. Send it as text."),
    "old_word": _("It is a .doc or .wps file of the old kind. Save it as .docx or PDF and send it again."),
    "other_format": _("It is {found}. Send text, a web page, .docx, or a PDF with text."),
    "unknown_encoding": _("Its letters are in no encoding that is known here. Save it as UTF-8 text."),
}
UNKNOWN = _("The file is of a kind that is not known, or it is damaged.")


class _Facts(dict[str, str]):
    """A fact that is missing shows a dash: the refusal matters more than its number."""

    def __missing__(self, key: str) -> str:
        return "—"


def why_unreadable(code: str, facts: Mapping[str, str], translate: Callable[[str], str]) -> str:
    """The sentence for a code of reading.refusals, in the language of `translate`."""
    return translate(WHY.get(code, UNKNOWN)).format_map(_Facts(facts))
