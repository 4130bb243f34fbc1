"""Every page renders in both languages, without inline style or script, and refusals are pages too."""

import re

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

PUBLIC = ["home", "help", "glossary", "styleguide", "account_login", "account_signup", "account_reset_password"]
OWN = [
    "settings", "organisation", "organisation_edit", "organisation_new", "members", "keys",
    "organisation_list", "account_email", "account_change_password", "mfa_index", "account_logout",
]  # fmt: skip


def _clean(html: str) -> None:
    """What the content security policy would block, and what a broken template leaves behind."""
    assert not re.search(r"<[^>]+\sstyle=", html)
    assert not re.search(r"<style\b", html)
    assert not re.search(r"<[^>]+\son[a-z]+=", html)
    for script in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in script or 'type="application/json"' in script, script
    assert "<c-" not in html
    assert "{%" not in html
    assert "{{" not in html


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", PUBLIC)
def test_a_visitor_sees_every_public_page_in_both_languages(client: Client, name: str, language: str) -> None:
    client.cookies["qianhang_language"] = language
    response = client.get(reverse(name))
    assert response.status_code == 200
    html = response.content.decode()
    assert f'<html lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in html
    assert html.count("<h1") == 1
    _clean(html)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", OWN)
def test_a_member_sees_every_page_of_their_own_in_both_languages(
    officer_client: Client, name: str, language: str
) -> None:
    officer_client.cookies["qianhang_language"] = language
    response = officer_client.get(reverse(name))
    assert response.status_code == 200
    html = response.content.decode()
    assert html.count("<h1") == 1
    _clean(html)
