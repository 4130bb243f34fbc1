"""The one screen in a real browser: nothing covers anything, it updates itself, and it says when it no longer can."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import expect

from qianhang.core.people.models import User
from qianhang.programme.models import Finding, ProgrammeTask, Target
from qianhang.programme.services import accept_findings, bind_target
from tests.portal.conftest import chromium, open_page  # noqa: F401 -- fixtures

from .world import build

pytestmark = [pytest.mark.browser, pytest.mark.slow(seconds=40), pytest.mark.django_db(transaction=True)]

ASK_NOW = "htmx.ajax('GET', '/wall/', {source: '#wall', target: '#wall-live', select: '#wall-live', swap: 'outerHTML'})"
COVERING = """() => {
  const foot = document.querySelector('.wall-foot').getBoundingClientRect().top;
  return [...document.querySelectorAll('.wall-targets *, .wall-side *')]
    .filter((one) => one.getBoundingClientRect().bottom > foot + 1).map((one) => one.outerHTML.slice(0, 80));
}"""

SMALLEST_WORDS = """() => Math.min(...[...document.querySelectorAll('.wall-live :not(.visually-hidden)')]
  .filter((one) => one.innerText?.trim() || one.tagName === 'text')
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""


@pytest.fixture
def official(transactional_db: None) -> User:
    """An official whose plan has one target that is counted and three that are not."""
    world = build()
    with transaction.atomic():
        plan, _document, _changes = world.plan()
    findings = list(Finding.objects.filter(plan=plan).values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=findings)
    # Every state there can be, so that the columns are as long as they get.
    ProgrammeTask.objects.filter(path="二/（一）").update(state="blocked", state_reason="等待验收")
    ProgrammeTask.objects.filter(path="二").update(state="under_way")
    target = Target.objects.get(indicator="服务企业")
    bind_target(actor=world.official, target_id=target.id, measure="compute.users_served")
    return User.objects.get(id=world.official.user_id)


@pytest.mark.parametrize(("width", "height"), [(3840, 1080), (1920, 1080), (1366, 768)])
def test_on_a_wall_everything_fits_without_scrolling(open_page, official, width, height):  # noqa: F811
    page = open_page(reverse("wall"), user=official, language="en", width=width)
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        width,
        height,
    ]
    assert page.evaluate(COVERING) == []


def test_on_a_wall_no_words_are_smaller_than_can_be_read_from_five_metres(open_page, official):  # noqa: F811
    page = open_page(reverse("wall"), user=official, width=1920)
    page.set_viewport_size({"width": 1920, "height": 1080})
    smallest = page.evaluate(SMALLEST_WORDS)
    assert smallest >= 1080 * 0.022


def test_a_phone_shows_one_column_and_axe_finds_nothing(open_page, official):  # noqa: F811
    page = open_page(reverse("wall"), user=official, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_it_brings_itself_up_to_date_and_says_when_it_cannot(open_page, official):  # noqa: F811
    page = open_page(reverse("wall"), user=official, language="en", width=1920)
    page.evaluate("document.getElementById('wall-live').classList.add('is-old')")
    page.evaluate(ASK_NOW)
    expect(page.locator("#wall-live.is-old")).to_have_count(0)
    assert page.inner_text("[data-lost]") == ""
    true_at = page.inner_text(".wall-at b")

    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:sendError'))")
    assert page.inner_text("[data-lost]").startswith("Connection lost.")
    assert true_at in page.inner_text("[data-lost]")

    page.context.clear_cookies()
    page.evaluate(ASK_NOW)
    expect(page.locator("[data-lost]")).to_contain_text("You are signed out")
    assert page.locator(".wall-card").count() == 1


def test_it_prints_on_one_sheet_of_a3(open_page, official):  # noqa: F811
    page = open_page(reverse("wall"), user=official, width=1920)
    sheet = page.pdf(prefer_css_page_size=True)
    assert sheet.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 1191" in sheet or b"/MediaBox [0 0 1190" in sheet
