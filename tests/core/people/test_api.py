"""One organisation's life over REST, and the trail it leaves."""

import pytest
from django.test import Client
from tests.core.actors import make_organisation, make_person, make_user

from qianhang.core.access import Role
from qianhang.core.people.models import User

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def post(client: Client, where: str, body: dict, **headers: str):
    return client.post(f"/api/v1{where}", body, content_type="application/json", headers=headers)


def test_from_registration_to_a_working_team_and_its_trail():
    founder, colleague = browser(make_user("founder@example.cn")), browser(make_user("colleague@example.cn"))
    official = browser(make_person("programme_office")[0])
    wish = {"kind": "enterprise", "name": "长春示例科技", "credit_code": "91110000600037341L", "size_class": "small"}

    made = post(founder, "/organisations", wish, **{"Idempotency-Key": "once"})
    again = post(founder, "/organisations", wish, **{"Idempotency-Key": "once"})
    assert (made.status_code, made.json()["state"], again.json()["id"]) == (201, "registered", made.json()["id"])
    assert post(founder, "/invitations", {"email": "colleague@example.cn", "role": "developer"}).status_code == 403

    organisation = made.json()["id"]
    assert post(official, f"/organisations/{organisation}/verify", {}).json()["state"] == "active"
    invited = post(founder, "/invitations", {"email": "colleague@example.cn", "role": "developer"})
    joined = post(colleague, "/invitations/accept", {"token": invited.json()["token"]})
    assert (joined.status_code, joined.json()["role"]) == (200, "developer")
    assert "job.submit" in colleague.get("/api/v1/me").json()["permissions"]

    members = founder.get("/api/v1/members").json()["items"]
    assert [(one["email"], one["role"]) for one in members] == [
        ("founder@example.cn", "owner"),
        ("colleague@example.cn", "developer"),
    ]
    changed = founder.patch(
        f"/api/v1/members/{joined.json()['id']}", {"role": "viewer"}, content_type="application/json"
    )
    assert changed.json()["role"] == "viewer"
    assert founder.delete(f"/api/v1/members/{joined.json()['id']}").status_code == 204
    assert colleague.get("/api/v1/me").json()["organisation_id"] is None

    trail = official.get(f"/api/v1/audit?organisation_id={organisation}&limit=200").json()["items"]
    assert [entry["action"] for entry in reversed(trail)] == [
        "organisation.registered",
        "organisation.verified",
        "member.invited",
        "member.joined",
        "member.role_changed",
        "member.removed",
    ]
    assert trail[0]["request_id"]


def test_the_trail_is_paged_and_filtered():
    official = browser(make_person("programme_office")[0])
    for _turn in range(3):
        post(official, f"/organisations/{make_organisation().pk}/suspend", {"reason": "x"})
    first = official.get("/api/v1/audit?action=organisation.&limit=2").json()
    rest = official.get(f"/api/v1/audit?action=organisation.&limit=2&cursor={first['next']}").json()
    seqs = [entry["seq"] for entry in first["items"] + rest["items"]]
    assert (len(seqs), seqs, rest["next"]) == (3, sorted(seqs, reverse=True), None)
    assert official.get("/api/v1/audit?action=job.").json()["items"] == []


def test_a_refusal_names_the_fields_in_the_readers_language():
    client = browser(make_user())
    body = {"kind": "enterprise", "name": "x" * 3, "credit_code": "91110000600037341X"}
    english = post(client, "/organisations", body).json()
    assert [error["path"] for error in english["errors"]] == ["credit_code"]
    assert "should be L" in english["errors"][0]["message"]


def test_an_invitations_token_is_shown_once_even_to_a_repeated_request():
    user, _organisation, _actor = make_person(role=Role.OWNER)
    client = browser(user)
    wish = {"email": "guest@example.cn", "role": "viewer"}
    first = post(client, "/invitations", wish, **{"Idempotency-Key": "k"})
    second = post(client, "/invitations", wish, **{"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "answer_shown_once")
    assert "token" not in client.get("/api/v1/invitations").json()["items"][0]
