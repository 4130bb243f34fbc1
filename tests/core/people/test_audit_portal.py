"""The audit browser: who may read, what is found, what an entry shows."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qianhang.core import audit
from qianhang.core.access import Actor, OrganisationKind, Role
from qianhang.core.audit.models import AuditEntry
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User

SYSTEM = Actor.system("test")


@pytest.fixture
def signed_in(db: None) -> Callable[[str], Client]:
    def sign_in(kind: str) -> Client:
        user, _is_new = User.objects.get_or_create(email=f"owner@{kind}.test", defaults={"name": "Owner"})
        organisation, _made = Organisation.objects.get_or_create(
            kind=kind, defaults={"name": f"A {kind}", "state": OrganisationState.ACTIVE}
        )
        Membership.objects.get_or_create(user=user, organisation=organisation, defaults={"role": Role.OWNER})
        client = Client()
        client.force_login(user)
        client.cookies["qianhang_language"] = "en"
        return client

    return sign_in


def noted(action: str, subject_id: str = "1", **more: object) -> AuditEntry:
    audit.record(actor=SYSTEM, action=action, subject=action.partition(".")[0], subject_id=subject_id, **more)
    return AuditEntry.objects.latest("seq")


def actions(client: Client, **query: str) -> list[str]:
    """The actions on the page, of the entries this test made."""
    body = client.get(reverse("audit"), query).content.decode()
    return [
        action
        for action in re.findall(r"<td[^>]*><code>([a-z_.]+)</code></td>", body)
        if not action.startswith("person.")
    ]


def test_the_trail_is_found_by_action_prefix_subject_and_date(signed_in):
    office = signed_in(OrganisationKind.PROGRAMME_OFFICE)
    for action, subject in (("job.submitted", "1"), ("job.cancelled", "2"), ("voucher.issued", "3")):
        noted(action, subject)

    assert actions(office) == ["voucher.issued", "job.cancelled", "job.submitted"]
    assert actions(office, action="job.") == ["job.cancelled", "job.submitted"]
    assert actions(office, action="job.cancelled") == ["job.cancelled"]
    assert actions(office, subject="voucher", subject_id="3") == ["voucher.issued"]
    assert actions(office, until="2000-01-01") == []


def test_an_entry_shows_before_after_and_whether_it_is_sealed(signed_in):
    office = signed_in(OrganisationKind.PROGRAMME_OFFICE)
    entry = noted("price.set", "7", before={"micro_yuan": 10}, after={"micro_yuan": 20, "note": "<b>"}, reason="dearer")
    body = office.get(reverse("audit_entry", args=[entry.seq])).content.decode()

    assert "Not sealed yet" in body
    assert "dearer" in body
    assert "&lt;b&gt;" in body
    marked = re.findall(r'<tr class="is-chosen"><th scope="row"><code>([a-z_]+)</code>', body)
    assert marked == ["micro_yuan"]


def test_only_those_who_may_see_the_trail_see_it(signed_in, client):
    entry = noted("job.submitted")
    firm = signed_in(OrganisationKind.ENTERPRISE)
    assert firm.get(reverse("audit")).status_code == 403
    assert firm.get(reverse("audit_entry", args=[entry.seq])).status_code == 403
    assert client.get(reverse("audit")).status_code == 302
    office = signed_in(OrganisationKind.PROGRAMME_OFFICE)
    assert office.get(f"/audit/{entry.seq + 1000}/").status_code == 404
    assert office.get("/audit/99999999999999999999999/").status_code == 404


def test_the_trail_is_exported_whole(signed_in, monkeypatch):
    office = signed_in(OrganisationKind.PROGRAMME_OFFICE)
    monkeypatch.setattr("qianhang.core.people.audit_portal.CSV_CHUNK", 2)
    for number in range(5):
        noted("job.submitted", str(number))
    body = b"".join(office.get(reverse("audit"), {"export": "csv", "subject": "job"})).decode("utf-8-sig")
    assert [row[6] for row in csv.reader(io.StringIO(body))][1:] == ["4", "3", "2", "1", "0"]


def test_the_trail_asks_as_much_for_many_entries_as_for_one(signed_in):
    office = signed_in(OrganisationKind.PROGRAMME_OFFICE)
    organisation = Organisation.objects.first()
    noted("job.submitted", organisation_id=organisation.id)
    with CaptureQueriesContext(connection) as for_one:
        office.get(reverse("audit"))
    for number in range(20):
        noted("job.submitted", str(number), organisation_id=organisation.id)
    with CaptureQueriesContext(connection) as for_many:
        office.get(reverse("audit"))
    assert len(for_many) == len(for_one) <= 10
