"""One action for many rows, on the pages of organisations and keys."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.core.actors import actor_for, join, make_organisation, make_person, make_secret, make_user

from qianhang.core.access import Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.people.models import ApiKey, Organisation, OrganisationState, User

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["qianhang_language"] = "en"
    return client


@pytest.fixture
def office() -> Client:
    return browser_of(make_person("programme_office")[0])


def state_of(organisation: Organisation) -> str:
    return Organisation.objects.get(pk=organisation.pk).state


def said(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_what_was_ticked_is_shown_again_and_nothing_is_done_before_it_is_confirmed(office):
    waiting = [make_organisation(state=OrganisationState.REGISTERED) for _ in range(2)]
    sent = {"action": "verify", "id": [str(one.pk) for one in waiting], "next": "/organisations/?state=registered"}

    asked = office.post(reverse("organisation_bulk"), sent)

    assert asked.status_code == 200
    assert all(one.name in asked.content.decode() for one in waiting)
    assert {state_of(one) for one in waiting} == {"registered"}

    done = office.post(reverse("organisation_bulk"), {**sent, "confirmed": "1"})
    assert (done.status_code, done["Location"]) == (302, "/organisations/?state=registered")
    assert {state_of(one) for one in waiting} == {"active"}
    assert AuditEntry.objects.filter(action="organisation.verified").count() == 2
    assert "2 done." in said(office, "/organisations/")

    office.post(reverse("organisation_bulk"), {**sent, "confirmed": "1"})
    assert AuditEntry.objects.filter(action="organisation.verified").count() == 2
    assert "2 were so already" in said(office, "/organisations/")


def test_one_refusal_leaves_the_others_done_and_is_named(office):
    active, rejected = make_organisation(), make_organisation(state=OrganisationState.REJECTED)
    sent = {"action": "suspend", "id": [str(active.pk), str(rejected.pk)], "confirmed": "1"}

    without = office.post(reverse("organisation_bulk"), sent)
    assert without.status_code == 422
    assert (state_of(active), state_of(rejected)) == ("active", "rejected")

    office.post(reverse("organisation_bulk"), {**sent, "reason": "checked again"})
    assert (state_of(active), state_of(rejected)) == ("suspended", "rejected")
    page = said(office, "/organisations/")
    assert "1 done." in page
    assert f"{rejected.name} was left as it is" in page


@pytest.mark.parametrize("ids", [[], ["nonsense"], ["01a20024-c52f-7d15-8b99-1ee77122d740"]])
def test_nothing_selected_says_so(office, ids):
    answer = office.post(reverse("organisation_bulk"), {"action": "verify", "id": ids, "confirmed": "1"})
    assert (answer.status_code, answer["Location"]) == (302, "/organisations/")
    assert "Nothing was selected" in said(office, "/organisations/")


def test_an_unknown_action_or_too_many_rows_do_nothing(office):
    assert office.post(reverse("organisation_bulk"), {"action": "delete"}).status_code == 404
    many = [str(ApiKey().pk) for _ in range(201)]
    office.post(reverse("organisation_bulk"), {"action": "verify", "id": many})
    assert "At most 200 at a time." in said(office, "/organisations/")


def test_the_way_back_stays_on_this_site(office):
    sent = {"action": "verify", "id": [str(make_organisation().pk)], "confirmed": "1", "next": "https://evil.example/"}
    assert office.post(reverse("organisation_bulk"), sent)["Location"] == "/organisations/"


def test_only_ones_own_keys_are_revoked_and_a_second_click_changes_nothing():
    user, organisation, actor = make_person()
    colleague = make_user()
    join(colleague, organisation, Role.DEVELOPER)
    make_secret(actor)
    make_secret(actor_for(colleague))
    make_secret(make_person()[2])
    sent = {"action": "revoke", "id": [str(pk) for pk in ApiKey.objects.values_list("pk", flat=True)], "confirmed": "1"}

    def revoked() -> list[str]:
        return sorted(ApiKey.objects.exclude(revoked_at=None).values_list("user__email", flat=True))

    browser_of(colleague).post(reverse("key_bulk"), sent)
    assert revoked() == [colleague.email]

    owner = browser_of(user)
    owner.post(reverse("key_bulk"), sent)
    assert revoked() == sorted([user.email, colleague.email])
    page = said(owner, reverse("keys"))
    assert "1 done." in page
    assert "1 was so already" in page


def test_keys_and_members_are_filtered_and_exported():
    user, _organisation, actor = make_person()
    make_secret(actor)
    owner = browser_of(user)

    def rows(name: str, **query: str) -> list[str]:
        found = b"".join(owner.get(reverse(name), {**query, "export": "csv"}).streaming_content)
        return found.decode("utf-8-sig").splitlines()[1:]

    assert len(rows("keys")) == len(rows("keys", state="active")) == len(rows("keys", q="tes")) == 1
    assert rows("keys", state="revoked") == rows("keys", state="expired") == rows("keys", q="other") == []
    assert user.email in rows("members")[0]
    assert rows("members", role="viewer") == rows("members", q="nobody") == []
    assert "No key matches" in said(owner, reverse("keys") + "?state=revoked")
