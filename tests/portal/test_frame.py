"""Language, theme, refusals as pages, and what the frame shows to whom."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from qianhang.core.access import OrganisationKind, Role
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User
from qianhang.core.web.pages import Listing, csv_response, read_day

pytestmark = pytest.mark.django_db


def _heading(response) -> str:
    html = response.content.decode()
    return html.split("<h1>")[1].split("</h1>")[0]


def test_a_browser_that_asks_for_english_is_answered_in_chinese_until_the_reader_chooses(client: Client) -> None:
    response = client.get(reverse("help"), headers={"accept-language": "en-US,en;q=0.9"})
    assert (_heading(response), response["Content-Language"]) == ("帮助", "zh-hans")
    client.post(reverse("set_language"), {"language": "en", "next": reverse("help")})
    assert _heading(client.get(reverse("help"))) == "Help"


def test_a_persons_language_follows_them_to_a_browser_without_the_cookie(officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(language="en")
    client = Client()
    client.force_login(officer)
    assert _heading(client.get(reverse("members"))) == "Members"


def test_a_language_that_does_not_exist_changes_nothing(client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "xx", "next": reverse("help")})
    assert response.url == reverse("help")
    assert "qianhang_language" not in response.cookies


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_the_language_switch_never_leads_to_another_site(client: Client, target: str) -> None:
    response = client.post(reverse("set_language"), {"language": "en", "next": target})
    assert response.url == reverse("home")


def test_the_theme_is_in_the_first_byte_of_the_page_and_in_the_profile(officer: User, officer_client: Client) -> None:
    officer_client.post(reverse("set_theme"), {"theme": "dark", "next": reverse("help")})
    assert b'data-theme="dark"' in officer_client.get(reverse("help")).content
    officer.refresh_from_db()
    assert officer.theme == "dark"
    officer_client.post(reverse("set_theme"), {"theme": "auto", "next": reverse("help")})
    assert b"data-theme" not in officer_client.get(reverse("help")).content


def test_an_unknown_address_is_a_page_in_the_frame_with_its_number(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert (response.status_code, _heading(response)) == (404, "这里没有内容")
    assert response["X-Request-ID"] in response.content.decode()


def test_a_foreign_organisation_looks_like_one_that_does_not_exist(officer: User) -> None:
    stranger = User.objects.create_user("stranger@example.cn", "a-long-password-1", name="陌生人")
    firm = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE, state=OrganisationState.ACTIVE, name="某某有限公司"
    )
    Membership.objects.create(user=stranger, organisation=firm, role=Role.OWNER)
    client = Client()
    client.force_login(stranger)
    response = client.get(reverse("organisation_list"))
    assert (response.status_code, _heading(response)) == (403, "您的角色没有这项权限")
    switched = client.post(
        reverse("organisation_switch"), {"organisation": str(officer.memberships.get().organisation_id)}
    )
    assert switched.status_code == 404


def test_a_visitor_is_sent_to_sign_in_and_back(client: Client) -> None:
    response = client.get(reverse("keys"))
    assert response.url == reverse("account_login") + "?next=" + reverse("keys")


def test_creating_a_key_without_a_recent_sign_in_asks_who_it_is_and_comes_back(officer_client: Client) -> None:
    response = officer_client.get(reverse("key_new"))
    assert response.url == reverse("account_reauthenticate") + "?next=%2Forganisation%2Fkeys%2Fnew"


def test_a_form_without_its_token_is_refused_with_a_page(officer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    response = client.post(reverse("settings"), {"name": "x"})
    assert (response.status_code, _heading(response)) == (403, "您的角色没有这项权限")
    assert "表单已过期" in response.content.decode()


def test_a_page_that_breaks_says_so_without_asking_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("qianhang.portal.glossary.load", lambda: 1 / 0)
    with django_assert_num_queries(0):
        response = client.get(reverse("glossary"))
    assert (response.status_code, _heading(response)) == (500, "平台出现错误")
    assert response["X-Request-ID"] in response.content.decode()


def test_the_fifth_wrong_password_is_followed_by_a_page_that_says_to_wait(officer: User, client: Client) -> None:
    for _attempt in range(5):
        client.post(reverse("account_login"), {"login": officer.email, "password": "wrong"})
    response = client.post(reverse("account_login"), {"login": officer.email, "password": "a-long-password-1"})
    assert response.status_code in {200, 429}
    assert not response.wsgi_request.user.is_authenticated


def test_the_side_bar_shows_the_rooms_of_the_role_and_no_others(officer_client: Client) -> None:
    assert reverse("audit") in officer_client.get(reverse("organisation")).content.decode()
    viewer = User.objects.create_user("viewer@example.cn", "a-long-password-1", name="查看者")
    firm = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE, state=OrganisationState.ACTIVE, name="某某有限公司"
    )
    Membership.objects.create(user=viewer, organisation=firm, role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    html = client.get(reverse("organisation")).content.decode()
    assert f'href="{reverse("job_list")}"' in html
    for hidden in ("audit", "queue", "keys", "members", "wallet", "job_new"):
        assert f'href="{reverse(hidden)}"' not in html


def test_the_policy_allows_no_inline_style_or_script(client: Client) -> None:
    policy = client.get(reverse("home"))["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_lists_address_keeps_known_filters_and_drops_the_cursor_when_one_changes() -> None:
    request = RequestFactory().get("/jobs/", {"state": "running", "kind": "nonsense", "q": " 训练 ", "cursor": "abc"})
    listing = Listing.of(request, names=("state", "kind", "q"), choices={"kind": ["a"], "state": ["running"]})
    assert listing.values == {"state": "running", "q": "训练"}
    assert listing.cursor == "abc"
    assert listing.url(state=None) == "/jobs/?q=%E8%AE%AD%E7%BB%83"
    assert listing.next_url("def") == "/jobs/?state=running&q=%E8%AE%AD%E7%BB%83&cursor=def"
    assert listing.next_url(None) == ""


def test_a_cell_that_a_spreadsheet_would_run_is_exported_as_text() -> None:
    response = csv_response("x.csv", ("名称", "数"), [("=1+1", 2), ("@sum", None), ("-3", -3), ("＝1", 5), ("正常", 4)])
    text = b"".join(response).decode()
    assert text == "\ufeff名称,数\r\n'=1+1,2\r\n'@sum,\r\n'-3,-3\r\n'＝1,5\r\n正常,4\r\n"


def test_a_secret_is_shown_on_the_page_that_made_it_and_on_no_other(officer: User, monkeypatch) -> None:
    monkeypatch.setattr("qianhang.core.people.portal_keys.require_step_up", lambda actor: None)
    monkeypatch.setattr("qianhang.core.people.services.create_api_key.require_step_up", lambda actor: None)
    client = Client()
    client.force_login(officer)
    shown = client.post(reverse("key_new"), {"name": "训练服务器", "days": 30, "scopes": ["job.view"]})
    assert shown["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    secret = shown.content.decode().split("<code>qh_")[1].split("</code>")[0]
    assert len(secret) == 43
    assert secret not in client.get(reverse("keys")).content.decode()


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "2026-02-30", "", "yesterday"])
def test_a_date_that_no_record_can_have_filters_nothing(text: str) -> None:
    assert read_day(text) is None


def test_a_date_is_its_midnight_here() -> None:
    assert read_day("2026-11-21").isoformat() == "2026-11-21T00:00:00+08:00"
