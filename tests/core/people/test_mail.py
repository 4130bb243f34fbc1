"""Mail as a server on this machine receives it, over SMTP, by the code and the settings that are shipped."""

import email
import logging
import re
from collections.abc import Iterator
from email.message import Message
from email.policy import default

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import send_mail
from django.test import Client
from django.urls import reverse
from tests.appliance.running import free_port
from tests.core.actors import PASSWORD, join, make_organisation, make_user

from qianhang.core.access import Actor, Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Forbidden, NotFound
from qianhang.core.people.models import Invitation, Membership, User
from qianhang.core.people.services.make_password_link import make_password_link
from qianhang.wiring.settings import mail_settings

pytestmark = pytest.mark.django_db

SECRET = "the-mail-password"


class PostOffice:
    """Takes mail from whoever knows the password."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.known: list[bytes] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.received.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, login) -> AuthResult:
        self.known.append(login.login)
        return AuthResult(success=login.password == SECRET.encode())


@pytest.fixture
def office() -> Iterator[tuple[PostOffice, int]]:
    found, port = PostOffice(), free_port()
    server = Controller(
        found,
        hostname="127.0.0.1",
        port=port,
        authenticator=found.authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    server.start()
    yield found, port
    server.stop()


@pytest.fixture(autouse=True)
def _quick_hash(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mail(settings, office) -> list[Message]:
    """What the server received, of an installation that is configured for it."""
    found, port = office
    configure(settings, port=port)
    return found.received


def configure(settings, *, port: int | None) -> None:
    environment = {
        "QIANHANG_EMAIL_HOST": "127.0.0.1",
        "QIANHANG_EMAIL_PORT": str(port),
        "QIANHANG_EMAIL_SECURITY": "none",
        "QIANHANG_EMAIL_USER": "qianhang",
        "QIANHANG_EMAIL_PASSWORD": SECRET,
        "QIANHANG_FROM_EMAIL": "qianhang@example.gov.cn",
    }
    for name, value in mail_settings(environment if port else {}).items():
        setattr(settings, name, value)


@pytest.fixture
def owner() -> Client:
    user = make_user("owner@example.cn")
    user.language = "en"
    user.save()
    organisation = make_organisation()
    organisation.name_en = "Example Works"
    organisation.save()
    join(user, organisation, Role.OWNER)
    client = Client()
    client.force_login(user)
    return client


def invite(client: Client, address: str = "guest@example.cn"):
    return client.post(reverse("members"), {"email": address, "role": Role.DEVELOPER})


def link_in(message: Message) -> str:
    return re.search(r"http://testserver(/\S+)", message.get_content())[1]


def test_an_invitation_goes_to_whom_it_is_for_and_to_nobody_else(owner, office, mail):
    page = invite(owner)
    (message,) = mail
    assert (message["to"], message["from"]) == ("guest@example.cn", "qianhang@example.gov.cn")
    assert message["subject"] == "Invitation to Example Works"
    assert "林晓 invites you to join Example Works as Developer." in message.get_content()
    assert office[0].known == [b"qianhang"]
    # The inviter sees that it was sent, and not the link, which proves who holds the address.
    assert link_in(message) not in page.content.decode()
    assert "The invitation was sent to guest@example.cn." in page.content.decode()

    guest = Client()
    guest.force_login(make_user("guest@example.cn"))
    guest.post(link_in(message))
    assert Membership.objects.get(user__email="guest@example.cn").role == Role.DEVELOPER


def test_a_person_who_is_known_is_written_to_in_their_own_language(owner, mail):
    User.objects.create_user("guest@example.cn", language="zh-hans", name="王敏")
    invite(owner)
    assert mail[0]["subject"].startswith("邀请您加入")
    assert "以开发者身份加入" in mail[0].get_content()


def test_over_the_api_the_token_is_in_the_mail_alone(owner, mail):
    made = owner.post("/api/v1/invitations", {"email": "a@example.cn", "role": "viewer"}, "application/json").json()
    assert (made["sent"], made["token"]) == (True, None)
    assert owner.get(link_in(mail[0])).status_code == 200


def test_without_a_mail_server_the_inviter_gets_the_link_as_ever(owner, settings):
    configure(settings, port=None)
    page = invite(owner).content.decode()
    assert re.search(r"http://testserver/invitation\S+", page)
    assert "could not be sent" not in page
    made = owner.post("/api/v1/invitations", {"email": "a@example.cn", "role": "viewer"}, "application/json").json()
    assert (made["sent"], bool(made["token"])) == (False, True)


def test_a_mail_server_that_does_not_answer_costs_the_mail_and_not_the_invitation(owner, settings):
    configure(settings, port=free_port())
    page = invite(owner).content.decode()
    assert "The e-mail could not be sent." in page
    assert re.search(r"http://testserver/invitation\S+", page)
    assert Invitation.objects.count() == 1


def test_a_name_of_several_lines_writes_no_header_of_its_own(owner, mail):
    organisation = Membership.objects.get(role=Role.OWNER).organisation
    organisation.name_en = "Works\nBcc: everyone@example.cn"
    organisation.save()
    invite(owner)
    assert mail[0]["bcc"] is None
    assert mail[0]["subject"] == "Invitation to Works Bcc: everyone@example.cn"


def test_a_forgotten_password_is_set_anew_by_the_link_in_the_mail(mail):
    make_user("lin@example.cn", password=PASSWORD)
    client = Client(headers={"Accept-Language": "zh-hans"})
    asked = client.post(reverse("account_reset_password"), {"email": "Lin@example.cn"})
    assert asked["Location"] == reverse("account_reset_password_done")
    (message,) = mail
    assert message["to"] == "lin@example.cn"
    form = client.get(link_in(message))["Location"]
    client.post(form, {"password1": "another long one 7", "password2": "another long one 7"})
    assert User.objects.get().check_password("another long one 7")
    # Used up.
    assert client.get(link_in(message)).status_code == 200
    assert not Client().login(email="lin@example.cn", password=PASSWORD)


def test_asking_for_an_unknown_address_looks_the_same_and_sends_no_link_to_a_password(mail):
    asked = Client().post(reverse("account_reset_password"), {"email": "nobody@example.cn"})
    assert asked["Location"] == reverse("account_reset_password_done")
    assert [message["to"] for message in mail] == ["nobody@example.cn"]
    assert "/password/reset/key/" not in mail[0].get_content()


@pytest.mark.parametrize("address", ["lin@example.cn", "nobody@example.cn"])
@pytest.mark.parametrize(("up", "code"), [(False, "mail_not_sent"), (None, "no_mail_here")])
def test_where_no_mail_can_go_the_person_is_told_whether_they_are_known_or_not(settings, address, up, code):
    make_user("lin@example.cn", password=PASSWORD)
    configure(settings, port=None if up is None else free_port())
    assert Client().post(reverse("account_reset_password"), {"email": address}).context["code"] == code


def test_signing_up_goes_on_while_the_mail_server_does_not_answer(settings):
    configure(settings, port=free_port())
    wish = {"name": "林晓", "email": "new@example.cn", "password1": PASSWORD, "password2": PASSWORD}
    client = Client()
    assert client.post(reverse("account_signup"), wish).status_code == 302
    assert "_auth_user_id" in client.session


def test_no_link_and_no_password_of_the_server_is_written_down(owner, settings, mail, caplog, capfd):
    make_user("lin@example.cn", password=PASSWORD)
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as lines:
        invite(owner)
        Client().post(reverse("account_reset_password"), {"email": "lin@example.cn"})
        links = [link_in(message) for message in mail]
        configure(settings, port=None)
        send_mail("Subject", links[0], None, ["x@example.cn"])
        configure(settings, port=free_port())
        invite(owner, "second@example.cn")
    written = [line.getMessage() for line in caplog.records if not line.name.startswith("mail.")]  # the server's own
    seen = "".join([*written, str(lines), *capfd.readouterr()])
    assert "invitation not mailed" in seen
    assert [
        secret for secret in (*(link.strip("/").rpartition("/")[2] for link in links), SECRET) if secret in seen
    ] == []


def test_the_operator_makes_a_link_for_whom_no_mail_reaches_and_it_is_recorded():
    user = make_user("lin@example.cn", password=PASSWORD)
    path = make_password_link(actor=Actor.system("operator"), email=" LIN@example.cn")
    client = Client()
    form = client.get(path)["Location"]
    client.post(form, {"password1": "another long one 7", "password2": "another long one 7"})
    assert User.objects.get().check_password("another long one 7")
    entry = AuditEntry.objects.get(action="person.password_link_made")
    assert (entry.subject_id, path.rstrip("/").rpartition("-")[2] in str(entry.after)) == (str(user.pk), False)


def test_nobody_else_makes_such_a_link(owner):
    user = make_user("lin@example.cn")
    with pytest.raises(Forbidden):
        make_password_link(actor=Actor.anonymous(), email="lin@example.cn")
    with pytest.raises(NotFound):
        make_password_link(actor=Actor.system("operator"), email="nobody@example.cn")
    user.is_active = False
    user.save()
    with pytest.raises(NotFound):
        make_password_link(actor=Actor.system("operator"), email="lin@example.cn")


@pytest.mark.parametrize(("security", "port", "flags"), [("starttls", 587, (True, False)), ("tls", 465, (False, True))])
def test_the_way_to_the_server_is_encrypted_unless_it_is_said_otherwise(security, port, flags):
    environment = {"QIANHANG_EMAIL_HOST": "mail.example.org", "QIANHANG_EMAIL_SECURITY": security}
    made = mail_settings(environment if security != "starttls" else {"QIANHANG_EMAIL_HOST": "mail.example.org"})
    assert (made["EMAIL_PORT"], (made["EMAIL_USE_TLS"], made["EMAIL_USE_SSL"])) == (port, flags)


def test_a_mistyped_way_is_refused_at_the_start():
    with pytest.raises(ImproperlyConfigured, match="starttls, tls, none"):
        mail_settings({"QIANHANG_EMAIL_SECURITY": "ssl"})
