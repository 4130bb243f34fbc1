"""Reading job specs: what is taken, what is refused, where, and why."""

import json
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from qianhang.compute.rules import spec_problems
from qianhang.compute.rules.job_spec import (
    InputFile,
    JobSpec,
    Near,
    Resources,
    Source,
    Weights,
    read_job_spec,
    store_job_spec,
    stored_job_spec,
)
from qianhang.compute.rules.spec_problems import SpecInvalid, job_spec_schema, nearest


def problems(document: object) -> list[tuple[str, str]]:
    with pytest.raises(SpecInvalid) as refused:
        read_job_spec(document)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def test_the_schema_is_a_valid_draft_2020_12_schema():
    Draft202012Validator.check_schema(job_spec_schema())
    assert job_spec_schema()["properties"]["version"]["const"] == 1


def test_a_command_alone_is_a_job_with_defaults():
    spec = read_job_spec({"command": "python  train.py"}).spec
    assert spec.argv == ("sh", "-c", "python  train.py")
    assert (spec.name, spec.time_limit_s, spec.retries) == ("python", 3600, 1)
    assert spec.resources == Resources(cards=0, cpus=1, memory_mib=1024, nodes=1)
    assert spec.budget_micro is None


def test_a_list_runs_as_it_is():
    assert read_job_spec({"command": ["python", "a b.py"]}).spec.argv == ("python", "a b.py")


def test_a_full_spec_is_read_field_by_field():
    upload = uuid.uuid4()
    spec = read_job_spec(
        {
            "version": 1,
            "name": "n",
            "command": ["x"],
            "source": {"git": "https://example.org/r.git", "commit": "A" * 40},
            "image": "registry.example/x:1",
            "env": {"B": "2", "A": 1},
            "inputs": [{"upload": str(upload), "path": "./data//x.csv"}],
            "outputs": ["out/*.txt"],
            "resources": {
                "cards": 2, "memory_per_card_gib": 32, "vendors": ["Huawei"], "stacks": ["CANN"],
                "domestic_only": True, "cpus": 4, "memory": "1.5GiB", "nodes": 2,
            },
            "time_limit": "1h30m",
            "priority": 3,
            "preemptible": True,
            "near": {"region": "changchun", "max_latency_ms": 5.5},
            "data_location": "changchun",
            "weights": {"price": 2, "green": 0},
            "budget": "12.34",
            "voucher": "V-1",
            "retries": 0,
            "network": True,
        }
    ).spec  # fmt: skip
    assert spec == JobSpec(
        name="n",
        command=("x",),
        time_limit_s=5400,
        source=Source(git="https://example.org/r.git", commit="a" * 40),
        image="registry.example/x:1",
        env=(("A", "1"), ("B", "2")),
        inputs=(InputFile(upload, "data/x.csv"),),
        outputs=("out/*.txt",),
        resources=Resources(2, 32, ("Huawei",), ("CANN",), True, 4, 1536, 2),
        priority=3,
        preemptible=True,
        near=Near("changchun", 5500),
        data_location=("changchun",),
        weights=Weights(price=2000, start=1000, latency=500, green=0),
        budget_micro=12_340_000,
        voucher="V-1",
        retries=0,
        network=True,
    )
    assert (spec.total_cards, spec.total_cpus, spec.total_memory_mib) == (4, 8, 3072)


def test_an_unknown_field_is_refused_with_the_nearest_valid_name():
    with pytest.raises(SpecInvalid) as refused:
        read_job_spec({"command": "x", "resources": {"gpus": 1}, "time_limt": 5})
    found = [(p.path, p.code, p.facts["nearest"]) for p in refused.value.problems]
    assert found == [
        ("time_limt", "unknown_field", "time_limit"),
        ("resources.gpus", "unknown_field", "cards"),
    ]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"name": "\x1b[2J\u202egnp.exe\n 训练 \x07"}, "[2J gnp.exe 训练"),
        ({"name": "\x1b"}, "echo"),
        ({"command": "echo\x1b]0;x\x07\ta"}, "job"),
        ({"command": ["\x07"]}, "job"),
    ],
)
def test_a_name_holds_nothing_that_a_terminal_would_obey(document, name):
    assert read_job_spec({"command": "echo a"} | document).spec.name == name


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("TOKEN=s3cret /opt/bin/python3.11 train.py --key s3cret", "python3.11"),
        (["/bin/sh", "-c", "curl https://user:s3cret@host"], "sh"),
        ("$(cat s3cret)", "job"),
        ("A=1", "job"),
        ("训练 s3cret", "训练"),
    ],
)
def test_a_job_without_a_name_is_named_after_its_program_alone(command, name):
    assert read_job_spec({"command": command}).spec.name == name


def test_no_more_unknown_fields_are_looked_up_than_are_shown(monkeypatch):
    asked = []
    monkeypatch.setattr(spec_problems, "nearest", lambda name, known: asked.append(name) or "")
    with pytest.raises(SpecInvalid) as refused:
        read_job_spec({"command": "x"} | {f"unknown{number}": 0 for number in range(500)})
    assert (len(refused.value.problems), len(asked)) == (20, 20)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("cmd", "command"), ("comand", "command"), ("Time-Limit", "time_limit"), ("zzzz", ""), ("timeout", "time_limit")],
)
def test_the_nearest_name_is_the_one_that_was_probably_meant(typed, meant):
    assert nearest(typed, sorted(job_spec_schema()["properties"])) == meant


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ([], "", "not_a_mapping"),
        ({}, "command", "missing"),
        ({"command": ""}, "command", "empty"),
        ({"command": "  "}, "command", "empty"),
        ({"command": []}, "command", "empty"),
        ({"command": 5}, "command", "wrong_type"),
        ({"command": "a\x00b"}, "command", "nul_byte"),
        ({"command": "x", "env": {"A": "\ud800"}}, "env.A", "not_text"),
        ({"command": "x", 5: "y"}, "", "key_not_text"),
        ({"command": "x", "version": 2}, "version", "unknown_version"),
        ({"command": "x", "env": {"1A": "x"}}, "env", "bad_variable_name"),
        ({"command": "x", "env": {"A": True}}, "env.A", "wrong_type"),
        ({"command": "x", "env": {"A": "1"}, "secrets": {"A": "2"}}, "secrets.A", "secret_in_env"),
        ({"command": "x", "env": {f"A{n}": "x" * 30_000 for n in range(10)}}, "env", "env_too_large"),
        ({"command": "x", "source": {}}, "source", "empty"),
        ({"command": "x", "source": {"git": "https://a"}}, "source", "git_needs_commit"),
        ({"command": "x", "source": {"git": "https://a", "commit": "abc"}}, "source.commit", "bad_form"),
        ({"command": "x", "source": {"upload": "nonsense"}}, "source.upload", "bad_form"),
        (
            {"command": "x", "source": {"upload": str(uuid.UUID(int=1)), "git": "https://a", "commit": "a" * 40}},
            "source",
            "source_one_of",
        ),
        (
            {"command": "x", "inputs": [{"upload": str(uuid.UUID(int=1)), "path": "../x"}]},
            "inputs.0.path",
            "path_outside",
        ),
        (
            {"command": "x", "inputs": [{"upload": str(uuid.UUID(int=1)), "path": "/x"}]},
            "inputs.0.path",
            "path_outside",
        ),
        ({"command": "x", "outputs": ["../**"]}, "outputs.0", "path_outside"),
        ({"command": "x", "resources": {"cpus": 0}}, "resources.cpus", "too_small"),
        ({"command": "x", "resources": {"cpus": 10**9}}, "resources.cpus", "too_large"),
        ({"command": "x", "resources": {"cpus": "4"}}, "resources.cpus", "wrong_type"),
        ({"command": "x", "resources": {"memory": "2GB"}}, "resources.memory", "bad_memory_unit"),
        ({"command": "x", "resources": {"memory": "99TiB"}}, "resources.memory", "too_large"),
        ({"command": "x", "resources": {"memory": "lots"}}, "resources.memory", "bad_memory"),
        ({"command": "x", "resources": {"vendors": ["Huawei"]}}, "resources.vendors", "needs_cards"),
        ({"command": "x", "time_limit": "1y"}, "time_limit", "bad_duration"),
        ({"command": "x", "time_limit": 0}, "time_limit", "too_small"),
        ({"command": "x", "time_limit": "31d"}, "time_limit", "too_large"),
        ({"command": "x", "priority": 100}, "priority", "too_large"),
        ({"command": "x", "budget": 0}, "budget", "budget_not_positive"),
        ({"command": "x", "budget": -3}, "budget", "budget_not_positive"),
        ({"command": "x", "budget": "a lot"}, "budget", "not_money"),
        ({"command": "x", "budget": "1.0000001"}, "budget", "not_money"),
        ({"command": "x", "budget": 1e300}, "budget", "too_large"),
        ({"command": "x", "budget": float("nan")}, "budget", "not_finite"),
        ({"command": "x", "weights": dict.fromkeys(("price", "start", "latency", "green"), 0)}, "weights", "all_zero"),
        ({"command": "x", "near": {"max_latency_ms": 5}}, "near.region", "missing"),
        ({"command": "x", "env": {"a": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}, "env.a" + ".0" * 11, "too_deep"),
    ],
)
def test_a_bad_field_is_refused_with_its_path_and_a_code(document, path, code):
    assert problems(document) == [(path, code)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [({}, "auto"), ({"voucher": " AUTO "}, "auto"), ({"voucher": "None"}, "none"), ({"voucher": "V-1"}, "V-1")],
)
def test_a_voucher_is_chosen_by_the_platform_unless_it_is_named_or_refused(given, kept):
    assert read_job_spec({"command": "x", **given}).spec.voucher == kept


def test_every_problem_is_reported_at_once_but_not_endlessly():
    assert problems({"command": "", "budget": [], "retries": -1}) == [
        ("budget", "wrong_type"), ("command", "empty"), ("retries", "too_small"),
    ]  # fmt: skip
    assert len(problems({"command": "x", "env": {f"A{n}": None for n in range(100)}})) == 20


def test_secrets_are_read_apart_and_only_their_names_stay_in_the_spec():
    reading = read_job_spec({"command": "x", "secrets": {"TOKEN": "s3cret"}})
    assert reading.secrets == {"TOKEN": "s3cret"}
    assert reading.spec.secret_names == ("TOKEN",)
    assert "s3cret" not in repr(reading)
    stored = store_job_spec(reading.spec)
    assert "s3cret" not in json.dumps(stored)
    assert stored_job_spec(stored) == reading.spec


names = st.text("ABCXYZ_", min_size=1, max_size=8)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=40)
printable = texts.map(lambda text: " ".join("".join(c if c.isprintable() else " " for c in text).split()))
specs = st.builds(
    JobSpec,
    name=printable.filter(bool),
    command=texts.filter(lambda text: text.strip())
    | st.lists(texts, min_size=1).filter(lambda c: c[0].strip()).map(tuple),
    time_limit_s=st.integers(1, 2_592_000),
    env=st.dictionaries(names, texts, max_size=4).map(lambda d: tuple(sorted(d.items()))),
    resources=st.builds(
        Resources,
        cards=st.integers(1, 1024),
        memory_per_card_gib=st.integers(0, 4096),
        vendors=st.frozensets(texts, max_size=3).map(lambda s: tuple(sorted(s))),
        domestic_only=st.booleans(),
        cpus=st.integers(1, 4096),
        memory_mib=st.integers(16, 67_108_864),
        nodes=st.integers(1, 10_000),
    ).map(lambda r: replace(r, vendors=tuple(v[:60] for v in r.vendors))),
    priority=st.integers(-5, 5),
    near=st.none()
    | st.builds(Near, region=st.sampled_from(["changchun", "jilin"]), max_latency_us=st.integers(0, 10**7)),
    weights=st.builds(Weights, price=st.integers(1, 100_000), green=st.integers(0, 100_000)),
    budget_micro=st.none() | st.integers(1, 10**15),
    retries=st.integers(0, 10),
    network=st.booleans(),
)


@given(specs)
def test_a_normalised_spec_reads_back_as_itself(spec):
    document = json.loads(json.dumps(spec.normalised()))
    assert read_job_spec(document).spec == spec
    assert stored_job_spec(document) == spec


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(sorted(job_spec_schema()["properties"])) | st.text(max_size=8), json_values, max_size=6
    )
)
def test_whatever_comes_is_either_read_or_refused_with_reasons(document):
    found: object
    try:
        found = read_job_spec(document).spec
    except SpecInvalid as refused:
        found = refused.problems
    assert isinstance(found, JobSpec) or found
