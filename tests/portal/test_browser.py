"""The pages in a real browser: accessibility, keyboard, narrow screens, language and theme without a flash."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

pytestmark = [pytest.mark.browser, pytest.mark.slow(seconds=100), pytest.mark.django_db(transaction=True)]

PUBLIC = ["home", "help", "glossary", "styleguide", "account_login", "account_signup"]
OWN = [
    "dashboard", "organisation", "members", "keys", "settings", "organisation_list", "mfa_index", "account_email",
    "job_new", "job_list", "cluster_list", "queue", "wallet", "audit",
]  # fmt: skip


def _serious(page) -> list[str]:
    """Everything in the light theme; in the dark one what a theme can change: colours."""
    page.emulate_media(color_scheme="light")
    found = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # no colour half way between the two
    found += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing_serious_on_any_page_in_either_theme(open_page, officer) -> None:
    found = {}
    for name in (*PUBLIC, *OWN):
        page = open_page(reverse(name), user=officer if name in OWN else None)
        found[name] = _serious(page)
        page.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_is_wider_than_a_phone(open_page, officer, language: str) -> None:
    widths = {}
    for name in (*PUBLIC, *OWN):
        page = open_page(reverse(name), user=officer if name in OWN else None, language=language, width=390)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
        page.close()
    assert {name: width for name, width in widths.items() if width > 390} == {}


def test_the_first_tab_stop_skips_to_the_content(open_page, officer) -> None:
    page = open_page(reverse("members"), user=officer)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_control_is_reached_by_tab_and_shows_that_it_has_the_focus(open_page, officer) -> None:
    page = open_page(reverse("members"), user=officer)
    wanted = page.evaluate(
        """[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
        .filter((e) => e.checkVisibility()).length"""
    )
    seen = set()
    for _press in range(wanted + 5):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                """(() => { const e = document.activeElement; if (e === document.body) return "";
                const style = getComputedStyle(e);
                return [...document.querySelectorAll("*")].indexOf(e) + " " + (style.outlineStyle !== "none"); })()"""
            )
        )
    seen.discard("")
    assert len(seen) >= wanted
    assert [one for one in seen if one.endswith("false")] == []


def test_escape_closes_a_menu_and_gives_the_focus_back(open_page, officer) -> None:
    page = open_page(reverse("organisation"), user=officer)
    summary = page.locator(".topbar details.menu > summary").last
    summary.click()
    assert page.locator(".topbar details.menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".topbar details.menu[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_side_bar_opens_from_its_button_on_a_phone(open_page, officer) -> None:
    page = open_page(reverse("organisation"), user=officer, width=390)
    assert not page.locator("#sidebar").is_visible()
    page.locator(".tool-menu").click()
    assert page.locator("#sidebar").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#sidebar").is_visible()


def test_a_chosen_theme_is_in_the_first_byte_and_outlives_the_visit(open_page) -> None:
    page = open_page(reverse("home"), theme="light")
    page.locator(".topbar details.menu > summary").first.click()
    page.locator("button[name=theme][value=dark]").click()
    page.wait_for_url("**/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 21, 19)"


def test_the_language_switch_stays_on_the_page_it_was_used_on(open_page, officer) -> None:
    page = open_page(reverse("members"), user=officer)
    assert page.locator("h1").inner_text() == "成员"
    page.locator("button[name=language]").click()
    page.wait_for_load_state()
    assert page.url.endswith(reverse("members"))
    assert page.locator("h1").inner_text() == "Members"
    officer.refresh_from_db()
    assert officer.language == "en"


def test_a_wrong_form_leads_the_focus_to_the_summary_and_keeps_the_input(open_page, officer) -> None:
    page = open_page(reverse("organisation_new"), user=officer, language="en")
    page.fill("#id_name", "长春某某有限公司")
    page.select_option("#id_kind", "enterprise")
    page.fill("#id_credit_code", "91220101MA0000000X")
    page.locator("main form button[type=submit]").click()
    page.wait_for_selector(".form-errors")
    assert page.evaluate("document.activeElement.className") == "form-errors"
    assert page.input_value("#id_name") == "长春某某有限公司"
    page.locator(".form-errors a").first.click()
    assert page.evaluate("document.activeElement.id") == "id_credit_code"


def test_a_file_input_speaks_the_language_of_the_page_and_names_what_was_chosen(open_page, officer) -> None:
    page = open_page(reverse("job_new"), user=officer)
    box = page.locator(".file").first
    assert box.inner_text().split() == ["选择文件", "未选择"]
    box.locator("input").set_input_files({"name": "训练.tar.gz", "mimeType": "application/gzip", "buffer": b"x"})
    assert box.inner_text().split() == ["选择文件", "训练.tar.gz"]
