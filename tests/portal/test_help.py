"""What the help page tells a newcomer to type is what the product takes."""

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from qianhang.compute.cli import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def examples(client: Client) -> list[str]:
    client.cookies["qianhang_language"] = "en"
    page = client.get(reverse("help")).content.decode()
    return [html.unescape(code) for code in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)]


def test_the_request_on_the_help_page_is_a_valid_job(client: Client, examples: list[str]) -> None:
    body = next(code for code in examples if code.startswith("curl")).split("-d '")[1].rsplit("'", 1)[0]
    schema = client.get("/api/v1/job-spec/schema").json()
    assert list(Draft202012Validator(schema).iter_errors(json.loads(body))) == []


def test_every_option_of_the_commands_on_the_help_page_exists(examples: list[str]) -> None:
    commands = next(code for code in examples if code.startswith("qianhang login")).splitlines()
    assert len(commands) == 4
    for line in commands[1:]:
        _qianhang, name, *rest = line.split()
        shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert shown.exit_code == 0, line
        for option in (word for word in rest if word.startswith("-")):
            assert re.search(rf"(^|\s){re.escape(option)}(\s|$|,)", shown.output), (line, option)
