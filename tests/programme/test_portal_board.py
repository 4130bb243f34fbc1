"""The scoreboard and the page of a target: what they show, how they narrow, what a binding changes."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.core.people.models import User
from qianhang.programme.models import Binding, Finding, Plan, Target
from qianhang.programme.models.series import Source, series_name
from qianhang.programme.observing import keep, today
from qianhang.programme.queries.target import target_detail
from qianhang.programme.services import accept_findings, bind_target, open_manual_series

from .world import World

pytestmark = pytest.mark.django_db


def client_of(actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id))
    return client


@pytest.fixture
def office(world: World) -> Client:
    return client_of(world.official)


@pytest.fixture
def plan(world: World) -> Plan:
    plan, _document, _changes = world.plan()
    ids = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=ids)
    return plan


def fed(world: World, target: Target, *values: str) -> None:
    """Feeds a target from a manual series with one value a month, the last of them today."""
    series = open_manual_series(actor=world.official, name=target.indicator, unit=target.unit)
    bind_target(actor=world.official, target_id=target.id, manual_id=series.id)
    for place, value in enumerate(reversed(values)):
        day = today() - timedelta(days=30 * place)
        keep(series_name(Source.MANUAL, str(series.id)), day, Decimal(value), unit=target.unit, reference="test")


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def indicators(html: str) -> list[str]:
    return re.findall(r'<a class="row-link" href="/targets/[^"]+">([^<]+)</a>', html)


def test_the_board_shows_every_target_with_value_light_and_the_rule_in_words(world: World, plan: Plan, office: Client):
    fed(world, Target.objects.get(indicator="智能算力规模"), "1000", "3000", "5200")
    html = page(office, "plan_board", plan.id)
    assert indicators(html) == ["智能算力规模", "数据中心PUE", "服务企业", "产业规模"]
    row = html[html.index("智能算力规模</a>") : html.index("数据中心PUE</a>")]
    assert "&gt; 5,000 PFLOPS" in row
    assert "<strong>5,200</strong>" in row
    assert "数值已达到目标要求。" in row
    assert 'class="observed"' in row
    assert "力争" in html[html.index("产业规模</a>") :]


def test_the_board_narrows_by_light_year_source_and_words_and_sorts(world: World, plan: Plan, office: Client):
    fed(world, Target.objects.get(indicator="智能算力规模"), "1000", "5200")
    assert indicators(page(office, "plan_board", plan.id, light="green")) == ["智能算力规模"]
    assert indicators(page(office, "plan_board", plan.id, fed="yes")) == ["智能算力规模"]
    assert indicators(page(office, "plan_board", plan.id, fed="no")) == ["数据中心PUE", "服务企业", "产业规模"]
    assert indicators(page(office, "plan_board", plan.id, q="pue")) == ["数据中心PUE"]
    assert indicators(page(office, "plan_board", plan.id, year="2031")) == []
    assert indicators(page(office, "plan_board", plan.id, sort="light"))[-1] == "智能算力规模"
    assert indicators(page(office, "plan_board", plan.id, sort="progress"))[-1] == "智能算力规模"


def test_what_is_narrowed_is_what_is_downloaded(world: World, plan: Plan, office: Client):
    fed(world, Target.objects.get(indicator="智能算力规模"), "1000", "5200")
    address = reverse("plan_board", args=[plan.id])
    csv = office.get(address, {"export": "csv", "fed": "yes"}).content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[11] for line in csv] == ["value", "1000", "5200"]
    data = json.loads(office.get(address, {"export": "sdmx"}).content)
    assert [series["observations"] for series in data["data"]["dataSets"][0]["series"].values()] == [
        {"0": [1000], "1": [5200]}
    ]


def test_an_empty_board_leads_to_the_review(world: World, office: Client):
    plan, _document, _changes = world.plan()
    assert reverse("plan_review", args=[plan.id]) in page(office, "plan_board", plan.id)


def test_a_department_sees_the_targets_of_its_tasks_alone(world: World, plan: Plan):
    html = page(client_of(world.department), "plan_board", plan.id)
    assert indicators(html) == ["产业规模"]


def test_more_targets_ask_no_more_questions(world: World, plan: Plan, office: Client):
    address = reverse("plan_board", args=[plan.id])
    office.get(address)
    for target in Target.objects.filter(plan=plan)[:1]:
        fed(world, target, "1", "2", "3", "4")
    office.get(address)
    with CaptureQueriesContext(connection) as few:
        office.get(address)
    for target in Target.objects.filter(plan=plan)[1:]:
        fed(world, target, "1", "2", "3", "4")
    office.get(address)
    with CaptureQueriesContext(connection) as many:
        office.get(address)
    assert len(many) == len(few) <= 18


def test_the_chart_of_a_target_says_its_message_and_has_its_numbers_in_a_table(
    world: World, plan: Plan, office: Client
):
    target = Target.objects.get(indicator="智能算力规模")
    fed(world, target, "1000", "2000", "3000")
    html = page(office, "target", target.id)
    assert "<figcaption>智能算力规模现为 3,000 PFLOPS，按目前速度可如期达到 &gt; 5,000 PFLOPS</figcaption>" in html
    assert 'class="band"' in html
    assert 'class="deadline"' in html
    # Each observation, the target at its deadline, and the forecast for that day.
    chart = html[html.index("<figure") : html.index("</figure>")]
    assert re.findall(r'<th scope="row" class="nowrap">([^<]+)</th>', chart)[-2:] == ["2027-12-31", "2027-12-31"]


def test_a_target_links_to_its_words_in_the_document(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="数据中心PUE")
    html = page(office, "target", target.id)
    number = re.search(rf'href="{reverse("plan_review", args=[plan.id])}#q(\d+)"', html)[1]
    review = page(office, "plan_review", plan.id)
    card = review[review.index(f'id="f{number}"') :]
    assert "数据中心PUE" in card[: card.index("</article>") if "</article>" in card else 2000]


def test_binding_to_a_suggested_measure_counts_it_at_once(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="智能算力规模")
    assert 'value="measure:compute.fleet_pflops"' in page(office, "target", target.id)
    answer = office.post(reverse("target_bind", args=[target.id]), {"source": "measure:compute.fleet_pflops"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("target", args=[target.id]))
    assert Binding.objects.get(target=target).measure == "compute.fleet_pflops"
    html = page(office, "target", target.id)
    assert reverse("measure", args=["compute.fleet_pflops"]) in html
    assert f"{today()}" in html


def test_the_office_counts_again_without_waiting_for_the_night(world: World, plan: Plan, office: Client):
    address = reverse("plan_count", args=[plan.id])
    assert "还没有" in office.post(address, follow=True).content.decode()
    target = Target.objects.get(indicator="服务企业")
    office.post(
        reverse("target_bind", args=[target.id]), {"source": "another", "another": "measure:compute.users_served"}
    )
    series = Binding.objects.get(target=target).series
    keep(series, today(), Decimal(7), unit="家", reference="older count")
    assert office.post(address).status_code == 302
    assert target_detail(actor=world.official, target_id=target.id).target.latest.value == 0


def test_units_that_differ_are_refused_in_words_and_what_was_chosen_stays(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="数据中心PUE")
    sent = {"source": "another", "another": "measure:compute.jobs_finished"}
    answer = office.post(reverse("target_bind", args=[target.id]), sent)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "data-focus" in html
    assert re.search(r'<option value="measure:compute.jobs_finished"\s+selected', html)
    assert not Binding.objects.exists()


def test_taking_a_source_away_needs_a_reason_and_keeps_what_was_observed(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="智能算力规模")
    fed(world, target, "1000", "2000")
    address = reverse("target_unbind", args=[target.id])
    assert office.post(address, {"reason": ""}).status_code == 422
    assert Binding.objects.get(target=target).ended_at is None
    assert office.post(address, {"reason": "换口径"}).status_code == 302
    assert Binding.objects.get(target=target).ended_at is not None


def test_a_stage_bends_the_path_and_a_late_one_is_refused(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="智能算力规模")
    address = reverse("target_stage", args=[target.id])
    assert office.post(address, {"deadline": "2028-01-01", "value": "1"}).status_code == 422
    assert office.post(address, {"deadline": "2027-06-30", "value": "2500"}).status_code == 302
    assert "2027-06-30" in page(office, "target", target.id)


def test_owner_and_baseline_are_changed_on_the_page(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="智能算力规模")
    sent = {"owner_id": str(world.data.id), "baseline": "300", "baseline_on": "2025-12-31"}
    assert office.post(reverse("target_edit", args=[target.id]), sent).status_code == 302
    target.refresh_from_db()
    assert (target.owner_id, target.baseline, target.baseline_on) == (world.data.id, 300, date(2025, 12, 31))
    assert indicators(page(office, "plan_board", plan.id, owner=str(world.data.id))) == ["智能算力规模"]


def test_a_restated_value_keeps_the_old_one_in_sight(world: World, plan: Plan, office: Client):
    target = Target.objects.get(indicator="智能算力规模")
    fed(world, target, "1000")
    series = Binding.objects.get(target=target).series
    keep(series, today(), Decimal(900), unit="PFLOPS", reference="corrected")
    html = page(office, "target", target.id)
    rows = html[html.index('id="observations"') :]
    assert rows.index(">900<") < rows.index('class="is-restated"') < rows.index(">1,000<")


@pytest.mark.parametrize("name", ["target_bind", "target_unbind", "target_edit", "target_stage"])
def test_only_the_office_changes_a_target(world: World, plan: Plan, name: str):
    target = Target.objects.get(indicator="产业规模")
    answer = client_of(world.department).post(reverse(name, args=[target.id]), {"reason": "x"})
    assert answer.status_code == 403
