"""Job specs as text and as form fields."""

import pytest

from qianhang.compute.rules.spec_problems import SpecInvalid
from qianhang.compute.rules.spec_text import read_job_spec_form, read_job_spec_text


def codes(text: str | bytes) -> list[tuple[str, str]]:
    with pytest.raises(SpecInvalid) as refused:
        read_job_spec_text(text)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def test_yaml_and_json_say_the_same():
    yaml = "command: python train.py\nresources: {cpus: 2, memory: 2GiB}\ntime_limit: 10m\n"
    json = '{"command": "python train.py", "resources": {"cpus": 2, "memory": "2GiB"}, "time_limit": 600}'
    assert read_job_spec_text(yaml).spec == read_job_spec_text(json.encode()).spec


def test_a_date_stays_text():
    assert read_job_spec_text("command: x\nname: 2026-11-21").spec.name == "2026-11-21"


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]" for n in range(8)
    )
    assert codes(bomb) == [("", "yaml_alias")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("command: x\ncommand: y", "key_twice"),
        ('{"command": "x", "command": "y"}', "key_twice"),
        ("command: [", "bad_yaml"),
        ('{"command": ', "bad_json"),
        ("{" * 100_000, "bad_json"),
        ("[" * 5_000, "too_deep"),
        ("- x", "not_a_mapping"),
        ("", "not_a_mapping"),
        ("--- {}\n--- {}", "bad_yaml"),
        ("command: !!python/object/apply:os.system [id]", "bad_yaml"),
        ("? [a]\n: b", "bad_yaml"),
        (b"\xff\xfe\x00", "not_utf8"),
        ("# " + "x" * 600_000, "text_too_large"),
        ("command: \x07", "bad_yaml"),
    ],
)
def test_what_is_not_one_plain_document_is_refused(text, code):
    assert [found for _path, found in codes(text)] == [code]


def test_a_form_is_read_like_a_document():
    reading = read_job_spec_form(
        {
            "name": "",
            "command": " python train.py ",
            "resources.cpus": "2",
            "resources.memory": "512",
            "resources.domestic_only": "",
            "time_limit": "10m",
            "outputs": "a/*.txt, b/**\n c",
            "env": "A=1\nB=x=y",
            "secrets": "T=s",
            "network": "on",
            "weights.price": "2.5",
        }
    )
    spec = reading.spec
    assert (spec.command, spec.resources.cpus, spec.resources.memory_mib) == ("python train.py", 2, 512)
    assert (spec.outputs, spec.env, spec.network) == (("a/*.txt", "b/**", "c"), (("A", "1"), ("B", "x=y")), True)
    assert (spec.weights.price, reading.secrets) == (2500, {"T": "s"})


def test_a_number_that_is_none_is_named_in_a_form():
    with pytest.raises(SpecInvalid) as refused:
        read_job_spec_form({"command": "x", "resources.cpus": "two"})
    assert [(p.path, p.code) for p in refused.value.problems] == [("resources.cpus", "not_a_number")]
