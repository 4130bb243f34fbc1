"""`python -m qianhang.wiring.reference`: docs/reference/commands.md from the command line itself.

write     write the page
check     fail when the page is not what would be written, or when a setting has no line in settings.md
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from qianhang.appliance.exits import ExitCode

PACKAGE = Path(__file__).resolve().parent.parent
REFERENCE = PACKAGE.parents[1] / "docs" / "reference"
COMMANDS, SETTINGS = REFERENCE / "commands.md", REFERENCE / "settings.md"

# Handed from one process of ours to the next; nobody sets them by hand.
INTERNAL = frozenset({"QIANHANG_AS_OWNER", "QIANHANG_BECAME", "QIANHANG_CARRIED_FILE", "QIANHANG_PART"})
_NAME = re.compile(r"""["'](QIANHANG_[A-Z_]*[A-Z])["']""")

HEAD = """# Commands

Written by `python -m qianhang.wiring.reference write`; `make check` compares.

Every command that reads has `--json`. `qianhang --install-completion` teaches your shell the names.

## Exit codes

"""
EXITS = {
    ExitCode.OK: "It worked.",
    ExitCode.FAILURE: "The command ran and did not succeed: a job that failed, a check that found something.",
    ExitCode.USAGE: "The command line itself is wrong.",
    ExitCode.REFUSED: "Not found, or refused by a rule. The same command will be refused again.",
    ExitCode.NOT_SIGNED_IN: "No API key, an expired one, or one without the scope.",
    ExitCode.UNREACHABLE: "The server or the database did not answer. A retry may help.",
    ExitCode.NEEDS_SETUP: "Something is missing on this machine. The message names it and how to get it.",
    ExitCode.BUSY: "Another process holds the data folder or the port.",
    ExitCode.INTERRUPTED: "Stopped by Ctrl-C.",
}


def commands_page() -> str:
    """The reference of every command, in English, the same on every machine."""
    os.environ["QIANHANG_LANG"] = "en"
    from qianhang.wiring.cli import build

    root = typer.main.get_command(build())
    table = ["| code | meaning |", "|---|---|", *(f"| {code.value} | {text} |" for code, text in EXITS.items())]
    return HEAD + "\n".join(table) + "\n" + "".join(_sections(root, "qianhang"))


def _sections(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if path != "qianhang":
        yield from _section(command, path, is_group=bool(children))
    for name in sorted(children):
        if not children[name].hidden:
            yield from _sections(children[name], f"{path} {name}")


def _section(command: Any, path: str, *, is_group: bool) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden and p.name != "help"]
    shown = "".join(f" {_metavar(a)}" if a.required else f" [{_metavar(a)}]" for a in arguments)
    yield f"\n## {path}\n\n{_text(command.help)}\n"
    yield f"\n```\n{path}{' [OPTIONS]' if options else ''}{' COMMAND' if is_group else ''}{shown}\n```\n"
    lines = [f"| `{_metavar(p)}` | {_text(getattr(p, 'help', ''))} |" for p in arguments]
    lines += [f"| `{', '.join([*p.opts, *p.secondary_opts])}` | {_described(p)} |" for p in options]
    if lines:
        yield "\n| | |\n|---|---|\n" + "\n".join(lines) + "\n"


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name).upper()


def _described(option: Any) -> str:
    parts = [_text(option.help)]
    if option.envvar:
        parts.append(f"Also from `{option.envvar}`.")
    if isinstance(option.default, str | int) and not isinstance(option.default, bool):
        parts.append(f"Default: `{option.default}`.")
    return " ".join(part for part in parts if part)


def _text(help_text: object) -> str:
    return " ".join(str(help_text or "").replace("|", "\\|").split())


def undocumented_settings() -> list[str]:
    """Names that the code reads from the environment and docs/reference/settings.md does not mention."""
    read = {name for path in PACKAGE.rglob("*.py") for name in _NAME.findall(path.read_text("utf-8"))}
    told = SETTINGS.read_text("utf-8") if SETTINGS.is_file() else ""
    return sorted(name for name in read - INTERNAL if f"`{name}`" not in told)


def main(arguments: list[str]) -> int:
    if arguments == ["write"]:
        COMMANDS.write_text(commands_page(), "utf-8")
        return 0
    problems = [f"docs/reference/settings.md does not mention {name}" for name in undocumented_settings()]
    if not COMMANDS.is_file() or COMMANDS.read_text("utf-8") != commands_page():
        problems.append("docs/reference/commands.md is old: python -m qianhang.wiring.reference write")
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
