"""What is wrong with a document that should be a job spec: where, by which code, with which facts, what was meant."""

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

MAX_PROBLEMS = 20
MAX_DEPTH = 12

# What people type who come from other systems, where the nearest spelling would not lead them.
_SYNONYMS = {
    "gpu": "cards", "gpus": "cards", "npus": "cards", "accelerators": "cards", "cpu": "cpus", "cores": "cpus",
    "mem": "memory", "ram": "memory", "timeout": "time_limit", "walltime": "time_limit", "cmd": "command",
    "run": "command", "entrypoint": "command", "environment": "env", "artifacts": "outputs", "container": "image",
    "max_retries": "retries", "region": "near", "git_url": "git", "url": "git", "sha": "commit", "title": "name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpecProblem:
    path: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class SpecInvalid(Exception):
    """The document is not a job spec. `problems` says where and why, the first ones first."""

    def __init__(self, problems: list[SpecProblem]) -> None:
        super().__init__(", ".join(f"{p.path or 'spec'}: {p.code}" for p in problems))
        self.problems = tuple(problems[:MAX_PROBLEMS])


@cache
def job_spec_schema() -> dict[str, Any]:
    return json.loads(files(__package__).joinpath("job_spec.schema.json").read_text("utf-8"))


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(job_spec_schema())
    return Draft202012Validator(job_spec_schema())


def problems_of_document(document: Mapping[str, Any]) -> list[SpecProblem]:
    """What the schema and common sense refuse; empty when the document may be read."""
    if problems := list(_unsafe_values(document, "", 0)):
        return problems
    errors = sorted(_validator().iter_errors(document), key=lambda e: [str(part) for part in e.absolute_path])
    return [problem for error in errors for problem in _problems_of(error)]


def _unsafe_values(value: object, path: str, depth: int) -> Iterator[SpecProblem]:
    """What no schema keyword catches: NUL bytes, half surrogates, not-a-number, endless nesting, odd YAML types."""
    if depth > MAX_DEPTH:
        yield SpecProblem(path, "too_deep", {"most": MAX_DEPTH})
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _unsafe_values(key, path, depth + 1)
                yield from _unsafe_values(item, f"{path}.{key}" if path else key, depth + 1)
            else:
                yield SpecProblem(path, "key_not_text", {"key": repr(key)[:80]})
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _unsafe_values(item, f"{path}.{index}" if path else str(index), depth + 1)
    elif code := _unsafe_scalar(value):
        yield SpecProblem(path, code, {"type": type(value).__name__})


def _unsafe_scalar(value: object) -> str:
    if isinstance(value, str):
        if "\x00" in value:
            return "nul_byte"
        return "not_text" if any("\ud800" <= character <= "\udfff" for character in value) else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "not_finite"
    return "" if value is None or isinstance(value, bool | int) else "not_plain"


def _problems_of(error: ValidationError) -> Iterator[SpecProblem]:
    path = ".".join(str(part) for part in error.absolute_path)
    rule: str = str(error.validator)
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if rule == "additionalProperties":
        known = sorted(schema["properties"])
        # No more than are shown: looking for the nearest name of each takes its time.
        for name in sorted(set(value) - set(known))[:MAX_PROBLEMS]:
            yield SpecProblem(
                f"{path}.{name}" if path else name,
                "unknown_field",
                {"field": name, "nearest": nearest(name, known)},
            )
    elif rule == "required":
        for name in (name for name in wanted if name not in value):
            yield SpecProblem(f"{path}.{name}" if path else name, "missing", {"field": name})
    elif rule == "dependentRequired":
        yield SpecProblem(path, "git_needs_commit")
    elif rule == "type":
        yield SpecProblem(path, "wrong_type", {"wanted": wanted if isinstance(wanted, str) else " / ".join(wanted)})
    elif "propertyNames" in error.absolute_schema_path:
        yield SpecProblem(path, "bad_variable_name", {"name": shortened(value)})
    else:
        # minimum, maximum, minLength, maxLength, minItems, maxItems, maxProperties, pattern, const, ...
        yield SpecProblem(path, _RULE_CODES.get(rule, "invalid"), {"limit": wanted, "value": shortened(value)})


_RULE_CODES = {
    "minimum": "too_small", "exclusiveMinimum": "too_small", "maximum": "too_large", "minLength": "empty",
    "minItems": "empty", "minProperties": "empty", "maxLength": "too_long", "maxItems": "too_many",
    "maxProperties": "too_many", "pattern": "bad_form", "const": "unknown_version",
}  # fmt: skip


def nearest(name: str, known: list[str]) -> str:
    """The valid name that was probably meant, or an empty text."""
    lowered = name.lower().replace("-", "_")
    if lowered in known:
        return lowered
    if (meant := _SYNONYMS.get(lowered)) in known:
        return str(meant)
    close = difflib.get_close_matches(lowered, known, n=1, cutoff=0.6)
    return close[0] if close else ""


def shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
