"""Job specs from text and from forms, before they are checked: YAML, JSON, and flat form fields."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from .job_spec import Reading, read_job_spec
from .spec_problems import SpecInvalid, SpecProblem

MAX_TEXT_BYTES = 512 * 1024
MAX_NESTING = 32


def _refusal(problem: str, where: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)


class _StrictLoader(yaml.SafeLoader):
    """Plain data only. Aliases are refused (a few lines of them can stand for gigabytes), so are repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.events.AliasEvent):
            raise _refusal("alias", event)
        self.nesting = getattr(self, "nesting", 0) + 1
        if self.nesting > MAX_NESTING:
            raise _refusal("nesting", event)
        try:
            return super().compose_node(parent, index)
        finally:
            self.nesting -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[Any] = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise _refusal("key", key_node)
            if key in seen:
                raise _refusal(f"twice:{key}", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


# Dates and times stay text: a job spec has none, and `name: 2026-11-21` means the text.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_job_spec_text(text: str | bytes) -> Reading:
    """A job spec written as YAML or JSON, at most 512 KiB. Raises SpecInvalid."""
    return read_job_spec(parse_spec_text(text))


def parse_spec_text(text: str | bytes) -> object:
    """The document in a YAML or JSON text, unchecked. Raises SpecInvalid for what is not one plain document."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise SpecInvalid([SpecProblem("", "text_too_large", {"limit": MAX_TEXT_BYTES, "value": size})])
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SpecInvalid([SpecProblem("", "not_utf8", {"position": error.start})]) from error
    if text.lstrip().startswith("{"):
        return _parse_json(text)
    return _parse_yaml(text)


def _parse_json(text: str) -> object:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in items:
            if key in found:
                raise SpecInvalid([SpecProblem(key[:80], "key_twice", {"key": key[:80]})])
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        facts = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        raise SpecInvalid([SpecProblem("", "bad_json", facts)]) from error
    except (RecursionError, ValueError) as error:
        # ValueError: a number with more digits than Python converts.
        raise SpecInvalid([SpecProblem("", "too_deep", {"most": MAX_NESTING})]) from error


def _parse_yaml(text: str) -> object:
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        raise SpecInvalid([_yaml_problem(error)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        facts = {"line": 0, "column": 0, "problem": str(error)[:200]}
        raise SpecInvalid([SpecProblem("", "bad_yaml", facts)]) from error


def _yaml_problem(error: yaml.MarkedYAMLError) -> SpecProblem:
    line = error.problem_mark.line + 1 if error.problem_mark else 0
    column = error.problem_mark.column + 1 if error.problem_mark else 0
    if error.problem == "alias":
        return SpecProblem("", "yaml_alias", {"line": line})
    if error.problem == "nesting":
        return SpecProblem("", "too_deep", {"most": MAX_NESTING})
    if error.problem and error.problem.startswith("twice:"):
        return SpecProblem("", "key_twice", {"key": error.problem.removeprefix("twice:")[:80], "line": line})
    return SpecProblem("", "bad_yaml", {"line": line, "column": column, "problem": error.problem or ""})


_FORM_NUMBERS = {
    "priority", "retries", "resources.cards", "resources.cpus", "resources.nodes", "resources.memory_per_card_gib",
    "near.max_latency_ms", "weights.price", "weights.start", "weights.latency", "weights.green",
}  # fmt: skip
_FORM_FLAGS = {"preemptible", "network", "resources.domestic_only"}
_FORM_LISTS = {"outputs", "data_location", "resources.vendors", "resources.stacks"}
_FORM_PAIRS = {"env", "secrets"}


def read_job_spec_form(fields: Mapping[str, str]) -> Reading:
    """A job spec from flat form fields, as `form_document` takes them. Raises SpecInvalid."""
    return read_job_spec(form_document(fields))


def form_document(fields: Mapping[str, str]) -> dict[str, Any]:
    """The document that flat form fields with dotted names stand for, such as `resources.cpus`, unchecked. Empty fields
    count as absent; lists are separated by line breaks or commas; `env` and `secrets` are lines of NAME=value.
    Raises SpecInvalid for what should be a number and is none."""
    document: dict[str, Any] = {}
    problems: list[SpecProblem] = []
    for path, raw in fields.items():
        text = raw.strip()
        if not text:
            continue
        *parents, last = path.split(".")
        place = document
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            place[last] = _form_value(path, text)
        except ValueError:
            problems.append(SpecProblem(path, "not_a_number", {"value": text[:40]}))
    if problems:
        raise SpecInvalid(problems)
    return document


def _form_value(path: str, text: str) -> Any:
    if path in _FORM_NUMBERS:
        return float(text) if "." in text else int(text)
    if path in _FORM_FLAGS:
        return text.lower() in {"1", "true", "on", "yes"}
    if path in _FORM_LISTS:
        return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]
    if path in _FORM_PAIRS:
        pairs = (line.partition("=") for line in text.splitlines() if line.strip())
        return {name.strip(): value.strip() for name, _equals, value in pairs}
    return text
