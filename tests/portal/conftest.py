"""A real Chromium for the pages' tests, and people to sign in as."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client

from qianhang.core.access import OrganisationKind, Role
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def officer(db: None) -> User:
    """An owner in the programme office: sees every page there is."""
    user = User.objects.create_user("officer@example.cn", "a-long-password-1", name="王敏")
    office = Organisation.objects.create(
        kind=OrganisationKind.PROGRAMME_OFFICE, state=OrganisationState.ACTIVE, name="示范省人工智能工作专班"
    )
    Membership.objects.create(user=user, organisation=office, role=Role.OWNER)
    return user


@pytest.fixture
def officer_client(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


# No longer than a module: while playwright is open its event loop runs in this thread, and streams cannot be read.
@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    # Playwright's synchronous API keeps an event loop in this thread, which Django takes for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium, live_server) -> Iterator[Callable]:  # type: ignore[no-untyped-def]
    """`open_page(path, user=None, language=…, theme=…, width=…)`: a page whose console complaints fail the test."""
    contexts, complaints = {}, []

    def context_of(user, language, theme, width):  # type: ignore[no-untyped-def]
        """One browser profile for each kind of visitor: what it has loaded once it keeps, as people's do."""
        if known := contexts.get((user, language, theme, width)):
            return known
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts[user, language, theme, width] = context
        cookies = [(settings.LANGUAGE_COOKIE_NAME, language)]
        if user is not None:
            client = Client()
            client.force_login(user)
            cookies.append((settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value))
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies])
        return context

    def visit(path, *, user=None, language="zh-hans", theme="light", width=1440):  # type: ignore[no-untyped-def]
        page = context_of(user, language, theme, width).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield visit
    for context in contexts.values():
        context.close()
    assert complaints == []
