"""Plans over REST: from the file to the evidence, as a program would do it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from qianhang.core.access import Actor
from tests.core.actors import bearer, make_secret

from .test_import import DATA
from .world import World


class Api:
    def __init__(self, actor: Actor) -> None:
        self.client, self.headers = Client(), bearer(make_secret(actor))

    def ask(self, method: str, path: str, body: object = None, status: int = 200):
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(self.client, method)(f"/api/v1{path}", headers=self.headers, **options)
        assert answer.status_code == status, answer.content[:500]
        return answer.json() if "json" in answer["Content-Type"] else answer.content

    def send(self, path: str, name: str, data: bytes):
        file = {"file": SimpleUploadedFile(name, data)}
        answer = self.client.post(f"/api/v1{path}", file, headers=self.headers)
        assert answer.status_code == 201, answer.content[:500]
        return answer.json()


@pytest.fixture
def office(world: World) -> Api:
    return Api(world.official)


@pytest.fixture
def plan(office: Api) -> str:
    made = office.send("/plans", "方案.txt", DATA)["plan_id"]
    ids = [one["id"] for one in office.ask("get", f"/plans/{made}/findings?limit=200")["items"]]
    office.ask("post", f"/plans/{made}/accept", {"ids": ids})
    return made


def test_a_target_goes_from_the_file_to_its_evidence(office, plan):
    board = office.ask("get", f"/plans/{plan}/board")
    target = next(one for one in board["targets"] if one["unit"] == "PFLOPS")
    assert (target["value"], target["comparator"], target["light"]) == ("6000", "gt", "grey")
    best = office.ask("get", f"/plans/{plan}/suggestions")[target["id"]][0]
    assert best["code"] == "compute.fleet_pflops"
    office.ask("post", f"/targets/{target['id']}/binding", {"measure": best["code"]})
    assert best["code"] in office.ask("post", "/observations", {})["new"]
    shown = office.ask("get", f"/targets/{target['id']}")
    assert shown["observations"][0]["counted_unit"] == "PFLOPS"
    assert shown["measure"]["code"] == best["code"]
    assert office.ask("get", f"/targets/{target['id']}/evidence") == []
    assert office.ask("post", f"/targets/{target['id']}/binding", {"measure": "x"}, status=404)["code"] == (
        "unknown_measure"
    )


def test_a_finding_is_edited_added_and_refused_by_field(office, plan):
    one = office.ask("get", f"/plans/{plan}/findings?kind=target")["items"][0]
    where = f"/plans/{plan}/findings/{one['id']}"
    changed = office.ask("patch", where, {"changes": {"value": "7000"}, "note": "更正"})
    assert (changed["state"], changed["content"]["value"], changed["read"]["value"]) == ("edited", "7000", "6000")
    refused = office.ask("patch", where, {"changes": {"value": "many"}}, status=422)
    assert [problem["path"] for problem in refused["errors"]] == ["value"]
    text = office.ask("get", f"/plans/{plan}/text")["text"]
    wish = {"kind": "system", "content": {"name": "存量算力"}, "offset": text.index("存量算力"), "length": 4}
    made = office.ask("post", f"/plans/{plan}/findings", wish, status=201)
    assert made["quotes"] == [{"text": "存量算力", "offset": text.index("存量算力")}]


def test_tasks_evidence_and_reports_over_the_wire(office, plan):
    task = office.ask("get", f"/plans/{plan}/tasks")[-1]
    proof = office.send("/evidence", "证明.pdf", b"%PDF")
    assert office.ask("patch", f"/tasks/{task['id']}", {"state": "under_way"})["task"]["state"] == "under_way"
    report = {"percent": 30, "text": "进展", "evidence_ids": [proof["id"]]}
    office.ask("post", f"/tasks/{task['id']}/reports", report, status=201)
    detail = office.ask("get", f"/tasks/{task['id']}")
    assert (detail["task"]["percent"], detail["reports"][0]["evidence"][0][1]) == (30, "证明.pdf")
    assert office.ask("get", f"/evidence/{proof['id']}") == b"%PDF"
    assert office.ask("patch", f"/tasks/{task['id']}", {"due_on": "2027-01-01"})["task"]["due_on"] == "2027-01-01"
    assert office.ask("patch", f"/tasks/{task['id']}", {"state": "done", "due_on": None})["task"]["due_on"] is None


def test_a_list_of_tasks_is_paged_and_filtered(office, plan):
    first = office.ask("get", f"/tasks?plan_id={plan}&limit=1")
    assert len(first["items"]) == 1
    rest = office.ask("get", f"/tasks?plan_id={plan}&limit=200&cursor={first['next']}")
    everything = office.ask("get", f"/plans/{plan}/tasks")
    assert len(rest["items"]) + 1 == len(everything)
    assert office.ask("get", f"/tasks?plan_id={plan}&state=done")["items"] == []


def test_two_wordings_and_two_plans_are_compared(office, plan):
    office.send(f"/plans?plan_id={plan}", "b.txt", DATA.replace("200家".encode(), "300家".encode()))
    diff = office.ask("get", f"/plans/{plan}/diff")
    assert (diff["before"], diff["after"]) == (1, 2)
    assert [(one["kind"], one["fields"]) for one in diff["changed"]] == [("target", ["value"])]
    other = office.send("/plans", "c.txt", DATA.replace("江东".encode(), "江西".encode()))["plan_id"]
    both = office.ask("get", f"/compare?plan_id={plan}&plan_id={other}")
    assert any(len(row["plans"]) == 2 for row in both["targets"])
    assert {hit["plan_id"] for hit in office.ask("get", "/search?q=算力")} == {plan, other}


def test_the_public_gets_what_is_published_without_signing_in(office, plan):
    board = office.ask("get", f"/plans/{plan}/board")["targets"]
    visitor = Client()
    assert visitor.get(f"/api/v1/public/plans/{plan}").status_code == 404
    office.ask("post", f"/plans/{plan}/publish", {"targets": [board[0]["id"]]})
    shown = visitor.get(f"/api/v1/public/plans/{plan}").json()
    assert [one["id"] for one in shown["targets"]] == [board[0]["id"]]
    assert visitor.get(f"/api/v1/public/plans/{plan}/data.csv")["Content-Type"].startswith("text/csv")
    assert visitor.get(f"/api/v1/public/plans/{plan}/data.json").json()["meta"]["sender"] == {"id": "qianhang"}
    assert visitor.get(f"/api/v1/plans/{plan}").status_code == 401


def test_a_report_of_a_period_is_asked_for_by_its_code(office, plan):
    made = office.ask("get", f"/plans/{plan}/report?period=2026-Q1")
    assert (made["first"], made["last"], len(made["lines"])) == ("2026-01-01", "2026-03-31", 3)
    assert office.ask("get", f"/plans/{plan}/report?period=2026-X", status=422)["code"] == "invalid_input"


def test_what_cannot_be_read_is_a_problem_with_words(office):
    file = {"file": SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + bytes(64))}
    answer = office.client.post("/api/v1/plans", file, headers=office.headers | {"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (422, "document_unreadable")
    assert "PDF" in answer.json()["detail"]
