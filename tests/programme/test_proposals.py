"""A model may propose; it is asked through the safe client, its words are checked, and nothing enters unreviewed."""

import contextlib
import importlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.core.errors import Forbidden
from qianhang.core.outgoing import AddressRefused, OutgoingClient
from qianhang.programme.connectors.openai_compatible import OpenAiCompatible, read_answer
from qianhang.programme.errors import NoProposer, ProposerSilent
from qianhang.programme.models import Finding, Target
from qianhang.programme.ports import Proposal, ProposerFailed
from qianhang.programme.rules.proposals import stretches_of
from qianhang.programme.services import accept_findings, propose_findings
from qianhang.programme.taking import take_document

from .world import document

# The package names its function like the module.
propose_module = importlib.import_module("qianhang.programme.services.propose_findings")

TARGET = {"indicator": "接入算力", "comparator": "gte", "value": "3", "unit": "家"}
GOOD = {"kind": "target", "quote": "接入存量算力", "content": TARGET}
BAD = [
    {"kind": "target", "quote": "这句话不在文中", "content": TARGET},
    {"kind": "target", "quote": "接入存量算力", "content": {**TARGET, "value": "很多"}},
    {"kind": "target", "quote": "接入存量算力", "content": {**TARGET, "indicator": "a\x00b"}},
    {"kind": "target", "quote": "接入存量算力", "content": {**TARGET, "indicator": "a\ud800b"}},
    {"kind": "task", "quote": "接入存量算力", "content": {}},
    {
        "kind": "system",
        "quote": "省算力统筹调度公共服务平台",
        "content": {"name": "省算力统筹调度公共服务平台", "named": True},
    },
    "nonsense",
]


class Model(BaseHTTPRequestHandler):
    said: str = json.dumps({"findings": [GOOD, GOOD, *BAD]}, ensure_ascii=False)
    asked: list[dict] = []
    keys: list[str | None] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(json.loads(body))
        self.keys.append(self.headers.get("Authorization"))
        answer = json.dumps({"choices": [{"message": {"content": self.said}}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: object) -> None:
        """Quiet."""


@pytest.fixture
def model(settings):
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    handler = type("Here", (Model,), {"asked": [], "keys": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    port = server.server_address[1]
    with OutgoingClient(ports={port}, verify=ssl.create_default_context()) as client:
        yield OpenAiCompatible(url=f"http://127.0.0.1:{port}/v1", model="test", key="k", client=client), handler
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_proposal_waits_for_review_and_only_what_the_text_says_is_kept(world, model):
    plan, *_rest = world.plan()
    connector, handler = model
    # The system is there already, the rest is not in the text or not well-formed.
    assert propose_findings(actor=world.official, plan_id=plan.id, by=connector) == 1
    assert propose_findings(actor=world.official, plan_id=plan.id, by=connector) == 0
    one = Finding.objects.get(origin="model")
    assert (one.state, one.rule, one.quotes[0]["text"]) == ("proposed", "model:test", "接入存量算力")
    assert not Target.objects.exists()
    assert (handler.asked[0]["model"], handler.keys[0]) == ("test", "Bearer k")
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=[one.id])
    assert Target.objects.get().indicator == "接入算力"


def test_a_proposal_survives_a_re_import_as_a_proposal(world, model):
    plan, *_rest = world.plan()
    propose_findings(actor=world.official, plan_id=plan.id, by=model[0])
    take_document(world.official, plan, document(sha256="c" * 64))
    one = Finding.objects.get(origin="model")
    assert (one.state, one.is_gone) == ("proposed", False)


def test_a_model_that_says_something_else_changes_nothing(world, model):
    plan, *_rest = world.plan()
    connector, handler = model
    handler.said = "I am a teapot"
    with pytest.raises(ProposerSilent):
        propose_findings(actor=world.official, plan_id=plan.id, by=connector)
    assert not Finding.objects.filter(origin="model").exists()


def test_it_is_off_by_default_and_the_offices_alone(world, settings):
    plan, *_rest = world.plan()
    with pytest.raises(NoProposer):
        propose_findings(actor=world.official, plan_id=plan.id)
    with pytest.raises(Forbidden):
        propose_findings(actor=world.department, plan_id=plan.id)
    settings.PROPOSER_URL, settings.PROPOSER_MODEL = "http://127.0.0.1:8080/v1", "test"
    with pytest.raises(AddressRefused):
        propose_findings(actor=world.official, plan_id=plan.id)


@given(st.one_of(st.binary(max_size=50), st.recursive(st.none() | st.text(max_size=5), st.lists).map(
    lambda value: json.dumps({"choices": [{"message": {"content": json.dumps({"findings": value})}}]}).encode()
)))  # fmt: skip
def test_whatever_a_model_answers_it_is_read_or_refused(body):
    with contextlib.suppress(ProposerFailed):
        assert all(isinstance(one.quote, str) for one in read_answer(body))


@given(st.text(alphabet="一二\n", max_size=200), st.integers(2, 30))
def test_a_text_is_cut_without_losing_anything_but_blanks(text, size):
    pieces = stretches_of(text, size)
    assert "".join(pieces).split() == text.split() or "".join("".join(pieces).split()) == "".join(text.split())
    assert all(len(piece) <= size for piece in pieces)


def test_a_slow_model_is_not_asked_on_and_on(world, monkeypatch):
    asked: list[str] = []

    class Slow:
        name = "slow"

        def propose(self, text: str) -> list[Proposal]:
            asked.append(text)
            return []

    plan, *_rest = world.plan()
    monkeypatch.setattr(propose_module, "stretches_of", lambda _text: ["一", "二", "三"])
    assert propose_findings(actor=world.official, plan_id=plan.id, by=Slow()) == 0
    assert asked == ["一", "二", "三"]
    monkeypatch.setattr(propose_module, "MOST_SECONDS", -1.0)
    propose_findings(actor=world.official, plan_id=plan.id, by=Slow())
    assert asked[3:] == ["一"]
