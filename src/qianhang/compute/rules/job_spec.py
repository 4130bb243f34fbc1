"""The job spec: one versioned JSON Schema, and the reader that turns a document into a checked, frozen `JobSpec`.

The schema (job_spec.schema.json, draft 2020-12) says what a document may look like; what it cannot say (units,
money, sums) is checked here. Every problem has a dotted path, a stable code and facts; the sentences are in
compute/explanations.py. `read_job_spec(spec.normalised())` gives the same spec back.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from qianhang.core.units.money import MICRO_PER_YUAN, yuan_to_micro

from .spec_problems import SpecInvalid, SpecProblem, problems_of_document, shortened
from .spec_quantities import BadQuantity, read_duration_s, read_memory_mib

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PROGRAM = re.compile(r"[\w.+-]+")

AUTO_VOUCHER, NO_VOUCHER = "auto", "none"
MAX_BUDGET_MICRO = 1_000_000_000 * MICRO_PER_YUAN
MAX_ENV_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """Exactly one of an upload, or a git address with a full commit id."""

    upload: uuid.UUID | None = None
    git: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class InputFile:
    upload: uuid.UUID
    path: str


@dataclass(frozen=True, slots=True)
class Resources:
    """What each node needs; memory in MiB, card memory in GiB (0: any)."""

    cards: int = 0
    memory_per_card_gib: int = 0
    vendors: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    domestic_only: bool = False
    cpus: int = 1
    memory_mib: int = 1024
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class Near:
    region: str
    max_latency_us: int = 0
    """0: no limit."""


@dataclass(frozen=True, slots=True)
class Weights:
    """In thousandths, so that scores are exact."""

    price: int = 1000
    start: int = 1000
    latency: int = 500
    green: int = 500


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A checked job spec. Money in micro-yuan, time in seconds. Secrets are not in it, only their names."""

    name: str
    command: str | tuple[str, ...]
    time_limit_s: int
    version: int = 1
    source: Source | None = None
    image: str = ""
    env: tuple[tuple[str, str], ...] = ()
    secret_names: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    outputs: tuple[str, ...] = ("outputs/**",)
    resources: Resources = Resources()
    priority: int = 0
    preemptible: bool = False
    near: Near | None = None
    data_location: tuple[str, ...] = ()
    weights: Weights = Weights()
    budget_micro: int | None = None
    voucher: str = AUTO_VOUCHER
    """A number or an id, `auto` or `none`."""
    retries: int = 1
    network: bool = False

    @property
    def argv(self) -> tuple[str, ...]:
        return ("sh", "-c", self.command) if isinstance(self.command, str) else self.command

    @property
    def total_cards(self) -> int:
        return self.resources.cards * self.resources.nodes

    @property
    def total_cpus(self) -> int:
        return self.resources.cpus * self.resources.nodes

    @property
    def total_memory_mib(self) -> int:
        return self.resources.memory_mib * self.resources.nodes

    def normalised(self) -> dict[str, Any]:
        """The spec as a document again: every default filled in, canonical units, no secrets."""
        r, w = self.resources, self.weights
        document: dict[str, Any] = {
            "version": self.version,
            "name": self.name,
            "command": self.command if isinstance(self.command, str) else list(self.command),
            "env": dict(self.env),
            "outputs": list(self.outputs),
            "resources": {
                "cards": r.cards,
                "vendors": list(r.vendors),
                "stacks": list(r.stacks),
                "domestic_only": r.domestic_only,
                "cpus": r.cpus,
                "memory": r.memory_mib,
                "nodes": r.nodes,
            },
            "time_limit": self.time_limit_s,
            "priority": self.priority,
            "preemptible": self.preemptible,
            "weights": {
                "price": w.price / 1000, "start": w.start / 1000, "latency": w.latency / 1000, "green": w.green / 1000
            },
            "voucher": self.voucher,
            "retries": self.retries,
            "network": self.network,
        }  # fmt: skip
        if r.memory_per_card_gib:
            document["resources"]["memory_per_card_gib"] = r.memory_per_card_gib
        if self.source is not None:
            document["source"] = (
                {"upload": str(self.source.upload)}
                if self.source.upload
                else {"git": self.source.git, "commit": self.source.commit}
            )
        if self.image:
            document["image"] = self.image
        if self.inputs:
            document["inputs"] = [{"upload": str(i.upload), "path": i.path} for i in self.inputs]
        if self.near is not None:
            document["near"] = {"region": self.near.region}
            if self.near.max_latency_us:
                document["near"]["max_latency_ms"] = self.near.max_latency_us / 1000
        if self.data_location:
            document["data_location"] = list(self.data_location)
        if self.budget_micro is not None:
            whole, rest = divmod(self.budget_micro, MICRO_PER_YUAN)
            document["budget"] = f"{whole}.{rest:06d}"
        return document


@dataclass(frozen=True, slots=True)
class Reading:
    spec: JobSpec
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_job_spec(document: object) -> Reading:
    """Checks a document (from JSON, YAML or a form) and freezes it.

    Raises SpecInvalid with every problem found, at most twenty.
    """
    if not isinstance(document, Mapping):
        raise SpecInvalid([SpecProblem("", "not_a_mapping")])
    if problems := problems_of_document(document):
        raise SpecInvalid(problems)
    return _build(document)


def stored_job_spec(document: Mapping[str, Any]) -> JobSpec:
    """The spec that a Job row keeps: normalised, checked when it was submitted, with the names of its secrets."""
    plain = {key: value for key, value in document.items() if key != "secret_names"}
    spec = _build(plain).spec
    return replace(spec, secret_names=tuple(document.get("secret_names", ())))


def store_job_spec(spec: JobSpec) -> dict[str, Any]:
    return {**spec.normalised(), "secret_names": list(spec.secret_names)}


def _build(document: Mapping[str, Any]) -> Reading:
    problems: list[SpecProblem] = []
    resources = _resources(document.get("resources", {}), problems)
    secrets = dict(document.get("secrets", {}))
    env = tuple(sorted((name, str(value)) for name, value in document.get("env", {}).items()))
    size = sum(len(name) + len(value.encode()) for name, value in [*env, *secrets.items()])
    if size > MAX_ENV_BYTES:
        problems.append(SpecProblem("env", "env_too_large", {"limit": MAX_ENV_BYTES, "value": size}))
    problems += [
        SpecProblem(f"secrets.{name}", "secret_in_env", {"name": name}) for name in secrets if name in dict(env)
    ]
    command = document["command"]
    if isinstance(command, str) and not command.strip():
        problems.append(SpecProblem("command", "empty"))
    elif not isinstance(command, str) and not command[0].strip():
        problems.append(SpecProblem("command.0", "empty"))
    spec = JobSpec(
        name=_name(document),
        command=command if isinstance(command, str) else tuple(command),
        time_limit_s=_time_limit(document.get("time_limit", 3600), problems),
        source=_source(document.get("source"), problems),
        image=document.get("image", ""),
        env=env,
        secret_names=tuple(sorted(secrets)),
        inputs=_inputs(document.get("inputs", ()), problems),
        outputs=tuple(_patterns(document.get("outputs", ["outputs/**"]), problems)),
        resources=resources,
        priority=int(document.get("priority", 0)),
        preemptible=document.get("preemptible", False),
        near=_near(document.get("near")),
        data_location=_regions(document.get("data_location", ())),
        weights=_weights(document.get("weights", {}), problems),
        budget_micro=_budget(document.get("budget"), problems),
        voucher=_voucher(document.get("voucher", "")),
        retries=int(document.get("retries", 1)),
        network=document.get("network", False),
    )
    if problems:
        raise SpecInvalid(problems)
    return Reading(spec=spec, secrets=secrets)


def _name(document: Mapping[str, Any]) -> str:
    """A name is shown to many, in terminals too, so nothing stays in it that moves a cursor or turns text around.

    The programme office sees names and no commands, so a job that was given none is named after its program alone.
    """
    if given := _plain_words(str(document.get("name", ""))):
        return given
    command = document["command"]
    words = command.split() if isinstance(command, str) else command
    program = next((word for word in words if not _ASSIGNMENT.match(word)), "").rsplit("/", 1)[-1]
    return program[:60] if _PROGRAM.fullmatch(program) else "job"


def _plain_words(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _resources(given: Mapping[str, Any], problems: list[SpecProblem]) -> Resources:
    memory = 1024
    try:
        memory = read_memory_mib(given.get("memory", 1024))
    except BadQuantity as error:
        problems.append(SpecProblem("resources.memory", error.code, error.facts))
    cards, per_card = int(given.get("cards", 0)), int(given.get("memory_per_card_gib", 0))
    if not cards:
        wanted = [n for n in ("memory_per_card_gib", "vendors", "stacks", "domestic_only") if given.get(n)]
        problems += [SpecProblem(f"resources.{name}", "needs_cards", {"field": name}) for name in wanted]
    return Resources(
        cards=cards,
        memory_per_card_gib=per_card,
        vendors=tuple(sorted(set(given.get("vendors", ())))),
        stacks=tuple(sorted(set(given.get("stacks", ())))),
        domestic_only=given.get("domestic_only", False),
        cpus=int(given.get("cpus", 1)),
        memory_mib=memory,
        nodes=int(given.get("nodes", 1)),
    )


def _time_limit(given: int | str, problems: list[SpecProblem]) -> int:
    try:
        return read_duration_s(given)
    except BadQuantity as error:
        problems.append(SpecProblem("time_limit", error.code, error.facts))
        return 3600


def _source(given: Mapping[str, str] | None, problems: list[SpecProblem]) -> Source | None:
    if given is None:
        return None
    if "upload" in given and "git" in given:
        problems.append(SpecProblem("source", "source_one_of"))
    if "upload" in given:
        return Source(upload=uuid.UUID(given["upload"]))
    return Source(git=given["git"].strip(), commit=given["commit"].lower())


def _inputs(given: list[Mapping[str, str]], problems: list[SpecProblem]) -> tuple[InputFile, ...]:
    found: dict[str, InputFile] = {}
    for index, item in enumerate(given):
        path = PurePosixPath(item["path"])
        if path.is_absolute() or ".." in path.parts or str(path) == "." or "\\" in item["path"]:
            problems.append(SpecProblem(f"inputs.{index}.path", "path_outside", {"value": shortened(item["path"])}))
        elif str(path) in found:
            problems.append(SpecProblem(f"inputs.{index}.path", "path_twice", {"value": str(path)}))
        else:
            found[str(path)] = InputFile(upload=uuid.UUID(item["upload"]), path=str(path))
    return tuple(found.values())


def _patterns(given: list[str], problems: list[SpecProblem]) -> Iterator[str]:
    for index, pattern in enumerate(given):
        if pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
            problems.append(SpecProblem(f"outputs.{index}", "path_outside", {"value": shortened(pattern)}))
        yield pattern


def _near(given: str | Mapping[str, Any] | None) -> Near | None:
    if given is None:
        return None
    if isinstance(given, str):
        return Near(region=given.strip())
    limit = given.get("max_latency_ms", 0)
    return Near(region=given["region"].strip(), max_latency_us=max(round(limit * 1000), 1) if limit else 0)


def _regions(given: str | list[str]) -> tuple[str, ...]:
    return (given.strip(),) if isinstance(given, str) else tuple(sorted({region.strip() for region in given}))


def _weights(given: Mapping[str, float], problems: list[SpecProblem]) -> Weights:
    default = Weights()
    weights = Weights(
        **{
            name: round(given[name] * 1000) if name in given else getattr(default, name)
            for name in ("price", "start", "latency", "green")
        }
    )
    if not any((weights.price, weights.start, weights.latency, weights.green)):
        problems.append(SpecProblem("weights", "all_zero"))
    return weights


def _voucher(given: str) -> str:
    named = given.strip()
    return named.lower() if named.lower() in {AUTO_VOUCHER, NO_VOUCHER} else named or AUTO_VOUCHER


def _budget(given: float | str | None, problems: list[SpecProblem]) -> int | None:
    if given is None:
        return None
    try:
        micro = yuan_to_micro(given if isinstance(given, str) else Decimal(repr(given)))
    except ValueError:
        problems.append(SpecProblem("budget", "not_money", {"value": shortened(given)}))
        return None
    if micro <= 0:
        problems.append(SpecProblem("budget", "budget_not_positive", {"value": shortened(given)}))
    elif micro > MAX_BUDGET_MICRO:
        problems.append(SpecProblem("budget", "too_large", {"limit": MAX_BUDGET_MICRO // MICRO_PER_YUAN}))
    return micro
