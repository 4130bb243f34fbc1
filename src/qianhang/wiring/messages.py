"""Translations: one catalogue per room, made from its Python files and templates.

    python -m qianhang.wiring.messages extract    bring the .po files up to date with the code
    python -m qianhang.wiring.messages compile    make the .mo files that Django reads
    python -m qianhang.wiring.messages check      fail if a message is missing, fuzzy, left over or breaks a placeholder

English is what the code says; zh_Hans is what the pages say unless a reader chooses English.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as extract_messages
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent
ROOMS = ("core", "funding", "compute", "programme", "portal", "wiring")
LOCALE = "zh_Hans"
BORROWED_ENGLISH = PACKAGE / "wiring" / "locale" / "en" / "LC_MESSAGES" / "django.po"
# Where translation functions come from: Django's, and those of the command line, which runs without Django.
TRANSLATORS = {"django.utils.translation", "qianhang.core.web.words", "words"}

# Which arguments of a call are a message, its plural, its context ("c"); None is "the first one".
Arguments = tuple[int | tuple[int, str], ...] | None
CALLS: Mapping[str, Arguments] = {
    "_lazy": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What Django's templatize leaves of a template is not quite Python: only the calls in it are.
_CALL = re.compile(
    r"""\b(?:gettext|ngettext|pgettext|npgettext|_)\("""
    r"""(?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)"""
)
_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%[sd]")


@dataclass(frozen=True, slots=True)
class Found:
    """One message where it stands in the code."""

    id: str | tuple[str, ...]
    context: str | None
    file: str


def path_of(room: str) -> Path:
    return PACKAGE / room / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def messages_in(room: str) -> Iterator[Found]:
    """Every message of a room's Python files and templates, file by file."""
    folder = PACKAGE / room
    kinds = ("*.py", "templates/**/*.html", "templates/**/*.txt")
    for file in sorted(file for kind in kinds for file in folder.rglob(kind)):
        if "migrations" in file.parts:
            continue
        text, calls = file.read_text("utf-8"), {"_": None, **CALLS}
        if file.suffix == ".py":
            calls = _names_in(text)
        else:
            lines = templatize(text, origin=str(file)).splitlines()
            text = "\n".join("; ".join(_CALL.findall(line)) for line in lines)
        for _line, id_, _comments, context in extract_messages("python", BytesIO(text.encode()), keywords=calls):
            yield Found(id_, context, file.relative_to(PACKAGE).as_posix())


def _names_in(source: str) -> dict[str, Arguments]:
    """What a Python file calls the translation functions: `gettext_lazy as _` and the like."""
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    names = (name for node in imports if node.module in TRANSLATORS for name in node.names)
    return {name.asname or name.name: CALLS[name.name] for name in names if name.name in CALLS}


def fresh_catalogue(room: str) -> Catalog:
    """What the code says now, without translations."""
    catalogue = Catalog(locale=LOCALE, project="Qianhang", domain="django", fuzzy=False)
    for found in messages_in(room):
        catalogue.add(found.id, locations=[(found.file, 0)], context=found.context)
    return catalogue


def kept_catalogue(room: str) -> Catalog:
    """What the .po file says; empty if there is none yet."""
    path = path_of(room)
    if not path.is_file():
        return Catalog(locale=LOCALE, domain="django", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE, domain="django")


def borrowed_english() -> Catalog:
    """English of our own for messages that libraries bring; theirs is Title Case."""
    with BORROWED_ENGLISH.open("rb") as file:
        return read_po(file, locale="en", domain="django")


def extract() -> None:
    """Adds what is new, drops what is gone, keeps every translation."""
    for room in ROOMS:
        kept, fresh = kept_catalogue(room), fresh_catalogue(room)
        for message in fresh:
            if message.id and (old := kept.get(_key(message), message.context)) is not None:
                message.string = old.string
        write(room, fresh)


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def write(room: str, catalogue: Catalog) -> None:
    path = path_of(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = BytesIO()
    write_po(body, catalogue, width=110, sort_by_file=True, include_lineno=False, omit_header=True)
    path.write_text(_HEADER + body.getvalue().decode(), "utf-8")


# Dates and names that Babel would write differ between machines and would make every extraction a change.
_HEADER = """# Chinese (Simplified) for Qianhang.
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def compile_all() -> None:
    for room in (room for room in ROOMS if path_of(room).is_file()):
        _compile(kept_catalogue(room), path_of(room).with_suffix(".mo"))
    _compile(borrowed_english(), BORROWED_ENGLISH.with_suffix(".mo"))


def _compile(catalogue: Catalog, path: Path) -> None:
    """All at once: a program that starts meanwhile reads the old file or the new one, never a half of either."""
    body = BytesIO()
    write_mo(body, catalogue)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(body.getvalue())
    fresh.replace(path)


def problems() -> list[str]:
    """What keeps the translation from being complete, one line each."""
    found = []
    for room in ROOMS:
        kept, fresh = kept_catalogue(room), fresh_catalogue(room)
        for message in fresh:
            if message.id:
                found += [f"{room}: {what}" for what in _wrong(message, kept.get(_key(message), message.context))]
        for message in kept:
            if message.id and fresh.get(_key(message), message.context) is None:
                found.append(f"{room}: no longer in the code: {_key(message)!r}")
    return [*found, *_said_two_ways(), *(_wrong_english() if "wiring" in ROOMS else ())]


def _wrong_english() -> Iterator[str]:
    """Each is a message that is borrowed in Chinese too, with its placeholders."""
    borrowed = fresh_catalogue("wiring")
    for message in borrowed_english():
        if message.id:
            named = borrowed.get(_key(message))
            found = ["not among the borrowed words"] if named is None else _wrong(named, message)
            yield from (f"wiring (en): {_key(message)!r}: {what}" for what in found)


def _said_two_ways() -> Iterator[str]:
    """Django merges the catalogues into one: the same message must read the same in each (or carry a context)."""
    seen: dict[tuple[str, str | None], dict[tuple[str, ...], str]] = {}
    for room in ROOMS:
        for message in kept_catalogue(room):
            if message.id and any(_strings(message)):
                seen.setdefault((_key(message), message.context), {}).setdefault(tuple(_strings(message)), room)
    for (key, _context), ways in seen.items():
        if len(ways) > 1:
            said = ", ".join(f"{room} says {strings[0]!r}" for strings, room in ways.items())
            yield f"{key!r} is translated in two ways: {said}"


def _wrong(message: Message, kept: Message | None) -> Iterator[str]:
    if kept is None or not any(_strings(kept)):
        yield f"not translated: {_key(message)!r} ({message.locations[0][0]})"
    elif kept.fuzzy:
        yield f"fuzzy: {_key(message)!r}"
    else:
        wanted = {p for text in _ids(message) for p in _PLACEHOLDER.findall(text)}
        given = {p for text in _strings(kept) for p in _PLACEHOLDER.findall(text)}
        # A singular may leave the number out in English; Chinese has one form and needs what the plural has.
        if wanted != given:
            yield f"placeholders differ: {_key(message)!r} has {sorted(wanted)}, its translation {sorted(given)}"


def _ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, tuple | list) else [message.id]


def _strings(message: Message) -> list[str]:
    return (
        [text or "" for text in message.string] if isinstance(message.string, tuple | list) else [message.string or ""]
    )


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            extract()
        case ["compile"]:
            compile_all()
        case ["check"]:
            found = problems()
            sys.stdout.writelines(f"{line}\n" for line in found)
            return 1 if found else 0
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
