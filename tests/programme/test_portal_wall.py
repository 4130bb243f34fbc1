"""The one screen: what stands on it, for whom, how often it asks, and that every number opens."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import translation

from qianhang.core.people.models import User
from qianhang.programme.models import Finding, ProgrammeTask, Target
from qianhang.programme.observing import today
from qianhang.programme.portal.wall import apart
from qianhang.programme.portal.wall_chart import BOX, wall_way
from qianhang.programme.portal.wall_words import Amount, amount_of
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.rules.progress import Point
from qianhang.programme.services import accept_findings, bind_target, observe, update_task
from qianhang.programme.services.update_task import TaskChange

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
def plan(world: World):
    plan, _document, _changes = world.plan()
    findings = Finding.objects.filter(plan=plan).values_list("id", flat=True)
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=list(findings))
    return plan


def bind(world: World, indicator: str, measure: str) -> Target:
    target = Target.objects.get(indicator=indicator)
    bind_target(actor=world.official, target_id=target.id, measure=measure)
    return target


def page(client: Client, **headers: str) -> str:
    answer = client.get(reverse("wall"), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_plan_it_says_what_will_stand_there_and_offers_the_first_step(office: Client):
    html = page(office)
    assert reverse("plan_import") in html
    assert "wall-cards" not in html


def test_without_a_source_it_names_every_target_with_number_and_year(world: World, plan, office: Client):
    html = page(office)
    assert 'class="wall-first"' in html
    assert "wall-cards" not in html
    for words in ("智能算力规模", "&gt; 5,000 PFLOPS", "2027"):
        assert words in html


def test_a_target_with_a_source_is_a_trajectory_counted_for_this_very_page(world: World, plan, office: Client):
    target = bind(world, "服务企业", "compute.users_served")
    html = page(office)
    card = re.search(r'<li class="wall-card .*?</li>', html, re.S)[0]
    assert reverse("target", args=[target.id]) in card
    assert 'class="goal"' in card
    assert "200 家" in card
    assert "2027" in card
    # The colour is never alone: a drawing and a word beside it.
    assert re.search(r'wall-card-light"><span class="light"><svg.*?</svg></span> \S+', card, re.S)


def test_every_number_opens_to_a_page_that_exists(world: World, plan, office: Client):
    bind(world, "服务企业", "compute.users_served")
    html = page(office)
    addresses = set(re.findall(r'<a[^>]* href="(/[^"]*)" id="[nlbt]-', html))
    assert len(addresses) > 15
    for address in addresses:
        resolve(address.partition("?")[0])
    assert office.get(reverse("measure", args=["compute.jobs_finished"])).status_code == 200


def test_no_more_than_seven_numbers_are_large(world: World, plan, office: Client):
    bind(world, "服务企业", "compute.users_served")
    assert 3 <= page(office).count('class="wall-number') <= 7


def test_alerts_stand_at_the_foot_with_their_day(world: World, plan, office: Client):
    task = ProgrammeTask.objects.get(path="二/（一）")
    late = today() - timedelta(days=3)
    update_task(actor=world.official, task_id=task.id, change=TaskChange(fields={"due_on": late}))
    html = page(office)
    alert = re.search(r'<ol class="wall-alerts">.*?</ol>', html, re.S)[0]
    assert task.title in alert
    assert late.isoformat() in alert
    assert reverse("programme_task", args=[task.id]) in alert


def test_it_asks_for_itself_and_works_without_scripts(world: World, plan, office: Client):
    html = page(office)
    assert 'hx-get="/wall/" hx-trigger="every 10s" hx-select="#wall-live"' in html
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in html
    assert re.search(r'class="wall-at".*?<time datetime="\d{4}-\d\d-\d\dT', html, re.S)
    assert "data-reload" in html
    assert "style=" not in html


def test_it_is_dark_unless_the_person_chose_light(world: World, plan, office: Client, settings):
    assert 'data-theme="dark"' in page(office)
    office.cookies[settings.THEME_COOKIE_NAME] = "light"
    assert 'data-theme="light"' in page(office)


def test_a_department_sees_its_own_part_and_no_number_that_does_not_feed_it(world: World, plan):
    bind(world, "服务企业", "compute.users_served")
    own = bind(world, "智能算力规模", "compute.fleet_pflops")
    own.owner = world.data
    own.save(update_fields=["owner"])
    html = page(client_of(world.department))
    assert "智能算力规模" in html
    assert "服务企业" not in html
    assert 'id="n-compute-fleet_pflops"' in html
    assert 'id="n-compute-jobs_finished"' not in html
    assert 'id="n-running"' not in html


def test_a_firm_is_refused(world: World, plan):
    assert client_of(world.stranger).get(reverse("wall")).status_code == 403


def test_the_questions_to_the_database_do_not_grow_with_the_targets(
    world: World, plan, office: Client, django_assert_max_num_queries
):
    for indicator, measure in (("服务企业", "compute.users_served"), ("智能算力规模", "compute.fleet_pflops")):
        bind(world, indicator, measure)
    observe(actor=world.official)
    page(office)
    with django_assert_max_num_queries(60):
        page(office)


# Parts -----------------------------------------------------------------------------------------------------------


def test_what_needs_attention_comes_first_and_what_has_no_source_apart(world: World, plan):
    bind(world, "服务企业", "compute.users_served")
    bind(world, "智能算力规模", "compute.fleet_pflops")
    views = scoreboard(actor=world.official, plan_id=plan.id, live=True).targets
    fed, unfed = apart(views)
    assert {one.indicator for one in fed} == {"服务企业", "智能算力规模"}
    assert [one.indicator for one in unfed] == [one.indicator for one in views if one.binding is None]


def test_a_way_stays_in_its_box_and_names_its_goal_where_there_is_room(world: World, plan):
    bind(world, "服务企业", "compute.users_served")
    observe(actor=world.official)
    views = {one.indicator: one for one in scoreboard(actor=world.official, plan_id=plan.id, live=True).targets}
    way = wall_way(views["服务企业"], today())
    assert way.last == (BOX[0], BOX[3])
    assert way.goal_y == BOX[1]
    assert way.is_goal_high
    assert way.deadline_x == BOX[2]
    empty = wall_way(views["产业规模"], date(2026, 11, 21))
    assert (empty.observed, empty.path, empty.last) == ("", "", None)


@pytest.mark.parametrize(
    ("value", "unit", "language", "shown"),
    [
        ("0", "PFLOPS", "zh-hans", Amount("0", "PFLOPS")),
        ("12.3456", "PFLOPS", "zh-hans", Amount("12.35", "PFLOPS")),
        ("0.012346", "PFLOPS", "zh-hans", Amount("0.01235", "PFLOPS")),
        ("99999", "个", "zh-hans", Amount("99,999", "个")),
        ("1234567.89", "元", "zh-hans", Amount("123.5", "万元")),
        ("400000000000", "元", "zh-hans", Amount("4,000", "亿元")),
        ("1234567.89", "元", "en", Amount("1.235", "M 元")),
        ("2000", "元", "en", Amount("2,000", "元")),
        ("0.97", "元", "zh-hans", Amount("0.97", "元")),
        ("65.5", "%", "zh-hans", Amount("65.5", "%")),
    ],
)
def test_a_number_on_the_wall_is_short_and_never_wrong(value, unit, language, shown):
    with translation.override(language):
        assert amount_of(Decimal(value), unit) == shown


def test_the_words_of_the_goal_make_way_for_the_latest_value(world: World, plan):
    bind(world, "服务企业", "compute.users_served")
    observe(actor=world.official)
    view = next(one for one in scoreboard(actor=world.official, plan_id=plan.id).targets if one.binding is not None)
    assert wall_way(view, today()).goal_words_x == 0
    near = replace(view, points=(Point(view.points[0].day, view.value),))
    assert wall_way(near, today()).goal_words_x > wall_way(near, today()).last[0]
