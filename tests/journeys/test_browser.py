"""A person's whole path in a real Chromium, against a real `qianhang up --demo`: nothing is stubbed."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.portal.conftest import CHROMIUM, FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.slow(seconds=110)]

SCRIPT = """
import pathlib, time
for step in range(6):
    print("step", step, flush=True)
    time.sleep(0.5)
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/answer.txt").write_text("42\\n")
"""
# The demo's own example jobs go first, on a machine that may be busy with other tests.
PATIENCE_MS = 180_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def sign_in(browser: Browser, demo) -> Iterator[Callable[..., Page]]:
    """sign_in("developer", language="en", scripts=True): the demo's person at the dashboard. What the browser's console
    complains about fails the test."""
    passwords = json.loads((demo.folder.secret / "demo-sign-ins.json").read_text())
    contexts, complaints = [], []

    def enter(person: str, *, language: str = "en", scripts: bool = True) -> Page:
        base = f"http://127.0.0.1:{demo.port}"
        context = browser.new_context(base_url=base, java_script_enabled=scripts, accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        context.add_cookies([{"name": "qianhang_language", "value": language, "url": base}])
        page = context.new_page()
        # A form that comes back with a mistake is answered with 422, which the console mentions.
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "422" not in m.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/accounts/login/")
        page.fill("input[name=login]", f"{person}@qianhang.example")
        page.fill("input[name=password]", passwords[f"{person}@qianhang.example"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/dashboard/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []


def ended(page: Page) -> None:
    expect(page.locator("#job-state")).to_contain_text("Succeeded", timeout=PATIENCE_MS)


def test_a_developer_submits_a_script_watches_it_run_and_pays_what_it_used(sign_in):
    page = sign_in("developer")
    page.get_by_role("link", name="Submit a job").first.click()

    page.fill("[name=name]", "from the browser")
    page.fill("[name=command]", "python3 steps.py")
    page.fill("[name='time_limit']", "2m")
    page.set_input_files("#files", {"name": "steps.py", "mimeType": "text/x-python", "buffer": SCRIPT.encode()})
    # The quote follows what is typed, without a click.
    expect(page.locator("#quote")).to_contain_text("whole time limit of 2 min")
    expect(page.locator("#quote")).to_contain_text("of 4 clusters that fits")
    expect(page.locator("#quote")).to_contain_text("announced but not built")
    page.get_by_role("button", name="Submit the job").click()

    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))
    address = page.url
    # The log grows and the state changes under the reader's eyes.
    expect(page.locator("#log")).to_contain_text("step 1", timeout=PATIENCE_MS)
    ended(page)
    expect(page.locator("#log")).to_contain_text("step 5")
    assert page.locator("#log pre").inner_text().count("step 0") == 1
    assert page.url == address
    expect(page.locator("#job-timeline")).to_contain_text("Running")
    expect(page.locator("#job-why")).to_contain_text("announced but not built")
    expect(page.locator("#job-money")).to_contain_text("below the quote")

    with page.expect_download() as download:
        page.get_by_role("link", name="outputs/answer.txt").click()
    assert download.value.path().read_text() == "42\n"

    page.get_by_role("link", name=re.compile("Receipt R")).click()
    total = float(page.locator("tr.is-total .num").inner_text())
    parts = [float(text) for text in page.locator("tr.is-total ~ tr:not(.quiet) .num").all_inner_texts()]
    assert total == pytest.approx(sum(parts), abs=1e-9)
    assert total > 0


def test_a_running_job_is_cancelled_after_a_question(sign_in):
    page = sign_in("developer")
    page.goto("/jobs/new/")
    page.fill("[name=command]", "sleep 300")
    page.fill("[name=name]", "to be cancelled")
    page.get_by_role("button", name="Submit the job").click()
    expect(page.locator("#job-state")).to_contain_text("Running", timeout=PATIENCE_MS)

    page.get_by_text("Cancel the job").click()
    page.fill("#cancel-reason", "wrong numbers")
    page.get_by_role("button", name="Yes, cancel it").click()

    expect(page.locator("#job-state")).to_contain_text("Cancelled", timeout=PATIENCE_MS)
    expect(page.locator("#job-money")).to_contain_text("Receipt")


def test_everything_works_without_scripts(sign_in):
    page = sign_in("developer", scripts=False)
    page.goto("/jobs/new/")
    page.fill("[name=command]", "echo plain and simple")
    page.fill("[name='resources.memory']", "1 lot")
    page.get_by_role("button", name="Work out the quote").click()
    expect(page.locator(".field.has-error")).to_contain_text("The unit “lot” is not known.")
    assert page.input_value("[name=command]") == "echo plain and simple"

    page.fill("[name='resources.memory']", "256MiB")
    page.get_by_role("button", name="Work out the quote").click()
    expect(page.locator("#quote")).to_contain_text("Costs at most")
    page.get_by_role("button", name="Submit the job").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))
    for _reload in range(60):
        if "Succeeded" in page.locator("#job-state").inner_text():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator("#log")).to_contain_text("plain and simple")


def test_the_pages_speak_chinese_until_somebody_asks_for_english(sign_in):
    page = sign_in("developer", language="")
    expect(page.locator("h1")).to_have_text("工作台")
    page.goto("/jobs/new/")
    expect(page.locator("#quote")).to_contain_text("元")
    english = re.findall(r"\b[A-Z][a-z]+ [a-z]+ [a-z]+", page.locator("main").inner_text())
    assert english == []
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Submit a job")


def test_the_supplier_and_the_office_see_their_side_of_it(sign_in):
    supplier = sign_in("supplier")
    supplier.goto("/supplier/")
    expect(supplier.locator("main")).to_contain_text("Owed to you")
    assert "from the browser" not in supplier.locator("main").inner_text()

    office = sign_in("office")
    office.goto("/audit/?action=job.")
    expect(office.locator("table")).to_contain_text("job.submitted")
    office.locator("table .row-link").first.click()
    expect(office.locator("h1")).to_contain_text("Audit entry")


def serious(page: Page) -> list[str]:
    """Everything in the light theme; in the dark one what a theme can change: colours."""
    page.emulate_media(color_scheme="light")
    violations = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # no colour half way between the two
    # Those of axe's rules about colour that the first run has, too; its tag would bring one beyond level AA.
    colour = {"runOnly": ["color-contrast", "link-in-text-block"]}
    violations += Axe().run(page, options=colour).response["violations"]
    return [
        f"{page.url} {violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing_serious_on_the_pages_behind_the_lists_in_either_theme(sign_in):
    """Pages of one job, receipt, cluster, programme, entry: what the tests of the empty product cannot open."""
    paths = {
        "developer": ["/jobs/", "/wallet/", "/wallet/statement/", "/jobs/new/?as=text"],
        "supplier": ["/supplier/", "/clusters/", "/clusters/{cluster}/", "/clusters/{cluster}/runs/"],
        "office": ["/dashboard/", "/programmes/", "/programmes/new/", "/office/money/", "/audit/"],
    }
    found = []
    for person, pages in paths.items():
        page = sign_in(person)
        page.goto("/clusters/")
        cluster = page.locator(".row-link").first.get_attribute("href").strip("/").split("/")[1]
        for path in pages:
            page.goto(path.format(cluster=cluster))
            found += serious(page)
            behind = page.locator("main .row-link")
            if behind.count():
                behind.first.click()
                page.wait_for_load_state()
                found += serious(page)
    assert found == []
