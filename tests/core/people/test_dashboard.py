"""What the dashboard says about organisations: to the office that decides, and to those who wait for it."""

import pytest
from django.test import Client
from django.urls import reverse

from qianhang.core.access import OrganisationKind, Role
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User


def seen_by_owner_of(organisation: Organisation) -> str:
    user = User.objects.create(email=f"owner@{organisation.id}.test", name="Owner")
    Membership.objects.create(user=user, organisation=organisation, role=Role.OWNER)
    client = Client()
    client.force_login(user)
    client.cookies["qianhang_language"] = "en"
    return client.get(reverse("dashboard")).content.decode()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OrganisationState.REGISTERED, "Your organisation waits to be verified"),
        (OrganisationState.REJECTED, "The registration was rejected"),
        (OrganisationState.SUSPENDED, "Your organisation is suspended"),
    ],
)
def test_an_organisation_that_is_not_active_reads_why_there_is_little_to_see(db, state, sentence):
    firm = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE, name="Firm", state=state, state_reason="because of a paper"
    )
    seen = seen_by_owner_of(firm)
    assert sentence in seen
    assert ("because of a paper" in seen) == (state != OrganisationState.REGISTERED)
    assert reverse("job_new") not in seen


@pytest.mark.parametrize(
    ("belongs", "sentence"), [(True, "Your organisation is not active"), (False, "You belong to no organisation yet")]
)
def test_who_cannot_start_yet_is_not_told_that_the_role_is_too_small(db, belongs, sentence):
    user = User.objects.create(email="new@firm.test", name="New")
    if belongs:
        firm = Organisation.objects.create(
            kind=OrganisationKind.ENTERPRISE, name="Firm", state=OrganisationState.REGISTERED
        )
        Membership.objects.create(user=user, organisation=firm, role=Role.OWNER)
    client = Client()
    client.force_login(user)
    client.cookies["qianhang_language"] = "en"
    for page in ("job_new", "wallet", "keys"):
        answer = client.get(reverse(page))
        seen = answer.content.decode()
        assert answer.status_code == 403
        assert sentence in seen
        assert "Your role" not in seen
        assert reverse("organisation") in seen


def test_the_office_finds_the_registrations_that_wait_the_oldest_first(db):
    for number in range(7):
        Organisation.objects.create(
            kind=OrganisationKind.UNIVERSITY, name=f"College {number}", state=OrganisationState.REGISTERED
        )
    office = Organisation.objects.create(
        kind=OrganisationKind.PROGRAMME_OFFICE, name="Office", state=OrganisationState.ACTIVE
    )
    seen = seen_by_owner_of(office)
    assert [number for number in range(7) if f"College {number}" in seen] == [0, 1, 2, 3, 4]
    assert "Your organisation" not in seen.split("<main", 1)[1]
