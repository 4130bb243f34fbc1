"""Signing in through an OpenID Connect provider: a real one on this machine, over HTTP, by the code that is shipped."""

import logging
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest
import structlog
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from tests.core.actors import PASSWORD, make_user

from qianhang.core.audit.models import AuditEntry
from qianhang.core.people.identity import actor_of_person
from qianhang.core.people.models import User
from qianhang.wiring.settings import oidc_providers

pytestmark = pytest.mark.django_db

HERE = "http://testserver"
SECRET = "the-client-secret"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider that believes whatever `who` tells it of a person."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The provider's own libraries are about to be renamed.
        from oidc_provider_mock import run_server_in_thread
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def _configured(settings, provider) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = oidc_providers(
        {
            "QIANHANG_OIDC_ID": "region",
            "QIANHANG_OIDC_NAME": "省统一身份认证",
            "QIANHANG_OIDC_CLIENT_ID": "qianhang",
            "QIANHANG_OIDC_SECRET": SECRET,
            "QIANHANG_OIDC_SERVER": provider,
        }
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def who(provider) -> Callable[..., str]:
    """Makes the provider know a person by a subject and what it claims of them."""

    def known_as(subject: str, **claims: object) -> str:
        httpx.put(f"{provider}/users/{quote(subject)}", json=claims).raise_for_status()
        return subject

    return known_as


def send_to_provider(client: Client, *, process: str = "login") -> str:
    """Presses the button that leads to the provider; returns where it leads."""
    answer = client.post(reverse("openid_connect_login", args=["region"]) + f"?process={process}")
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def come_back(client: Client, asked: str, subject: str):
    """The person signs in at the provider, which sends their browser back here."""
    answer = httpx.post(asked, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = answer.headers["location"]
    assert back.startswith(f"{HERE}{reverse('openid_connect_callback', args=['region'])}?")
    return client.get(back.removeprefix(HERE))


def sign_in(client: Client, subject: str, **more: str):
    return come_back(client, send_to_provider(client, **more), subject)


def signed_in_as(client: Client) -> str | None:
    found = client.get("/api/v1/me")
    return None if found.status_code == 401 else User.objects.get(pk=client.session["_auth_user_id"]).email


def test_the_sign_in_page_offers_the_provider_by_its_name():
    page = Client().get(reverse("account_login")).content.decode()
    assert "省统一身份认证" in page
    assert reverse("openid_connect_login", args=["region"]) in page


def test_without_a_client_id_there_is_no_such_sign_in():
    assert oidc_providers({"QIANHANG_OIDC_SERVER": "https://id.example.org"}) == {}


def test_a_first_sign_in_makes_an_account_that_may_do_nothing_yet(who):
    client = Client()
    sign_in(client, who("u-1", email="Wang@Example.CN", email_verified=True, name="王 敏"))
    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == ("wang@example.cn", "王 敏", False)
    assert signed_in_as(client) == "wang@example.cn"
    assert actor_of_person(user).permissions == frozenset()
    assert [(one.email, one.verified) for one in EmailAddress.objects.all()] == [("wang@example.cn", True)]
    assert AuditEntry.objects.get(action="person.signed_in").actor_user == user.pk


def test_the_provider_is_asked_with_a_proof_key_and_a_state_of_its_own():
    asked = [httpx.QueryParams(urlsplit(send_to_provider(Client())).query) for _time in range(2)]
    assert set(asked[0]["scope"].split()) == {"openid", "profile", "email"}
    assert (asked[0]["client_id"], asked[0]["code_challenge_method"]) == ("qianhang", "S256")
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]


def test_the_same_person_is_known_by_the_subject_even_under_a_new_address(who):
    sign_in(Client(), who("u-2", email="before@example.cn", email_verified=True))
    client = Client()
    sign_in(client, who("u-2", email="after@example.cn", email_verified=True))
    assert signed_in_as(client) == "before@example.cn"
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)


@pytest.mark.parametrize("claimed", [True, False, "true", None])
def test_an_account_is_never_entered_by_an_address_alone(who, claimed):
    """Whatever the provider says of the address: whoever holds the account connects it after signing in to it."""
    make_user("lin@example.cn", password=PASSWORD)
    client = Client()
    answer = sign_in(client, who("attacker", email="LIN@example.cn", email_verified=claimed))
    assert answer["Location"] == reverse("socialaccount_signup")
    assert signed_in_as(client) is None
    # Insisting on the address helps no more than having it.
    again = client.post(answer["Location"], {"email": "lin@example.cn", "name": "Lin"})
    assert again.status_code == 200
    assert signed_in_as(client) is None
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)


@pytest.mark.parametrize("claimed", [False, "false", "true", None])
def test_an_address_counts_as_verified_only_if_the_provider_plainly_says_so(who, claimed):
    sign_in(Client(), who("u-3", email="chen@example.cn", email_verified=claimed))
    assert EmailAddress.objects.get().verified is False


def test_a_signed_in_person_connects_the_provider_and_then_enters_through_it(who):
    user = make_user("lin@example.cn", password=PASSWORD)
    who("u-4", email="someone.else@example.cn", email_verified=True)
    client = Client()
    client.post(reverse("account_login"), {"login": "lin@example.cn", "password": PASSWORD})
    sign_in(client, "u-4", process="connect")
    assert SocialAccount.objects.get().user == user

    through = Client()
    sign_in(through, "u-4")
    assert signed_in_as(through) == "lin@example.cn"
    assert User.objects.count() == 1


def test_what_one_person_connected_another_cannot_take(who):
    subject = who("u-5", email="first@example.cn", email_verified=True)
    sign_in(Client(), subject)
    make_user("second@example.cn", password=PASSWORD)
    client = Client()
    client.post(reverse("account_login"), {"login": "second@example.cn", "password": PASSWORD})
    sign_in(client, subject, process="connect")
    assert SocialAccount.objects.get().user.email == "first@example.cn"


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(who):
    """Somebody else's answer in a link would sign the victim in to the attacker's account."""
    subject = who("u-6", email="mallory@example.cn", email_verified=True)
    asked = send_to_provider(Client())
    victim = Client()
    assert come_back(victim, asked, subject).status_code == 401
    assert signed_in_as(victim) is None
    assert User.objects.count() == 0


def test_an_inactive_person_does_not_come_in_through_the_provider(who):
    subject = who("u-7", email="gone@example.cn", email_verified=True)
    sign_in(Client(), subject)
    User.objects.update(is_active=False)
    client = Client()
    sign_in(client, subject)
    assert signed_in_as(client) is None


def test_a_refusal_at_the_provider_is_a_page_and_not_a_fault():
    client = Client()
    asked = send_to_provider(client)
    back = httpx.post(asked, data={"action": "deny"}).headers["location"]
    assert client.get(back.removeprefix(HERE), follow=True).status_code < 500
    assert signed_in_as(client) is None


def test_a_provider_that_does_not_answer_is_a_page_and_not_a_fault(settings):
    settings.SOCIALACCOUNT_PROVIDERS = oidc_providers(
        {
            "QIANHANG_OIDC_ID": "region",
            "QIANHANG_OIDC_CLIENT_ID": "qianhang",
            "QIANHANG_OIDC_SERVER": "http://localhost:9",
        }
    )
    answer = Client().post(reverse("openid_connect_login", args=["region"]))
    assert (answer.status_code, answer.context["code"]) == (502, "identity_provider_silent")


def test_a_wrong_configuration_is_named_in_the_log_and_not_on_the_page(settings, provider, who):
    environment = {"QIANHANG_OIDC_ID": "region", "QIANHANG_OIDC_CLIENT_ID": "qianhang"}
    settings.SOCIALACCOUNT_PROVIDERS = oidc_providers(environment | {"QIANHANG_OIDC_SERVER": provider})
    with structlog.testing.capture_logs() as lines:
        answer = sign_in(Client(), who("u-9", email="zhao@example.cn"))
    assert answer.status_code == 401
    assert "invalid_client" not in answer.content.decode()
    assert [line["why"] for line in lines if line["log_level"] == "warning"] == ["invalid_client"]


def test_neither_the_client_secret_nor_a_token_is_kept_or_written_down(who, caplog):
    with caplog.at_level(logging.DEBUG):
        sign_in(Client(), who("u-8", email="li@example.cn", email_verified=True))
    assert SocialToken.objects.count() == 0
    assert SECRET not in caplog.text
    assert "code=" not in "".join(line.getMessage() for line in caplog.records if line.name.startswith("qianhang"))
