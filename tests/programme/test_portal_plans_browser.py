"""The review and the comparison in a real browser: keys, a click from one side to the other, selected words, axe."""

import pytest
from django.db import transaction
from django.urls import reverse

from qianhang.core.people.models import User
from qianhang.programme.models import Finding, FindingState, Plan
from qianhang.programme.taking import take_document
from tests.portal.conftest import chromium, open_page  # noqa: F401 -- fixtures
from tests.portal.test_browser import _serious

from .test_portal_plans_review import take_another
from .world import READING, TEXT, World, changed, document

pytestmark = [pytest.mark.browser, pytest.mark.slow(seconds=40), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def officer(world: World) -> User:
    return User.objects.get(id=world.official.user_id)


@pytest.fixture
def plan(world: World) -> Plan:
    again = changed(original=TEXT + "附则。\n", targets=READING.targets[1:])
    with transaction.atomic():
        plan, *_ = world.plan()
        take_document(world.official, plan, document(again, sha256="b" * 64))
    return plan


def test_keys_decide_and_go_on_and_a_mark_in_the_text_shows_its_finding(open_page, officer, plan):  # noqa: F811
    page = open_page(reverse("plan_review", args=[plan.id]) + "?kind=target", user=officer)
    page.wait_for_load_state("load")
    page.keyboard.press("j")
    first = page.locator(".finding.is-current")
    number = first.get_attribute("id")
    assert page.locator("mark.is-current").first.get_attribute("data-f") == number[1:]
    page.keyboard.press("a")
    page.wait_for_selector(f"#{number}.is-accepted")
    assert page.locator(".finding.is-current").get_attribute("id") != number
    page.keyboard.press("r")
    page.wait_for_selector(".finding.is-rejected")
    assert sorted(Finding.objects.filter(plan=plan).exclude(state="proposed").values_list("state", flat=True)) == [
        FindingState.ACCEPTED,
        FindingState.REJECTED,
    ]
    page.locator("mark[data-f]").last.click()
    shown = page.locator("mark.is-current").last.get_attribute("data-f")
    assert page.locator(".finding.is-current").get_attribute("id") == f"f{shown}"


def test_selected_words_open_the_form_with_their_very_place(open_page, officer, plan):  # noqa: F811
    page = open_page(reverse("plan_review", args=[plan.id]), user=officer)
    page.wait_for_load_state("load")
    page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.querySelector("[data-document]"), NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode()); ) {
                const at = node.data.indexOf("接入存量");
                if (at >= 0) { getSelection().setBaseAndExtent(node, at, node, at + 4); break; }
            }
        }"""
    )
    page.locator("[data-select-add]").click()
    page.wait_for_selector("#add")
    assert page.locator("[name=new-quoted]").input_value() == "接入存量"
    assert page.locator("[name=new-near]").input_value() == str(TEXT.index("接入存量"))


def test_axe_finds_nothing_serious_and_no_page_is_wider_than_a_phone(open_page, officer, world, plan):  # noqa: F811
    with transaction.atomic():
        other = take_another(world)
    finding = Finding.objects.filter(plan=plan, is_gone=False)[0]
    review = reverse("plan_review", args=[plan.id])
    pages = [
        reverse("plan_import"), reverse("plan", args=[plan.id]), f"{review}?edit={finding.id}", f"{review}?add=target",
        reverse("plan_versions", args=[plan.id]), f"{reverse('plan_compare')}?plan={plan.id}&plan={other.id}&q=算力",
    ]  # fmt: skip
    found, widths = {}, {}
    for address in pages:
        page = open_page(address, user=officer)
        found[address] = _serious(page)
        page.set_viewport_size({"width": 390, "height": 844})
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
        page.close()
    assert {address: problems for address, problems in found.items() if problems} == {}
    assert {address: width for address, width in widths.items() if width > 390} == {}
