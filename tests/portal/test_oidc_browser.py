"""The way to an identity provider and back in a real browser, which holds pages to what they may load and lead to."""

import logging
import os
import warnings

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from qianhang.wiring.settings import content_policy, oidc_providers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def provider(settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The provider's own libraries are about to be renamed.
        from oidc_provider_mock import run_server_in_thread
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with run_server_in_thread() as server:
        address = f"http://localhost:{server.server_port}"
        environment = {
            "QIANHANG_OIDC_CLIENT_ID": "qianhang",
            "QIANHANG_OIDC_SECRET": "s",
            "QIANHANG_OIDC_SERVER": address,
        }
        settings.SOCIALACCOUNT_PROVIDERS = oidc_providers(environment)
        settings.CONTENT_SECURITY_POLICY = content_policy(environment)
        yield address


def test_a_person_goes_to_the_provider_and_comes_back_signed_in_and_another_connects_theirs(
    provider, open_page, officer
) -> None:
    for subject in ("new@example.cn", "officer@ministry.example"):
        httpx.put(f"{provider}/users/{subject}", json={"email": subject, "email_verified": True, "name": subject})

    page = open_page(reverse("account_login"))
    fetch_nothing_from_elsewhere(page)
    page.get_by_role("link", name="OpenID Connect").click()
    page.locator("main button[type=submit]").click()
    page.get_by_placeholder("sub").fill("new@example.cn")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**" + reverse("organisation_new"))

    page = open_page(reverse("settings"), user=officer, language="en")
    fetch_nothing_from_elsewhere(page)
    page.get_by_role("link", name="Other sign-in").click()
    if folder := os.environ.get("QIANHANG_TEST_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/other-sign-in.png")
    page.get_by_role("link", name="OpenID Connect").click()
    page.locator("main button[type=submit]").click()
    page.get_by_placeholder("sub").fill("officer@ministry.example")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**" + reverse("socialaccount_connections"))
    assert SocialAccount.objects.get(uid="officer@ministry.example").user == officer


def fetch_nothing_from_elsewhere(page) -> None:
    """The provider's page asks for a style sheet on the internet."""
    page.route(lambda url: not url.startswith("http://localhost:"), lambda route: route.fulfill(status=200, body=""))
