import itertools
import uuid

import pytest
from django.urls import reverse
from stdnum.cn import uscc
from tests.core.actors import actor_for, join, make_organisation, make_person, make_secret, make_user, office

from qianhang.core.access import Actor, Permission
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from qianhang.core.events.models import OutboxEvent
from qianhang.core.people import queries
from qianhang.core.people.errors import CreditCodeTaken, NotThisState, PersonsOnly, TooManyApplications
from qianhang.core.people.identity import actor_of_key
from qianhang.core.people.models import Membership, Organisation
from qianhang.core.people.services.edit_organisation import edit_organisation
from qianhang.core.people.services.register_organisation import MOST_WAITING, register_organisation
from qianhang.core.people.services.reinstate_organisation import reinstate_organisation
from qianhang.core.people.services.reject_organisation import reject_organisation
from qianhang.core.people.services.suspend_organisation import suspend_organisation
from qianhang.core.people.services.switch_organisation import switch_organisation
from qianhang.core.people.services.verify_organisation import verify_organisation

pytestmark = pytest.mark.django_db
_numbers = itertools.count(100_000_000)


def code() -> str:
    body = "91220101" + str(next(_numbers))
    return body + uscc.calc_check_digit(body)


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Organisation, Membership, AuditEntry, OutboxEvent))


def register(actor: Actor, **changes: str) -> Organisation:
    wish = {"kind": "enterprise", "name": " 长春  示例 ", "credit_code": code(), "size_class": "small"} | changes
    return register_organisation(actor=actor, **wish)


def test_registering_makes_an_owner_who_acts_for_it_and_can_only_look_and_correct():
    user = make_user()
    made = register(actor_for(user))
    assert (made.state, made.name) == ("registered", "长春 示例")
    actor = actor_for(user)
    assert actor.organisation_id == made.pk
    assert actor.permissions == {Permission.ORGANISATION_VIEW, Permission.ORGANISATION_EDIT}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_id, entry.actor_user) == ("organisation.registered", str(made.pk), user.pk)
    assert OutboxEvent.objects.get().name == "organisation.registered"


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"kind": "programme_office"}, ["kind"]),
        ({"kind": "circus"}, ["kind"]),
        ({"name": " x "}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"credit_code": ""}, ["credit_code"]),
        ({"credit_code": "91110000600037341X"}, ["credit_code"]),
        ({"size_class": "huge", "registered_in": "x" * 121}, ["registered_in", "size_class"]),
    ],
)
def test_a_wrong_statement_is_refused_field_by_field_and_writes_nothing(changes, paths):
    actor = actor_for(make_user())
    before = written()
    with pytest.raises(InvalidInput) as refusal:
        register(actor, **changes)
    assert sorted(problem.path for problem in refusal.value.problems) == paths
    assert written() == before


def test_a_code_is_registered_once_however_it_is_typed():
    taken = code()
    register(actor_for(make_user()), credit_code=taken)
    before = written()
    with pytest.raises(CreditCodeTaken):
        register(actor_for(make_user()), credit_code=f"{taken[:8].lower()} {taken[8:]}")
    assert written() == before


def test_only_a_person_registers():
    before = written()
    with pytest.raises(Unauthenticated):
        register(Actor.anonymous())
    with pytest.raises(PersonsOnly):
        register(Actor.system("x"))
    assert written() == before


def test_a_person_cannot_flood_the_office_with_registrations():
    user = make_user()
    for _turn in range(MOST_WAITING):
        register(actor_for(user))
    before = written()
    with pytest.raises(TooManyApplications):
        register(actor_for(user))
    assert written() == before


def test_verification_gives_the_members_their_roles():
    user = make_user()
    made = register(actor_for(user))
    verify_organisation(actor=office(), organisation_id=made.pk)
    assert Permission.JOB_SUBMIT in actor_for(user).permissions
    assert AuditEntry.objects.filter(action="organisation.verified", before={"state": "registered"}).count() == 1


DECISIONS = {
    "verify": (verify_organisation, {"registered": "active", "rejected": "active"}),
    "reject": (reject_organisation, {"registered": "rejected"}),
    "suspend": (suspend_organisation, {"active": "suspended"}),
    "reinstate": (reinstate_organisation, {"suspended": "active"}),
}


@pytest.mark.parametrize("state", ["registered", "active", "rejected", "suspended"])
@pytest.mark.parametrize("name", DECISIONS)
def test_each_decision_starts_from_its_own_states_only(name, state):
    decide, table = DECISIONS[name]
    organisation, actor = make_organisation(state=state), office()
    before = written()
    if state in table:
        assert decide(actor=actor, organisation_id=organisation.pk, reason="理由").state == table[state]
    else:
        with pytest.raises(NotThisState):
            decide(actor=actor, organisation_id=organisation.pk, reason="理由")
        organisation.refresh_from_db()
        assert (organisation.state, written()) == (state, before)


@pytest.mark.parametrize("name", ["reject", "suspend"])
def test_a_refusal_needs_its_reason(name):
    organisation = make_organisation(state="active" if name == "suspend" else "registered")
    actor = office()
    before = written()
    with pytest.raises(InvalidInput):
        DECISIONS[name][0](actor=actor, organisation_id=organisation.pk, reason="  ")
    assert written() == before


@pytest.mark.parametrize("name", DECISIONS)
def test_nobody_decides_about_themselves_but_the_programme_office(name):
    _user, organisation, owner = make_person()
    viewer = make_person("programme_office", "viewer")[2]
    before = written()
    for actor in (owner, viewer):
        with pytest.raises(Forbidden):
            DECISIONS[name][0](actor=actor, organisation_id=organisation.pk, reason="x")
    with pytest.raises(Unauthenticated):
        DECISIONS[name][0](actor=Actor.anonymous(), organisation_id=organisation.pk, reason="x")
    assert written() == before


def test_a_suspension_reaches_people_and_keys_at_once_and_can_be_lifted():
    user, organisation, actor = make_person()
    secret = make_secret(actor)
    suspend_organisation(actor=office(), organisation_id=organisation.pk, reason="欠费")
    assert actor_for(user).permissions == {Permission.ORGANISATION_VIEW}
    assert actor_of_key(secret).permissions == {Permission.ORGANISATION_VIEW}
    reinstate_organisation(actor=office(), organisation_id=organisation.pk)
    assert Permission.JOB_SUBMIT in actor_of_key(secret).permissions


def test_what_was_verified_cannot_be_edited_by_the_organisation_but_the_rest_can():
    _user, organisation, actor = make_person()
    before = written()
    with pytest.raises(InvalidInput) as refusal:
        edit_organisation(
            actor=actor,
            organisation_id=organisation.pk,
            name="另一家公司",
            credit_code=code(),
            size_class="micro",
            registered_in="长春市",
        )
    problems = [(problem.path, problem.code) for problem in refusal.value.problems]
    assert problems == [(name, "verified") for name in ("name", "credit_code", "size_class", "registered_in")]
    assert written() == before
    edit_organisation(actor=actor, organisation_id=organisation.pk, name_en="Example")
    entry = AuditEntry.objects.get(action="organisation.edited")
    assert (entry.before, entry.after) == (
        {"name_en": ""},
        {"name_en": "Example"},
    )


def test_the_office_corrects_what_was_verified_and_the_organisation_stays_active():
    _user, organisation, _actor = make_person()
    wish = {"size_class": "micro", "registered_in": "长春市"}
    edited = edit_organisation(actor=office(), organisation_id=organisation.pk, **wish)
    assert (edited.state, edited.size_class, edited.registered_in) == ("active", "micro", "长春市")
    assert AuditEntry.objects.get(action="organisation.edited").after == wish
    with pytest.raises(NotFound):
        edit_organisation(actor=office(), organisation_id=uuid.uuid4(), size_class="micro")


def test_the_page_shows_what_was_verified_and_takes_no_change_of_it(client):
    user, organisation, _actor = make_person()
    client.force_login(user)
    page = reverse("organisation_edit")
    assert client.get(page).content.decode().count(" disabled") >= 4
    answer = client.post(
        page, {"name": "另一家公司", "name_en": "Example", "size_class": "micro", "registered_in": "长春市"}
    )
    assert answer.status_code == 302
    organisation.refresh_from_db()
    assert (organisation.name_en, organisation.size_class, organisation.registered_in) == ("Example", "", "")
    assert organisation.name != "另一家公司"


def test_editing_a_rejected_organisation_puts_it_back_in_line():
    user = make_user()
    made = register(actor_for(user))
    reject_organisation(actor=office(), organisation_id=made.pk, reason="名称不符")
    edited = edit_organisation(actor=actor_for(user), organisation_id=made.pk, name="长春示例科技有限公司")
    assert (edited.state, edited.name) == ("registered", "长春示例科技有限公司")
    assert queries.count_waiting(actor=office()) == 1


def test_an_edit_that_changes_nothing_writes_nothing():
    _user, organisation, actor = make_person()
    before = written()
    edit_organisation(actor=actor, organisation_id=organisation.pk, name=organisation.name)
    assert written() == before


def test_a_foreign_organisation_is_not_there():
    _user, _own, actor = make_person()
    foreign = make_organisation()
    with pytest.raises(NotFound):
        edit_organisation(actor=actor, organisation_id=foreign.pk, name_en="x")
    with pytest.raises(NotFound):
        queries.organisation_of(actor=actor, organisation_id=foreign.pk)
    with pytest.raises(NotFound):
        switch_organisation(actor=actor, organisation_id=foreign.pk)


def test_a_person_of_two_organisations_switches_between_them():
    user, first, _actor = make_person()
    second = make_organisation("university")
    join(user, second, "viewer")
    switch_organisation(actor=actor_for(user), organisation_id=second.pk)
    actor = actor_for(user)
    assert (actor.organisation_id, actor.may(Permission.JOB_SUBMIT)) == (second.pk, False)
    standings = queries.organisations_of(actor=actor)
    assert [(one.organisation_id, one.role, one.is_current) for one in standings] == [
        (first.pk, "owner", False),
        (second.pk, "viewer", True),
    ]
