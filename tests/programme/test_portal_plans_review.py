"""The review page: what it shows, and that every decision works without JavaScript."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.core.access import Role
from qianhang.core.clock import new_id
from qianhang.core.people.models import User
from qianhang.programme.models import Finding, FindingOrigin, FindingState, Plan, Target
from qianhang.programme.services import accept_findings
from qianhang.programme.taking import open_plan, take_document

from .world import PFLOPS, READING, TEXT, World, changed, document, person

pytestmark = pytest.mark.django_db


def client_of(actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id))
    client.cookies["qianhang_language"] = "en"
    return client


@pytest.fixture
def plan(world: World) -> Plan:
    return world.plan()[0]


@pytest.fixture
def office(world: World) -> Client:
    return client_of(world.official)


def page(client: Client, plan: Plan, query: str = "") -> str:
    return client.get(reverse("plan_review", args=[plan.id]) + query).content.decode()


def finding(plan: Plan, words: str) -> Finding:
    return next(one for one in Finding.objects.filter(plan=plan) if words in str(one.content))


def numbers(html: str) -> list[int]:
    """The findings at the right, in order."""
    return [int(number) for number in re.findall(r'<li class="finding [^"]*" id="f(\d+)"', html)]


def decide(client: Client, plan: Plan, **data):
    headers = data.pop("headers", {})
    return client.post(reverse("plan_decide", args=[plan.id]), data, headers=headers)


def test_the_review_shows_the_very_document_with_every_finding_marked_and_linked(office, plan):
    html = page(office, plan)
    shown = re.search(r'data-document lang="zh">(.*?)</div>', html, re.S)[1]
    assert unescape(re.sub(r"<[^>]+>", "", shown)) == TEXT
    count = Finding.objects.filter(plan=plan).count()
    assert sorted(numbers(html)) == list(range(1, count + 1))
    for number in range(1, count + 1):
        assert f'id="q{number}" href="#f{number}"' in html
        assert f'href="#q{number}"' in html


def test_filters_narrow_both_sides_and_counts_say_what_is_left(office, plan):
    html = page(office, plan, "?kind=target")
    assert len(numbers(html)) == 4
    assert set(re.findall(r'<mark class="k-(\w+)"', html)) == {"target"}
    decide(office, plan, accept=finding(plan, "PFLOPS").id)
    assert len(numbers(page(office, plan, "?kind=target&state=open"))) == 3
    assert "findings left to review" in page(office, plan)
    assert numbers(page(office, plan, "?sort=doubt"))[0] == next(
        number
        for number, one in enumerate(Finding.objects.filter(plan=plan), start=1)
        if one.kind == "milestone"  # the least certain of all
    )


def test_accepting_makes_it_live_and_comes_back_to_the_next_open_one_of_its_kind(office, plan):
    one = finding(plan, "PFLOPS")
    response = decide(office, plan, accept=one.id, back="kind=target")
    number = list(Finding.objects.filter(plan=plan)).index(one) + 1
    assert response["Location"] == f"{reverse('plan_review', args=[plan.id])}?kind=target#f{number + 1}"
    assert Target.objects.get(finding=one).indicator == "智能算力规模"


def test_htmx_gets_the_changed_card_and_the_counts_alone(office, plan):
    one = finding(plan, "PFLOPS")
    response = decide(office, plan, reject=one.id, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert (response.status_code, len(numbers(html)), html.count('hx-swap-oob="true"')) == (200, 1, 2)
    assert "is-rejected" in html
    assert 'id="left"' in html


def test_accepting_the_sure_ones_leaves_doubtful_ones_and_what_a_model_proposes(office, plan):
    rows = Finding.objects.filter(plan=plan)
    proposal = finding(plan, "400")
    Finding.objects.filter(id=proposal.id).update(origin=FindingOrigin.MODEL, confidence=1)
    decide(office, plan, do="accept_sure", above="0.85", back="")
    left = rows.filter(state=FindingState.PROPOSED)
    assert {one.kind for one in left.exclude(id=proposal.id)} == {"milestone"}
    assert left.filter(id=proposal.id).exists()
    html = page(office, plan, "?state=proposals")
    assert len(numbers(html)) == 1
    assert "Proposal of a model" in html


@pytest.mark.parametrize("data", [{"accept": True}, {"do": "accept_sure", "above": "0.5"}])
def test_what_cannot_be_kept_as_it_stands_is_said_at_its_place_and_nothing_is_accepted(office, plan, data):
    one = finding(plan, "PFLOPS")
    one.content["value"] = "9" * 40
    one.save(update_fields=["content"])
    if "accept" in data:
        data = {"accept": one.id}
    response = decide(office, plan, **data, back="kind=target")
    assert "#f" in response["Location"]
    assert "This cannot be accepted as it stands. This must be a number" in page(office, plan)
    assert not Finding.objects.exclude(state=FindingState.PROPOSED).exists()
    refused = decide(office, plan, **data, headers={"HX-Request": "true"})
    assert refused.status_code == 422


@pytest.mark.parametrize("above", ["", "nine", "2", "NaN"])
def test_a_confidence_that_is_none_accepts_nothing(office, plan, above):
    response = decide(office, plan, do="accept_sure", above=above)
    assert response.status_code == 302
    assert not Finding.objects.filter(plan=plan).exclude(state=FindingState.PROPOSED).exists()


def test_the_edit_form_stands_in_the_place_of_its_finding_with_all_fields(office, plan):
    one = finding(plan, "PFLOPS")
    html = page(office, plan, f"?edit={one.id}")
    assert html.count('class="finding is-editing') == 1
    assert 'name="edit-indicator" value="智能算力规模"' in html
    assert 'name="edit-deadline" value="2027-12-31"' in html
    assert '<option value="gt" selected>' in html


FIELDS = {
    "edit-indicator": "智能算力规模", "edit-comparator": "gte", "edit-value": "6,000", "edit-value_max": "",
    "edit-unit": "PFLOPS", "edit-deadline": "2028-12-31", "edit-period": "", "edit-scope": "", "edit-section": "一",
    "edit-note": "", "edit-note_of_review": "按更正",
}  # fmt: skip


def test_an_edit_is_kept_beside_what_was_read_and_survives_the_next_wording(office, world):
    plan, *_ = world.plan()
    one = finding(plan, "PFLOPS")
    response = office.post(reverse("plan_edit", args=[plan.id, one.id]), FIELDS)
    assert response.status_code == 302
    target = Target.objects.get(finding=one)
    assert (target.value, target.canonical_value, str(target.deadline)) == (6000, 6 * 10**18, "2028-12-31")
    html = page(office, plan)
    assert "Read as" in html
    assert "&gt; 5,000 PFLOPS" in html
    assert "kept from before" not in html
    take_document(world.official, plan, document(changed(original=TEXT + "附则。\n"), sha256="b" * 64))
    html = page(office, plan)
    assert "≥ 6,000 PFLOPS" in html
    assert "kept from before" in html


def test_what_is_wrong_with_an_edit_is_said_at_its_field_and_the_input_stays(office, plan):
    one = finding(plan, "PFLOPS")
    wrong = {**FIELDS, "edit-value": "12,50", "edit-scope": "省内"}
    response = office.post(reverse("plan_edit", args=[plan.id, one.id]), wrong)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_edit-value"' in html
    assert "This must be a number" in html
    assert 'value="12,50"' in html
    assert 'value="省内"' in html
    assert not Target.objects.exists()


def test_selected_words_become_a_finding_with_their_quote(office, plan):
    at = TEXT.index("服务企业达到200家")
    html = page(office, plan, f"?add=system&at={at}&length=4")
    assert '<mark class="k-selected"' in html
    assert 'name="new-name" value="服务企业"' in html
    data = {"kind": "system", "new-name": "服务企业", "new-room": "outside", "new-quoted": "服务企业", "new-near": at}
    assert office.post(reverse("plan_add", args=[plan.id]), data).status_code == 302
    added = Finding.objects.get(plan=plan, origin=FindingOrigin.PERSON)
    assert (added.state, added.quotes) == (FindingState.ADDED, [{"text": "服务企业", "offset": at}])


def test_a_quote_that_is_not_in_the_document_is_refused_and_nothing_is_added(office, plan):
    before = Finding.objects.count()
    data = {"kind": "system", "new-name": "某平台", "new-room": "outside", "new-quoted": "文中没有的话"}
    response = office.post(reverse("plan_add", args=[plan.id]), data)
    assert response.status_code == 422
    assert "These words are not in the document" in response.content.decode()
    assert Finding.objects.count() == before


def test_what_the_newest_wording_lost_comes_last_without_a_place(office, world):
    plan, *_ = world.plan()
    take_document(world.official, plan, document(changed(targets=READING.targets[1:]), sha256="b" * 64))
    html = page(office, plan, "?state=gone")
    (number,) = numbers(html)
    assert number == Finding.objects.filter(plan=plan).count()
    assert f'id="q{number}"' not in html
    assert "no longer in the text" in html
    assert PFLOPS.indicator in html


def test_who_may_only_read_sees_the_review_without_buttons(world, plan):
    html = page(client_of(person(world.office, Role.VIEWER)), plan)
    assert numbers(html)
    assert 'name="accept"' not in html
    assert "?add=" not in html


def test_a_hundred_kilobytes_with_hundreds_of_findings_take_no_more_queries_than_a_few(office, world):
    plan, read, _changes = world.plan(changed(original=TEXT * 150))
    with CaptureQueriesContext(connection) as few:
        page(office, plan)
    model = finding(plan, "PFLOPS")
    copies = []
    for place in range(1000):
        quote = {"text": READING.targets[0].quotes[0].text, "offset": READING.targets[0].quotes[0].offset}
        quote["offset"] += len(TEXT) * (place % 150)
        copies.append(
            Finding(
                id=new_id(),
                plan=plan,
                document=read,
                kind="target",
                key=str(place),
                content=model.content,
                quotes=[quote],
                position=quote["offset"],
                rule="test",
                confidence="0.9",
            )
        )
    Finding.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as many:
        html = page(office, plan)
    assert len(many) == len(few)
    assert len(numbers(html)) == Finding.objects.filter(plan=plan).count() > 1000
    assert 'id="f1001"' in html


def test_a_decision_on_an_accepted_finding_of_another_plan_is_refused(office, world, plan):
    other = take_another(world)
    foreign = Finding.objects.filter(plan=other)[0]
    accept_findings(actor=world.official, plan_id=other.id, finding_ids=[foreign.id])
    assert decide(office, plan, reject=foreign.id).status_code == 409
    foreign.refresh_from_db()
    assert foreign.state == FindingState.ACCEPTED


def take_another(world: World) -> Plan:
    read = document(sha256="c" * 64)
    other = open_plan(world.office, read, is_demo=False)
    take_document(world.official, other, read)
    return other


def test_a_model_is_asked_only_where_one_is_configured_and_its_silence_is_told(office, plan, settings):
    assert 'value="propose"' not in page(office, plan)
    response = decide(office, plan, do="propose")
    assert response.status_code == 302
    assert "No model" in page(office, plan)
    settings.PROPOSER_URL, settings.PROPOSER_MODEL = "http://127.0.0.1:9/v1", "none"
    assert 'value="propose"' in page(office, plan)
    decide(office, plan, do="propose")
    assert 'class="notice tone-bad"' in page(office, plan)
