import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(client: Client) -> dict:
    return client.get("/api/v1/openapi.json").json()


def test_the_document_is_openapi_3_1_and_every_operation_has_a_name_of_its_own(document):
    assert document["openapi"].startswith("3.1")
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_every_operation_names_the_problem_and_every_post_the_idempotency_key(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}, path
            headers = [p["name"] for p in operation["parameters"] if p["in"] == "header"]
            assert ("Idempotency-Key" in headers) == (method == "post"), path


def test_every_operation_says_how_to_sign_in_but_the_open_ones(document):
    is_open = {path for path, methods in document["paths"].items() for o in methods.values() if "security" not in o}
    published = {path for path in is_open if path.startswith("/api/v1/public/")}
    assert is_open - published == {"/api/v1/audit/head", "/api/v1/job-spec/schema"}
    assert len(published) == 4


def test_the_browsable_documentation_needs_no_other_server_and_no_inline_script(client):
    response = client.get("/api/v1/docs")
    page = response.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith("/static/") for source in sources), sources
    assert all(finders.find(source.removeprefix("/static/")) for source in sources)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert "script-src 'self'" in response["Content-Security-Policy"]
